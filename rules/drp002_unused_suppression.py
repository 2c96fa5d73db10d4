"""
# unused-suppression (DRP002)

## What it does
Reports a `# noqa: DRPxxx` comment whose code suppresses nothing on its line.

## Why is this bad?
The comment says that a finding was looked at and allowed.  When the finding has gone, the comment misleads whoever
reads the line next, and it would hide a new mistake of the same kind.

## When it stays silent
Blanket `# noqa` comments and codes of other tools are not judged, nor are codes of rules that are not enabled in
this run. Under flake8 this code is never reported, because flake8 does its own suppressing.

## Fix safety
The fix removes the code, and the comment when nothing else is left in it.  It is safe.
"""

from dropout_lint.finding import Applicability
from dropout_lint.lint.rule import Rule


class UnusedSuppression(Rule):
    code = "DRP002"
    name = "unused-suppression"
    since = "0.1.0"
    message = "`noqa: {suppressed}` suppresses nothing here"
    help = "remove `{suppressed}` from the comment"
    on = False
    fixable = Applicability.SAFE
