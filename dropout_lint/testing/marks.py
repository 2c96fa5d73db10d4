"""Marks in a text: a comment ``# DRP301``, or ``# DRP301 @12`` with a column, for a finding of its line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dropout_lint.finding import Finding
from dropout_lint.syntax.lines import split_lines

CODE = re.compile(r"DRP\d{3}")
_COMMENT = re.compile(r"(?: DRP\d{3}(?: @\d+)?)+\s*")  # all of it: a suppression is none
_MARK = re.compile(r"(?P<code>DRP\d{3})(?: @(?P<column>\d+))?")


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding that a text expects."""

    line: int
    code: str
    column: int | None  # any, if None


def marks_in(text: str) -> tuple[Mark, ...]:
    """The marks of ``text``, in its order."""
    marks = []
    for number, line in enumerate(split_lines(text), start=1):
        _, hash_sign, comment = line.rpartition("#")
        if hash_sign and _COMMENT.fullmatch(comment):
            for mark in _MARK.finditer(comment):
                marks.append(Mark(number, mark["code"], int(mark["column"]) if mark["column"] else None))
    return tuple(marks)


def disagreements(text: str, found: Sequence[Finding]) -> list[str]:
    """What ``text`` marks and is not found, what is found and not marked, and what is found at another column."""
    marks = {(mark.line, mark.code): mark for mark in marks_in(text)}
    reported = {(finding.span.start.line, finding.code) for finding in found}
    problems = [f"not found: line {line} {code}" for line, code in marks if (line, code) not in reported]
    for finding in found:
        start = finding.span.start
        mark = marks.get((start.line, finding.code))
        if mark is None:
            problems.append(f"not marked: line {start.line} {finding.code} {finding.message}")
        elif mark.column not in (None, start.column):
            problems.append(f"column {start.column}, not {mark.column}: line {start.line} {finding.code}")
    return problems
