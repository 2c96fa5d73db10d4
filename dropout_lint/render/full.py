"""What a person reads in a terminal: the finding, the code it is about, the notes on its cause, and the remedy."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from dropout_lint.finding import Finding, Note, Span
from dropout_lint.io.printable import printable
from dropout_lint.render.report import Report, mark, note_place, place

_BOLD, _RED, _BLUE, _CYAN, _RESET = "\x1b[1m", "\x1b[1;31m", "\x1b[1;34m", "\x1b[36m", "\x1b[0m"
_MOST_LINES = 6  # of a finding that spans many
_TAB = "    "


def render(report: Report) -> str:
    """All findings, one block each, with an empty line after it."""
    return "".join(_block(finding, report) + "\n" for finding in report.findings)


def _block(finding: Finding, report: Report) -> str:
    paint = _painter(report.color)
    head = f"{paint(place(finding), _BOLD)}: {paint(finding.code, _RED)} {mark(finding)}{printable(finding.message)}\n"
    lines = report.lines(finding)
    gutter = " " * len(str(min(finding.span.end.line, finding.span.start.line + _MOST_LINES)))
    quoted = _quote(finding.span, lines, gutter, paint)
    notes = "".join(_note(note, finding, gutter, paint) for note in finding.notes)
    cure = f"{gutter} {paint('=', _BLUE)} {paint('help', _CYAN)}: {printable(finding.help)}\n" if finding.help else ""
    return head + quoted + notes + cure


def _quote(span: Span, lines: Sequence[str], gutter: str, paint: _Paint) -> str:
    first, last = span.start.line, span.end.line
    if span.end.column == 1 and last > first:
        last -= 1
    if first > len(lines):
        return ""
    bar = paint("|", _BLUE)
    shown = [f"{gutter} {bar}\n"]
    for number in range(first, min(last, first + _MOST_LINES - 1, len(lines)) + 1):
        line = lines[number - 1]
        start = span.start.column - 1 if number == first else len(line) - len(line.lstrip())
        end = span.end.column - 1 if number == last else len(line.rstrip())
        carets = paint("^" * max(_width(line[start:end]), 1), _RED)
        label = paint(f"{number:>{len(gutter)}}", _BLUE)
        shown.append(f"{label} {bar} {_expand(line)}\n".rstrip() + "\n")
        shown.append(f"{gutter} {bar} {' ' * _width(line[:start])}{carets}\n")
    if last - first >= _MOST_LINES:
        shown.append(f"{gutter} {bar} ...\n")
    shown.append(f"{gutter} {bar}\n")
    return "".join(shown)


def _note(note: Note, finding: Finding, gutter: str, paint: _Paint) -> str:
    where = note_place(note, finding)
    gap = "  " if where else ""
    return f"{gutter} {paint('=', _BLUE)} {paint('note', _CYAN)}: {where}{gap}{printable(note.message)}\n"


def _expand(text: str) -> str:
    """``text`` as it is shown: with tabs as blanks, and printable."""
    return printable(text.replace("\t", _TAB))


def _width(text: str) -> int:
    """The columns that ``text`` takes in a terminal once it is shown: East Asian characters take two, marks and joiners
    none.
    """
    return sum(
        0
        if unicodedata.category(char) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(char) in "WF"
        else 1
        for char in _expand(text)
    )


class _Paint:
    """Colours a text, if colours are wanted."""

    def __init__(self, color: bool) -> None:
        self._color = color

    def __call__(self, text: str, style: str) -> str:
        return f"{style}{text}{_RESET}" if self._color else text


def _painter(color: bool) -> _Paint:
    return _Paint(color)
