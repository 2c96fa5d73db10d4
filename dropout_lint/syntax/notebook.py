"""Notebooks as text: the Python cells of an ``.ipynb`` joined into one module, and the way back to the cells.

Names that one cell imports are used in the next, so the cells are analysed together.  IPython's own syntax (magics,
shell commands, help) is blanked, keeping every line and column where it is.  A magic without its ``%``, such as
``cd data``, may be Python as well: it is looked for in cells that are none.
"""

from __future__ import annotations

import ast
import codecs
import re
import warnings
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from dropout_lint.finding import Edit, Finding, Note, Position, Span
from dropout_lint.io.interchange import Malformed, read_json
from dropout_lint.syntax.cell_text import edited
from dropout_lint.syntax.lazy_parse import parse
from dropout_lint.syntax.lines import line_end, split_lines

_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_PYTHON_CELL_MAGICS = frozenset({"capture", "time", "timeit", "prun"})  # the rest of the cell is Python
_LINE_MAGIC = re.compile(r"^(\s*)(?:[%!]|\?)")
_ASSIGNED_MAGIC = re.compile(r"^(\s*[\w., \t]+=\s*)([%!].*)$")
_BARE_MAGIC = re.compile(
    r"^(\s*)(?:cd|pwd|ls|ll|mkdir|rmdir|rm|cp|mv|cat|less|more|man|who|whos|pip|conda)\s+[^\s=,].*$"
)  # IPython's `automagic`, which is on by default
_HELP = re.compile(r"^(\s*)[\w.]+\?{1,2}\s*$")


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell: its number, counted from 1 among all cells, and the first line of it in the joined text."""

    number: int
    first_line: int
    source: str  # as it is in the notebook


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell that is not Python; it is blanked, so that it does not hide the others."""

    cell: int
    line: int  # in the cell
    column: int
    message: str


@dataclass(frozen=True)
class Notebook:
    """The code cells of a notebook: ``text`` is all of them, joined and made Python."""

    text: str
    cells: tuple[Cell, ...]
    broken: tuple[Broken, ...]
    _json: str  # without a byte order mark
    _has_mark: bool

    def locate(self, line: int) -> tuple[int, int]:
        """The number of the cell that holds ``line`` of the text, and the line in that cell."""
        index = max(bisect_right([cell.first_line for cell in self.cells], line) - 1, 0)
        cell = self.cells[index]
        return cell.number, line - cell.first_line + 1

    def moved(self, span: Span) -> tuple[int, Span]:
        """The number of the cell that holds the start of ``span``, and the span counted from the start of that cell."""
        number, line = self.locate(span.start.line)
        shift = span.start.line - line
        end = Position(span.end.line - shift, span.end.column)
        return number, Span(Position(line, span.start.column), end)

    def cell(self, number: int) -> Cell:
        """The code cell with this number."""
        return next(cell for cell in self.cells if cell.number == number)

    def with_edits(self, number: int, edits: Sequence[Edit]) -> bytes:
        """The file with ``edits``, which must not overlap, made in the source of the cell ``number``; all else stays as
        it is.
        """
        return (codecs.BOM_UTF8 if self._has_mark else b"") + edited(self._json, number, edits).encode()

    def with_source(self, number: int, source: str) -> bytes:
        """The file with ``source`` in the cell ``number``."""
        if source == self.cell(number).source:
            return self.with_edits(number, ())
        lines = split_lines(self.cell(number).source)
        end = Position(len(lines), len(lines[-1]) + 1) if lines else Position(1, 1)
        return self.with_edits(number, [Edit(Span(Position(1, 1), end), source)])


def in_cells(finding: Finding, notebook: Notebook) -> Finding:
    """``finding`` in the joined text, moved to the cell that it is in, and its notes to theirs.

    A cell is edited alone, so a fix that reaches into another one is dropped.
    """
    number, _ = notebook.locate(finding.span.start.line)
    fix = finding.fix
    if fix is not None:
        edits = [(notebook.moved(edit.span), edit.content) for edit in fix.edits]
        alone = all(cell == number for (cell, _), _ in edits)
        fix = fix._replace(edits=tuple(Edit(span, content) for (_, span), content in edits)) if alone else None
    notes = tuple(_in_cells(note, notebook) for note in finding.notes)
    return finding._replace(span=notebook.moved(finding.span)[1], notes=notes, fix=fix, cell=number)


def in_text(finding: Finding, notebook: Notebook) -> Finding:
    """``finding`` in a cell, moved to its position in the joined text, without its fix."""
    assert finding.cell is not None
    shift = notebook.cell(finding.cell).first_line - 1
    start, end = finding.span.start, finding.span.end
    span = Span(Position(start.line + shift, start.column), Position(end.line + shift, end.column))
    return finding._replace(span=span, fix=None)


def is_readable(source: str) -> bool:
    """Whether the ``source`` of a cell is Python, magics apart."""
    python = _blank_magics(source)
    return _fault(python) is None or _fault(_blank_bare_magics(python)) is None


def _in_cells(note: Note, notebook: Notebook) -> Note:
    if note.span is None or note.filename is not None:
        return note
    cell, span = notebook.moved(note.span)
    return note._replace(span=span, cell=cell)


def read(data: bytes) -> Notebook:
    """Read a notebook.  Raises SyntaxError, with the reason, where the bytes are no notebook of format 4."""
    try:
        has_mark = data.startswith(codecs.BOM_UTF8)
        text = data.decode("utf-8-sig")
        content = read_json(text)
    except UnicodeDecodeError as error:
        raise SyntaxError(f"not UTF-8, as notebooks are: {error.reason}") from None
    except Malformed as error:
        raise SyntaxError(str(error)) from None
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list):
        raise SyntaxError("it has no list of cells, as format 4 has")
    if not _is_python(content):
        return Notebook("", (), (), text, has_mark)
    joined: list[str] = []
    code: list[Cell] = []
    broken: list[Broken] = []
    line = 1
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = _source_of(cell)
        if source is None:
            broken.append(Broken(number, 1, 1, "its source is neither a string nor a list of strings"))
            continue
        python = _blank_magics(source)
        fault = _fault(python)
        if isinstance(fault, (SyntaxError, ValueError)):
            python = _blank_bare_magics(python)
            fault = _fault(python)
        if isinstance(fault, (SyntaxError, ValueError)):
            place = (getattr(fault, "lineno", 1) or 1, getattr(fault, "offset", 1) or 1)
            broken.append(Broken(number, *place, getattr(fault, "msg", str(fault))))
        lines = split_lines(source)
        if fault is not None:
            python = "\n" * len(lines)
        elif not lines or lines[-1].endswith(("\r", "\n")):  # the cell ends with an empty line
            python += "\n"
        else:
            python += line_end(lines, len(lines))
        code.append(Cell(number, line, source))
        joined.append(python)
        line += len(split_lines(python))
    return Notebook("".join(joined), tuple(code), tuple(broken), text, has_mark)


def _source_of(cell: dict[str, object]) -> str | None:
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    return source if isinstance(source, str) else None


def _is_python(content: dict[str, object]) -> bool:
    metadata = content.get("metadata")
    spec = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = spec.get("language", "python") if isinstance(spec, dict) else "python"
    return str(language).lower().startswith("python")


def _fault(python: str) -> Exception | None:
    """What keeps ``python`` from being read; None if nothing does."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like are for other tools to report
            compile(python, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        try:
            parse(python)  # newer syntax, perhaps
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return error
    return None


def _blank_magics(source: str) -> str:
    lines = source.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    magic = _CELL_MAGIC.match(lines[first])
    if magic is not None and magic[1] not in _PYTHON_CELL_MAGICS:
        return "\n" * (len(lines) - 1)
    in_string = False
    continued = False
    for index, line in enumerate(lines):
        quotes = line.count('"""') + line.count("'''")
        if continued:
            lines[index], continued = "", line.rstrip().endswith("\\")
        elif not in_string:
            lines[index] = _blank_line(line)
            continued = lines[index] != line and line.rstrip().endswith("\\")
        if quotes % 2:
            in_string = not in_string
    return "\n".join(lines)


def _blank_bare_magics(python: str) -> str:
    lines = python.split("\n")
    for index, line in enumerate(lines):
        magic = _BARE_MAGIC.match(line)
        if magic is not None and _fault(line.strip()) is not None:
            lines[index] = f"{magic[1]}pass"
    return "\n".join(lines)


def _blank_line(line: str) -> str:
    magic = _LINE_MAGIC.match(line) or _HELP.match(line)
    if magic is not None:
        return f"{magic[1]}pass"
    assigned = _ASSIGNED_MAGIC.match(line)
    return f"{assigned[1]}None" if assigned is not None else line
