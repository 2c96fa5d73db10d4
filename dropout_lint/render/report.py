"""What every format renders: the findings of one run, and the texts to quote from."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dropout_lint import notebook
from dropout_lint.decoding import decode
from dropout_lint.finding import Applicability, Finding
from dropout_lint.source import split_lines

URL = "https://github.com/dropout-lint/dropout-lint/blob/main/rules/README.md#{code}"
"""Where a rule's page is read online."""


def rule_url(code: str) -> str:
    """The address of the page of the rule ``code``."""
    return URL.format(code=code.lower())


@dataclass(frozen=True)
class Report:
    """The findings of a run, in order.

    ``contents`` gives the bytes of a file by its name, for formats that quote it; ``color`` says whether ANSI colours
    may be used.
    """

    findings: Sequence[Finding]
    contents: Callable[[str], bytes]
    color: bool = False
    _lines: dict[tuple[str, int | None], list[str]] = field(default_factory=dict, repr=False, compare=False)

    def lines(self, finding: Finding, filename: str | None = None) -> list[str]:
        """The lines of the finding's file, or of the cell it is in; or of another file, ``filename``.  Empty if
        unreadable.
        """
        key = (filename or finding.filename, None if filename else finding.cell)
        if key not in self._lines:
            self._lines[key] = self._read(*key)
        return self._lines[key]

    def _read(self, filename: str, cell: int | None) -> list[str]:
        try:
            data = self.contents(filename)
            text = decode(data).text if cell is None else notebook.read(data).cell(cell).source
        except (OSError, SyntaxError, StopIteration):
            return []
        return [line.rstrip("\r\n") for line in split_lines(text)]


def relative(filename: str) -> str:
    """``filename`` as people call it: relative to the current folder where it lies below it."""
    try:
        path = os.path.relpath(filename)
    except ValueError:  # another drive, on Windows
        return filename
    return filename if path.startswith("..") else path


def place(finding: Finding) -> str:
    """``path:line:column``, or ``path:cell 3:line:column`` in a notebook."""
    cell = "" if finding.cell is None else f"cell {finding.cell}:"
    return f"{relative(finding.filename)}:{cell}{finding.span.start.line}:{finding.span.start.column}"


def mark(finding: Finding) -> str:
    """``[*]`` for a finding that ``--fix`` mends, as in ruff."""
    return "[*] " if finding.fix is not None and finding.fix.applicability is Applicability.SAFE else ""
