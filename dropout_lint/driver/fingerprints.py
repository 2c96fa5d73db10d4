"""What a finding is recognised by in later runs: its rule and the text of its line, wherever that moves in the file.

The file is no part of it: whoever keeps fingerprints keeps them by file.  Where several lines of a file have the same
text, they are counted, so that each finding of a file has a fingerprint of its own.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence

from dropout_lint.finding import Finding

NAME = "dropoutLint/v1"
"""What the way to compute them is called; another way gets another name."""

Lines = Callable[[Finding], Sequence[str]]
"""Gives the lines of a finding's file, or of the cell that it is in."""


def fingerprints(findings: Sequence[Finding], lines: Lines) -> list[str]:
    """The fingerprint of each of ``findings``, which are all that were found in their files, in order."""
    seen: Counter[tuple[str, str, str]] = Counter()
    found = []
    for finding in findings:
        text = line_text(finding, lines)
        seen[finding.filename, finding.code, text] += 1
        identity = f"{finding.code}\0{text}\0{seen[finding.filename, finding.code, text]}"
        found.append(hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32])
    return found


def line_text(finding: Finding, lines: Lines) -> str:
    """The line where ``finding`` begins, with single blanks; its message where there is none, as in exported models."""
    number = finding.span.start.line
    every = lines(finding)
    line = every[number - 1] if number <= len(every) else ""
    return " ".join(line.split()) or finding.message
