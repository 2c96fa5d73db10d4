"""The programs that run through a file: those that start in it, and those of files that import it.

Each file is analysed once in a process, and only from functions that can make a module and lead to a place where its
mode matters; what the analysis leaves behind is kept.  ``every``: also from those that make modules of which nothing is
known, or are handed theirs: they misuse nothing that we know of, and may do right where others do wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dropout_lint.mode_reach import NOTHING
from dropout_lint.mode_records import Records, records
from dropout_lint.mode_starts import may_misuse, starts, starts_in_text
from dropout_lint.project import Project
from dropout_lint.reads import about_modes
from dropout_lint.source import Source
from dropout_lint.typestate.idling import relevance, relevance_of
from dropout_lint.typestate.intent import is_test_file


def records_around(source: Source, *, every: bool = False) -> tuple[str, tuple[Records, ...]]:
    """What is known of the programs that run through ``source``, and the name that they give it."""
    if every not in source.mode_records:
        source.mode_records[every] = _records_around(source, every=every)
    return source.mode_records[every]


def records_of_text(
    filename: str, text: str, project: Project | None, *, every: bool = False
) -> tuple[str, tuple[Records, ...]] | None:
    """The same for ``text``, before it is parsed; None if that takes parsing."""
    if project is None or not project.is_on_disk(filename, text):
        return None
    path = project.path(filename)
    return str(path), records_through(path, project, every=every)


def records_through(path: Path, project: Project, *, every: bool = False) -> tuple[Records, ...]:
    """What is known of the programs that run through the file at ``path``."""
    if (path, every) not in project.mode_programs:
        known = project.mode_programs[path, every] = tuple(_of_file_and_importers(path, project, every=every))
        limits = project.mode_limits.setdefault(path, {})
        for each in known:
            limits.update(dict.fromkeys(each.limits))
    return project.mode_programs[path, every]


def _records_around(source: Source, *, every: bool) -> tuple[str, tuple[Records, ...]]:
    project, path = source.project, Path(source.filename).absolute()
    known = records_of_text(source.filename, source.text, project, every=every)
    if known is not None:
        return known
    # Unsaved text, or none of a project: who imports it speaks of something else.
    if project is not None:
        project.reads.add(source.filename, [about_modes(path)])
    lines = starts_in_text(path, source.text, project).lines
    if lines and not every:
        lines = relevance(source).makers.among(source.filename, lines)
    return source.filename, (records(source, lines),) if lines else ()


def _of_file_and_importers(path: Path, project: Project, *, every: bool) -> Iterator[Records]:
    if is_test_file(str(path), project.text(path)):
        return
    project.reads.add(str(path), [about_modes(path)])
    if not may_misuse(path, project):
        return
    own = starts(path, project)
    if not own.lines:
        return
    yield _kept(path, project, every=every)
    asked: set[str] = set()
    new = set(own.names)
    waiting = dict(_that_may_matter(path, project)) if new else {}
    while near := [importer for importer, text in waiting.items() if any(name in text for name in new)]:
        asked |= new
        new = set()
        for importer in near:
            project.reads.add(str(path), [about_modes(importer)])
            if is_test_file(str(importer), waiting.pop(importer)):
                continue
            found = _kept(importer, project, every=every)
            if found.speak_of(str(path)):
                yield found
            new |= starts(importer, project).names - asked  # what those who import the importer know it by


def _that_may_matter(path: Path, project: Project) -> Iterator[tuple[Path, str]]:
    """The files that may import the one at ``path``, each with its text.  Those are left out of which it is known
    already that nothing in them leads to a place where a mode matters: they start no program, and hand nothing on.
    """
    for importer in project.importers(str(path)):
        if project.mode_starts.get(importer) == NOTHING:
            project.reads.add(str(path), [about_modes(importer)])
        else:
            yield importer, project.text(importer)


def _kept(path: Path, project: Project, *, every: bool) -> Records:
    lines = _roots(path, project) if every else _makers(path, project)
    if (path, lines) not in project.mode_records:
        project.mode_records[path, lines] = Records((), ())
        source = project.sibling.source(path) if lines else None
        if source is not None:
            project.mode_records[path, lines] = records(source, lines)
        project.sibling.trim()
    return project.mode_records[path, lines]


def _roots(path: Path, project: Project) -> frozenset[int]:
    """Where in the file at ``path`` programs may start, also those that are handed their modules."""
    if path not in project.mode_roots:
        lines = starts(path, project).lines
        project.mode_roots[path] = relevance_of(project.sibling).makers.roots(str(path), lines) if lines else lines
    return project.mode_roots[path]


def _makers(path: Path, project: Project) -> frozenset[int]:
    """Where in the file at ``path`` programs may start that make a module."""
    if path not in project.mode_makers:
        lines = starts(path, project).lines
        project.mode_makers[path] = relevance_of(project.sibling).makers.among(str(path), lines) if lines else lines
    return project.mode_makers[path]
