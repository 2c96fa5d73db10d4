"""From a file and a line to the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from dropout_lint.driver.config import Settings
from dropout_lint.io.filenames import absolute
from dropout_lint.io.opening import read_regular
from dropout_lint.semantic.project import Project
from dropout_lint.syntax import notebook
from dropout_lint.syntax.decoding import decode
from dropout_lint.syntax.source import SourceFile
from dropout_lint.why import facts, modes, rules
from dropout_lint.why.answer import Answer, Line, Section


class NoAnswer(Exception):
    """The question makes no sense: no such file, no such line, no Python."""


def ask(filename: str, number: int, settings: Settings) -> Answer:
    """Why line ``number`` of the file called ``filename`` has no finding.

    In a notebook, ``number`` is that of the text of all its code cells, one below the other.  Raises `NoAnswer`.
    """
    path = Path(absolute(filename))
    text = _text(path)
    project = Project(settings.knowledge, traced=False)
    try:
        source = project.open(str(path), text)
        lines = source.lines
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise NoAnswer(f"{filename} is not valid Python: {error}") from error
    if not 1 <= number <= len(lines):
        raise NoAnswer(f"{filename} has no line {number}: it has {len(lines)}")
    sections = tuple(_sections(source, number, project, settings))
    return Answer(Line(str(path), number), lines[number - 1].strip(), sections, _cause(sections))


def _text(path: Path) -> str:
    try:
        data = read_regular(path)
        if path.suffix == ".ipynb":
            return notebook.read(data).text
        return decode(data).text
    except OSError as error:
        raise NoAnswer(f"{path}: {error.strerror or error}") from error
    except (SyntaxError, UnicodeDecodeError) as error:
        raise NoAnswer(f"{path}: {error}") from error


def _sections(source: SourceFile, number: int, project: Project, settings: Settings) -> Iterator[Section]:
    yield from rules.sections(source, number, Project(settings.knowledge, traced=False), settings)
    known = tuple(dict.fromkeys(facts.facts(source, number)))
    if known:
        yield Section("What the names mean", known)
    yield from modes.sections(source, number, project)


def _cause(sections: Sequence[Section]) -> str:
    """The statement that explains most: what was reported, or the guard, or what is unknown, or what is missing."""
    known = {section.heading: section.statements for section in sections}
    for heading in (rules.REPORTED, modes.ENDED, modes.SPENT):
        if heading in known:
            return known[heading][0].text
    if modes.NO_EVENT in known:
        if rules.LOOKED in known and modes.CALLED not in known:
            return f"{', '.join(seen.text.partition(' ')[0] for seen in known[rules.LOOKED])} found nothing wrong"
        return known[modes.NO_EVENT][-1].text
    unclear = [
        statement.text
        for section in sections
        if section.heading == modes.EVENT
        for statement in section.statements
        if statement.text.startswith(("mode: ", "its mode is unknown", "no layer"))
    ]
    return "; ".join(unclear[:2]) or "no rule looked at it"
