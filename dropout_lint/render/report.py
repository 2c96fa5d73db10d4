"""What every format renders: the findings of one run, and the texts to quote from."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from dropout_lint.finding import Applicability, Edit, Finding, Note, Position, Span
from dropout_lint.io.printable import printable
from dropout_lint.io.repository import repository_around
from dropout_lint.syntax.decoding import decode
from dropout_lint.syntax.lines import split_lines

if TYPE_CHECKING:
    from dropout_lint.project.limits import Limit

URL = "https://github.com/dropout-lint/dropout-lint/blob/main/rules/README.md#{code}"
"""Where a rule's page is read online."""


_START = Span(Position(1, 1), Position(1, 1))


def rule_url(code: str) -> str:
    """The address of the page of the rule ``code``."""
    return URL.format(code=code.lower())


class Report:
    """The findings of a run, in order.

    ``contents`` gives the bytes of a file by its name, for formats that quote it; ``color`` says whether ANSI colours
    may be used.  ``errors`` are what kept something from being checked, for formats that say whether all is well.
    ``limits`` are the budgets that ended an analysis; None if they were not requested.
    """

    def __init__(
        self,
        findings: Sequence[Finding],
        contents: Callable[[str], bytes],
        color: bool = False,
        errors: Sequence[str] = (),
        limits: Sequence[Limit] | None = None,
    ) -> None:
        self.findings = findings
        self.contents = contents
        self.color = color
        self.errors = errors
        self.limits = limits
        self._lines: dict[tuple[str, int | None], list[str]] = {}

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
            text = decode(data).text if cell is None else _source_of_cell(data, cell)
        except (OSError, SyntaxError, StopIteration):
            return []
        return [line.rstrip("\r\n") for line in split_lines(text)]


def _source_of_cell(data: bytes, cell: int) -> str:
    from dropout_lint.syntax import notebook  # here, because few files are notebooks

    return notebook.read(data).cell(cell).source


def file_span(finding: Finding) -> Span:
    """Where ``finding`` is in its file, for formats that know no cells: lines of a cell are not lines of the file, so a
    finding in a notebook is reported at its start.
    """
    return finding.span if finding.cell is None else _START


def file_edits(finding: Finding) -> tuple[Edit, ...]:
    """The edits of the fix of ``finding``, if they can be made in the file as it stands: not in a notebook."""
    return () if finding.fix is None or finding.cell is not None else finding.fix.edits


def one_line(finding: Finding) -> str:
    """Message and help in one line, with the cell in front, for formats that know none."""
    cell = "" if finding.cell is None else f"cell {finding.cell}, line {finding.span.start.line}: "
    return cell + printable(finding.one_line)


def relative(filename: str) -> str:
    """``filename`` as people write it: relative to the current folder if it is below that."""
    try:
        path = os.path.relpath(filename)
    except ValueError:  # another drive, on Windows
        return filename
    return filename if path.startswith("..") else path


def in_repository(filename: str) -> str:
    """``filename`` relative to the root of the repository around the current folder, for services that show findings in
    a repository; as `relative` gives it, if there is no repository or the file is outside of it.
    """
    top = _repository(os.getcwd())
    try:
        path = "" if top is None else os.path.relpath(filename, top)
    except ValueError:  # another drive, on Windows
        path = ""
    return path if path and not path.startswith("..") else relative(filename)


_repository = cache(repository_around)  # it is the same for all findings of a run


def line_start(filename: str) -> str:
    """``filename`` as a line can begin with it: printable, and no command of GitHub Actions or Azure Pipelines, which
    read one in every line of a log that begins with ``::`` or ``##``.
    """
    name = printable(relative(filename))
    return f"./{name}" if name.startswith(("::", "##")) else name


def place(finding: Finding) -> str:
    """``path:line:column``, or ``path:cell 3:line:column`` in a notebook, as a line can begin with it."""
    start = finding.span.start
    return f"{line_start(finding.filename)}:{cell_of(finding.cell)}{start.line}:{start.column}"


def cell_of(number: int | None) -> str:
    """``cell 3:``, or nothing in a plain file."""
    return "" if number is None else f"cell {number}:"


def note_place(note: Note, finding: Finding) -> str:
    """``path:line`` of a note of ``finding``, printable; empty if it has no place."""
    if note.span is None:
        return ""
    return f"{printable(relative(note.filename or finding.filename))}:{cell_of(note.cell)}{note.span.start.line}"


def mark(finding: Finding) -> str:
    """``[*]`` for a finding that ``--fix`` mends, as in ruff."""
    return "[*] " if finding.fix is not None and finding.fix.applicability is Applicability.SAFE else ""


def with_notes(text: str, finding: Finding) -> str:
    """``text`` and a line for each note of ``finding``, for formats that have a text and no place for notes; each line
    is printable.
    """
    notes = [" ".join(filter(None, ["note:", note_place(note, finding), note.message])) for note in finding.notes]
    return "\n".join(map(printable, [text, *notes]))
