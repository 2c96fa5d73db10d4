"""
# internal-error (DRP001)

## What it does
Says that dropout-lint itself failed: a rule raised an exception, or the code is nested more deeply than Python's own
parser can follow, or the file has more than five million characters.  The finding names the rule, the line that it
was looking at and what was raised.

## Why is this bad?
What the failing rule had to say about the rest of the file is missing.  The other rules and the other files are not
affected.  The exit code is 2, whatever else was found, so that a broken check never passes for a clean one.

## When it stays silent
Never: it cannot be ignored or suppressed.

## Fix safety
There is no fix.  Please report it, with the line that it names, unless it says to exclude the file.
"""

from dropout_lint.finding import Severity
from dropout_lint.lint.rule import Rule


class InternalError(Rule):
    code = "DRP001"
    name = "internal-error"
    since = "0.1.0"
    message = "{who} failed on this file: {reason}"
    help = "{cure}"
    severity = Severity.ERROR
