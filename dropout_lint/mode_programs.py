"""The programs that run through a file: those that start in it, and those of files that import it.

Each file is analysed once in a process, and only from functions that can lead to a place where a mode matters; what the
analysis leaves behind is kept.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from dropout_lint.mode_reach import Reach, imports, reach
from dropout_lint.mode_records import Records, records
from dropout_lint.project import Project
from dropout_lint.source import Source
from dropout_lint.typestate.intent import is_test_place
from dropout_lint.typestate.libraries import HARMLESS_LIBRARIES

_MOST_LEVELS = 3  # of imports between a program and the place where it matters
_MOST_FILES = 400  # of a project; in a larger one, a library of models, programs start in scripts only
_SCRIPT = re.compile(r"__main__|^(?:[A-Za-z_][\w.]*\(|for |while |with )", re.MULTILINE)
_FOREIGN = frozenset({"torch", *HARMLESS_LIBRARIES, *sys.stdlib_module_names})


def records_around(source: Source) -> tuple[str, tuple[Records, ...]]:
    """What is known of the programs that run through ``source``, and the name that they give it."""
    if source.mode_records is None:
        source.mode_records = _records_around(source)
    return source.mode_records


def records_through(path: Path, project: Project) -> tuple[Records, ...]:
    """What is known of the programs that run through the file at ``path``."""
    return tuple(_of_file_and_importers(path, project))


def _records_around(source: Source) -> tuple[str, tuple[Records, ...]]:
    project, path = source.project, Path(source.filename).absolute()
    if project is not None and project.is_on_disk(source):
        return str(path), records_through(path, project)
    # Unsaved text, or none of a project: who imports it speaks of something else.
    found = _reach_of_text(path, source.text, project, _MOST_LEVELS)
    return source.filename, (records(source, found.lines),) if found.lines else ()


def _of_file_and_importers(path: Path, project: Project) -> Iterator[Records]:
    if not _SCRIPT.search(project.text(path)) and project.size_around(str(path)) > _MOST_FILES:
        return
    own = _reach(path, project, _MOST_LEVELS)
    if not own.lines or is_test_place(str(path)):
        return
    yield _kept(path, project)
    if own.names:
        for importer in project.importers(str(path)):
            if not is_test_place(str(importer)) and any(name in project.text(importer) for name in sorted(own.names)):
                found = _kept(importer, project)
                if found.speak_of(str(path)):
                    yield found


def _kept(path: Path, project: Project) -> Records:
    if path not in project.mode_records:
        project.mode_records[path] = Records((), ())
        found = _reach(path, project, _MOST_LEVELS)
        source = project.sibling.source(path) if found.lines else None
        if source is not None:
            project.mode_records[path] = records(source, found.lines)
        project.sibling.trim()
    return project.mode_records[path]


def _reach(path: Path, project: Project, levels: int) -> Reach:
    """What in the file at ``path`` leads to where a mode matters, through so many levels of imports.

    Levels keep files that import each other from asking in circles, and the answer the same for all who ask.
    """
    key = (path, levels)
    if key not in project.mode_reaches:
        project.mode_reaches[key] = _reach_of_text(path, project.text(path), project, levels, saved=True)
    return project.mode_reaches[key]


def _reach_of_text(path: Path, text: str, project: Project | None, levels: int, *, saved: bool = False) -> Reach:
    """The same for ``text``, which is what the file at ``path`` holds if it is ``saved``."""
    if not text or project is None or levels == 0:
        return reach(text, ())
    others = _imported(path, text, project)
    known = [_reach(other, project, levels - 1) for other in others]
    if saved and not any(other.names or other.runs for other in known):
        return _reach(path, project, 0)
    if saved and levels > 1 and known == [_reach(other, project, levels - 2) for other in others]:
        return _reach(path, project, levels - 1)
    return reach(text, known)


def _imported(path: Path, text: str, project: Project) -> list[Path]:
    """The files of the project that ``text``, the file at ``path``, imports."""
    found: dict[Path, None] = {}
    for module, names in imports(text):
        if module.partition(".")[0] not in _FOREIGN:
            dot = "" if module.endswith(".") else "."
            for dotted in (module, *(f"{module}{dot}{name}" for name in names if name != "*")):
                file = project.module_path(str(path), dotted)
                if file is not None and file != path:
                    found[file] = None
    return list(found)
