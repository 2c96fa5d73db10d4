"""The programs that run through a file: those that start in it, and those of files that import it.

Each file is analysed once in a process, and only from functions that can make a module and lead to a place where its
mode matters; what the analysis leaves behind is kept.  ``every``: also from those that make modules of which nothing is
known, or are handed theirs: they misuse nothing that we know of, and may do right where others do wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dropout_lint.io.filenames import absolute
from dropout_lint.project.dependencies import about_modes, about_names, about_programs
from dropout_lint.project.limits import Spent
from dropout_lint.semantic.project import Project, project_of
from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.outline import Outline
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.evaluation.skipping import relevance, relevance_of
from dropout_lint.typestate.roots.backward_reach import NOTHING
from dropout_lint.typestate.roots.entry_points import (
    entry_points,
    entry_points_in_text,
    is_cut,
    known_entry_points,
    may_misuse,
)
from dropout_lint.typestate.verdicts.records import Records, records


class _Programs(Table[tuple[Path, bool], "tuple[Records, ...]"]):
    """What is known of the programs that run through files, by file and whether all of them were asked for."""


class _Records(Table[tuple[Path, frozenset[int]], Records]):
    """What an analysis has left behind, by file and the lines from which it started."""


class _Roots(Table[Path, frozenset[int]]):
    """Where in files programs may start, also those that are handed their modules."""


class _Makers(Table[Path, frozenset[int]]):
    """The functions of files that make a module whose mode matters, by their lines."""


class _RecordsAround(Table[bool, "tuple[str, tuple[Records, ...]]"]):
    """What is known of the programs that run through a file; by whether all of them were asked for."""


def records_around(source: SourceFile, *, every: bool = False) -> tuple[str, tuple[Records, ...]]:
    """What is known of the programs that run through ``source``, and the name that they give it."""
    known = source.extension(_RecordsAround)
    if every not in known:
        known[every] = _records_around(source, every=every)
    return known[every]


def records_of_text(
    filename: str, text: str, project: Project | None, *, every: bool = False
) -> tuple[str, tuple[Records, ...]] | None:
    """The same for ``text``, before it is parsed; None if that takes parsing."""
    if project is None or not project.is_on_disk(filename, text):
        return None
    path = project.path(filename)
    return str(path), records_through(path, project, str(path), every=every)


def records_through(path: Path, project: Project, asker: str, *, every: bool = False) -> tuple[Records, ...]:
    """What is known of the programs that run through the file at ``path``; asked for the file called ``asker``."""
    project.reads.add(asker, [about_programs(path)])
    known = project.extension(_Programs)
    if (path, every) not in known:
        known[path, every] = tuple(_of_file_and_importers(path, project, every=every))
        project.note_limits(path, [limit for each in known[path, every] for limit in each.limits])
    return known[path, every]


def _records_around(source: SourceFile, *, every: bool) -> tuple[str, tuple[Records, ...]]:
    project, path = project_of(source), Path(absolute(source.filename))
    known = records_of_text(source.filename, source.text, project, every=every)
    if known is not None:
        return known
    # Unsaved text, or none of a project: who imports it speaks of something else.
    if project is not None:
        project.reads.add(source.filename, [about_modes(path)])
    lines = entry_points_in_text(path, source.text, project).lines
    if lines and not every:
        lines = relevance(source).makers.functions_that_construct(source.filename, lines)
    return source.filename, (records(source, lines),) if lines else ()


def _of_file_and_importers(path: Path, project: Project, *, every: bool) -> Iterator[Records]:
    question = about_programs(path)
    project.reads.add(question, [about_names(path), about_modes(path)])
    if project.is_test(str(path), project.text(path)):
        return
    if not may_misuse(path, project):
        return
    own = entry_points(path, project)
    if not own.lines:
        return
    if is_cut(path, project):
        project.spent(path, Spent.WORDS)
    if relevance_of(project.sibling).mentioned.is_cut(str(path)):
        project.spent(path, Spent.STARS)
    yield _kept(path, project, every=every)
    asked: set[str] = set()
    new = set(own.names)
    waiting = dict(_that_may_matter(path, project)) if new else {}
    while near := [importer for importer, outline in waiting.items() if any(map(outline.mentions, new))]:
        asked |= new
        new = set()
        for importer in near:
            project.reads.add(question, [about_names(importer), about_modes(importer)])
            if project.is_test(str(importer), waiting.pop(importer).text):
                continue
            found = _kept(importer, project, every=every)
            if found.speak_of(str(path)):
                yield found
            new |= entry_points(importer, project).names - asked  # what those who import the importer know it by


def _that_may_matter(path: Path, project: Project) -> Iterator[tuple[Path, Outline]]:
    """The files that may import the one at ``path``, each with its outline.  Those are left out of which it is known
    already that nothing in them leads to a place where a mode matters: they start no program, and hand nothing on.
    """
    for importer in project.importers(str(path), about_programs(path)):
        if known_entry_points(importer, project) == NOTHING:
            project.reads.add(about_programs(path), [about_modes(importer)])
        else:
            yield importer, project.outline(importer)


def _kept(path: Path, project: Project, *, every: bool) -> Records:
    lines = _roots(path, project) if every else _makers(path, project)
    kept = project.extension(_Records)
    if (path, lines) not in kept:
        kept[path, lines] = Records((), ())
        source = project.sibling.source(path) if lines else None
        if source is not None:
            kept[path, lines] = records(source, lines)
        project.sibling.trim()
    return kept[path, lines]


def _roots(path: Path, project: Project) -> frozenset[int]:
    """Where in the file at ``path`` programs may start, also those that are handed their modules."""
    known = project.extension(_Roots)
    if path not in known:
        lines = entry_points(path, project).lines
        known[path] = relevance_of(project.sibling).makers.roots(str(path), lines) if lines else lines
    return known[path]


def _makers(path: Path, project: Project) -> frozenset[int]:
    """Where in the file at ``path`` programs may start that make a module."""
    known = project.extension(_Makers)
    if path not in known:
        lines = entry_points(path, project).lines
        known[path] = (
            relevance_of(project.sibling).makers.functions_that_construct(str(path), lines) if lines else lines
        )
    return known[path]
