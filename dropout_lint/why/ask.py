"""From a file and a line to the answer."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from dropout_lint.driver.left_out import reason_to_leave_out
from dropout_lint.driver.settings import Settings
from dropout_lint.io.filenames import absolute
from dropout_lint.io.opening import read_regular
from dropout_lint.render.report import relative
from dropout_lint.semantic.project import Project
from dropout_lint.syntax import notebook
from dropout_lint.syntax.decoding import decode
from dropout_lint.syntax.notebook import Notebook
from dropout_lint.syntax.source import SourceFile
from dropout_lint.why import facts, modes, rules
from dropout_lint.why.answer import Answer, Line, Section, Seen


class NoAnswer(Exception):
    """The question makes no sense: no such file, no such line, no Python."""


def ask(filename: str, number: int, settings: Settings, cell: int | None = None) -> Answer:
    """Why line ``number`` of the file called ``filename`` has no finding.

    In a notebook, it is a line of the ``cell`` with that number, from 1; or, without one, of all code cells, one below
    the other.  The answer is about the whole statement that the line is in.  Raises `NoAnswer`.
    """
    path = Path(absolute(filename))
    text, read = _text(path, filename)
    if cell is not None:
        number += _first_line(read, cell, filename) - 1
    project = Project(settings.knowledge, traced=False)
    try:
        source = project.open(str(path), text)
        lines = source.lines
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise NoAnswer(f"{filename} is not valid Python: {getattr(error, 'msg', error)}") from error
    if not lines:
        raise NoAnswer(f"{filename} is empty")
    if not 1 <= number <= len(lines):
        raise NoAnswer(f"{filename} has no line {number}: it has {len(lines)}")
    sections = tuple(_sections(source, statement_lines(source.tree, number), project, settings))
    if read is not None:
        sections = tuple(_in_cells(section, str(path), read) for section in sections)
    line = _in_cell(Line(str(path), number), str(path), read)
    cause, reason = _cause(sections), reason_to_leave_out(str(path), settings)
    if reason is not None:
        said = f"{reason}, so `check` of a folder leaves this file out"
        sections, cause = (Section(LEFT_OUT, (Seen(said),)), *sections), f"{said}; if it is named: {cause}"
    return Answer(line, lines[number - 1].strip(), sections, cause)


def statement_lines(tree: ast.Module, number: int) -> range:
    """The lines of the innermost statement around line ``number``; of one with a block, those of its head."""
    found = range(number, number + 1)
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None) or getattr(node, "cases", None)
            last = node.end_lineno or node.lineno
            if isinstance(body, list) and body:
                last = max(node.lineno, getattr(body[0], "lineno", getattr(body[0], "pattern", node).lineno) - 1)
            if node.lineno <= number <= last:
                found = range(node.lineno, last + 1)  # the innermost one is walked last
    return found


def _text(path: Path, filename: str) -> tuple[str, Notebook | None]:
    try:
        data = read_regular(path)
        if path.suffix == ".ipynb":
            read = notebook.read(data)
            return read.text, read
        return decode(data).text, None
    except OSError as error:
        raise NoAnswer(f"{filename}: {error.strerror or error}") from error
    except (SyntaxError, UnicodeDecodeError) as error:
        raise NoAnswer(f"{filename}: {error}") from error


def _first_line(read: Notebook | None, cell: int, filename: str) -> int:
    try:
        if read is not None:
            return read.cell(cell).first_line
    except StopIteration:
        raise NoAnswer(f"{filename} has no code cell {cell}") from None
    raise NoAnswer(f"{filename} is no notebook: it has no cells")


def _in_cells(section: Section, filename: str, read: Notebook) -> Section:
    return replace(
        section,
        statements=tuple(
            seen if seen.place is None else Seen(seen.text, _in_cell(seen.place, filename, read))
            for seen in section.statements
        ),
    )


def _in_cell(line: Line, filename: str, read: Notebook | None) -> Line:
    if read is None or line.filename != filename or not line.number:
        return line
    cell, number = read.locate(line.number)
    return Line(filename, number, cell)


def _sections(source: SourceFile, lines: range, project: Project, settings: Settings) -> Iterator[Section]:
    yield from rules.sections(source, lines, Project(settings.knowledge, traced=False), settings)
    known = tuple(dict.fromkeys(facts.facts(source, lines)))
    if known:
        yield Section(FACTS, known)
    yield from modes.sections(source, lines, project)


FACTS = "What the names mean"
LEFT_OUT = "Not checked"


def _cause(sections: Sequence[Section]) -> str:
    """The statement that explains most: what was reported, or the guard, or what is unknown, or what is missing."""
    known = {section.heading: section.statements for section in sections}
    for heading in (rules.REPORTED, modes.ELSEWHERE, modes.ENDED, modes.SPENT):
        if heading in known:
            return _said(known[heading][0])
    unclear = [
        _said(statement)
        for section in sections
        if section.heading == modes.EVENT
        for statement in section.statements
        if statement.text.startswith(("mode: ", "its mode is unknown", "no layer"))
    ]
    if unclear:
        return "; ".join(unclear[:2])
    rates = [seen.text for seen in known.get(FACTS, ()) if seen.text.startswith(("its ", "whether ", "not all "))]
    if rates:
        return "; ".join(rates[:2])
    if rules.LOOKED in known and modes.CALLED not in known:
        return f"{known[rules.LOOKED][0].text.partition(' (')[0]} found nothing wrong"
    return _said(known[modes.NO_EVENT][-1]) if modes.NO_EVENT in known else "no rule looked at it"


def _said(seen: Seen) -> str:
    if seen.place is None:
        return seen.text
    cell = "" if seen.place.cell is None else f"cell {seen.place.cell}:"
    return f"{seen.text} ({relative(seen.place.filename)}:{cell}{seen.place.number})"
