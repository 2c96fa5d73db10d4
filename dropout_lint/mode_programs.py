"""The programs that run through a file: those that start in it, and those of files that import it.

Each file is analysed once in a process, and only from functions that can make a module and lead to a place where its
mode matters; what the analysis leaves behind is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dropout_lint.mode_records import Records, records
from dropout_lint.mode_starts import MOST_FILES, starts, starts_in_text
from dropout_lint.project import Project
from dropout_lint.reads import about_modes
from dropout_lint.source import Source
from dropout_lint.typestate.idling import relevance, relevance_of
from dropout_lint.typestate.intent import is_test_file


def records_around(source: Source) -> tuple[str, tuple[Records, ...]]:
    """What is known of the programs that run through ``source``, and the name that they give it."""
    if source.mode_records is None:
        source.mode_records = _records_around(source)
    return source.mode_records


def records_of_text(filename: str, text: str, project: Project | None) -> tuple[str, tuple[Records, ...]] | None:
    """The same for ``text``, before it is parsed; None if that takes parsing."""
    path = Path(filename).absolute()
    if project is None or not project.is_on_disk(filename, text):
        return None
    return str(path), records_through(path, project)


def records_through(path: Path, project: Project) -> tuple[Records, ...]:
    """What is known of the programs that run through the file at ``path``."""
    if path not in project.mode_programs:
        project.mode_programs[path] = tuple(_of_file_and_importers(path, project))
    return project.mode_programs[path]


def _records_around(source: Source) -> tuple[str, tuple[Records, ...]]:
    project, path = source.project, Path(source.filename).absolute()
    known = records_of_text(source.filename, source.text, project)
    if known is not None:
        return known
    # Unsaved text, or none of a project: who imports it speaks of something else.
    if project is not None:
        project.reads.add(source.filename, [about_modes(path)])
    lines = starts_in_text(path, source.text, project).lines
    makers = relevance(source).makers.among(source.filename, lines) if lines else lines
    return source.filename, (records(source, makers),) if makers else ()


def _of_file_and_importers(path: Path, project: Project) -> Iterator[Records]:
    if is_test_file(str(path), project.text(path)):
        return
    project.reads.add(str(path), [about_modes(path)])
    own = starts(path, project)
    if not own.lines:
        return
    yield _kept(path, project)
    asked: set[str] = set()
    new = set(own.names)
    waiting = {importer: project.text(importer) for importer in project.importers(str(path))} if new else {}
    leads_on = bool(waiting) and project.size_around(str(path)) <= MOST_FILES
    while near := [importer for importer, text in waiting.items() if any(name in text for name in new)]:
        asked |= new
        new = set()
        for importer in near:
            project.reads.add(str(path), [about_modes(importer)])
            if is_test_file(str(importer), waiting.pop(importer)):
                continue
            found = _kept(importer, project)
            if found.speak_of(str(path)):
                yield found
            if leads_on:
                new |= starts(importer, project).names - asked  # what those who import the importer know it by


def _kept(path: Path, project: Project) -> Records:
    if path not in project.mode_records:
        project.mode_records[path] = Records((), ())
        lines = starts(path, project).lines
        makers = relevance_of(project).makers.among(str(path), lines) if lines else lines
        source = project.sibling.source(path) if makers else None
        if source is not None:
            project.mode_records[path] = records(source, makers)
        project.sibling.trim()
    return project.mode_records[path]
