"""The programs that run through a file: those that start in it, and those of files that import it.

Each file is analysed once in a process, and only from functions that can lead to a place where a mode matters; what the
analysis leaves behind is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from dropout_lint.mode_reach import FOREIGN, NOTHING, Outline, Reach, outline, reach
from dropout_lint.mode_records import Records, records
from dropout_lint.mode_units import imports
from dropout_lint.project import Project
from dropout_lint.reads import about_modes, about_names
from dropout_lint.source import Source
from dropout_lint.typestate.intent import is_test_file

_MOST_LEVELS = 3  # of imports between a program and the place where it matters
_MOST_OUTLINES = 300  # to keep: files that import each other are asked for again and again
_MOST_FILES = 400  # of a project; in a larger one, a library of models, programs start in scripts only
_USES = (".train(", ".eval(", ".backward(")
_DOES = re.compile(r"\n(?:[A-Za-z_][\w.]*\(|for |while |with )")  # `\n` is found faster than `^`


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
    found = _reach_of_text(path, source.text, project)
    return source.filename, (records(source, found.lines),) if found.lines else ()


def _of_file_and_importers(path: Path, project: Project) -> Iterator[Records]:
    if is_test_file(str(path), project.text(path)):
        return
    project.reads.add(str(path), [about_modes(path)])
    own = _starts(path, project)
    if not own.lines:
        return
    yield _kept(path, project)
    names = set(own.names)
    waiting = {importer: project.text(importer) for importer in project.importers(str(path))} if names else {}
    leads_on = bool(waiting) and project.size_around(str(path)) <= _MOST_FILES
    while near := [importer for importer, text in waiting.items() if any(name in text for name in names)]:
        for importer in near:
            project.reads.add(str(path), [about_modes(importer)])
            if is_test_file(str(importer), waiting.pop(importer)):
                continue
            found = _kept(importer, project)
            if found.speak_of(str(path)):
                yield found
            if leads_on:
                names |= _starts(importer, project).names  # what those who import the importer know it by


def _kept(path: Path, project: Project) -> Records:
    if path not in project.mode_records:
        project.mode_records[path] = Records((), ())
        found = _starts(path, project)
        source = project.sibling.source(path) if found.lines else None
        if source is not None:
            project.mode_records[path] = records(source, found.lines)
        project.sibling.trim()
    return project.mode_records[path]


def _starts(path: Path, project: Project) -> Reach:
    """Where in the file at ``path`` programs may start."""
    if path not in project.mode_starts:
        project.mode_starts[path] = _starts_of_saved(path, project)
    return project.mode_starts[path]


def _starts_of_saved(path: Path, project: Project) -> Reach:
    """In a large project, which is a library of models, a file that only defines things is followed no further than
    its own text, and only if it switches modes or trains.
    """
    text = project.text(path)
    if _is_script(text) or project.size_around(str(path)) <= _MOST_FILES:
        return _reach(path, project, _MOST_LEVELS)
    return _reach(path, project, 0) if any(word in text for word in _USES) else NOTHING


def _is_script(text: str) -> bool:
    return "__main__" in text or _DOES.search("\n" + text) is not None


def _reach(path: Path, project: Project, levels: int) -> Reach:
    """What in the file at ``path`` leads to where a mode matters, through so many levels of imports.

    Levels keep files that import each other from asking in circles, and the answer the same for all who ask.
    """
    key = (path, levels)
    if key not in project.mode_reaches:
        project.mode_reaches[key] = _reach_of_saved(path, project, levels)
    return project.mode_reaches[key]


def _reach_of_saved(path: Path, project: Project, levels: int) -> Reach:
    if path not in project.mode_imports:
        project.mode_imports[path] = _imported(path, project.text(path), project)
        behind = map(about_modes, project.mode_imports[path])
        project.reads.add(about_modes(path), [path, about_names(path), *behind])
    others = project.mode_imports[path]
    known = [_reach(other, project, levels - 1) for other in others] if levels else []
    if levels and not any(other.names for other in known):
        return _reach(path, project, 0)
    if levels > 1 and known == [_reach(other, project, levels - 2) for other in others]:
        return _reach(path, project, levels - 1)
    return reach(_outline(path, project), known)


def _outline(path: Path, project: Project) -> Outline:
    kept = project.mode_outlines
    if path not in kept:
        if len(kept) >= _MOST_OUTLINES:
            del kept[next(iter(kept))]
        kept[path] = outline(project.text(path))
    return kept[path]


def _reach_of_text(path: Path, text: str, project: Project | None) -> Reach:
    """What leads to where a mode matters in ``text``, which the file at ``path`` would hold if it were saved."""
    others = () if project is None else _imported(path, text, project)
    known = [] if project is None else [_reach(other, project, _MOST_LEVELS - 1) for other in others]
    return reach(outline(text), known) if text else NOTHING


def _imported(path: Path, text: str, project: Project) -> tuple[Path, ...]:
    """The files of the project that ``text``, the file at ``path``, imports."""
    found: dict[Path, None] = {}
    for module, names in imports(text):
        if module.partition(".")[0] not in FOREIGN:
            dot = "" if module.endswith(".") else "."
            for dotted in (module, *(f"{module}{dot}{name}" for name in names if name != "*")):
                file = project.module_path(str(path), dotted, about_modes(path))
                if file is not None and file != path:
                    found[file] = None
    return tuple(found)
