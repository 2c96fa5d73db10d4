"""
# unparsable-file (DRP000)

## What it does
Reports a file that is not valid Python, with the line, the column and the parser's own words.

## Why is this bad?
Nothing in the file was checked.  Silence about it would look like a clean bill of health.

## When it stays silent
Files that no enabled rule could say anything about are not parsed, and so not reported.  Code that only a newer
Python can read is read with LibCST: the statements that both understand are checked, and there is no DRP000.

## Fix safety
There is no fix.
"""

from dropout_lint.finding import Severity
from dropout_lint.lint.rule import Rule


class UnparsableFile(Rule):
    code = "DRP000"
    name = "unparsable-file"
    since = "0.1.0"
    message = "{what}: {reason}"
    help = "mend the syntax, or exclude the file"
    severity = Severity.ERROR
