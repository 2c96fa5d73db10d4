"""Where in a file programs may start: what in it leads to a place where a mode matters, there or behind its imports."""

from __future__ import annotations

import re
from pathlib import Path

from dropout_lint.project.dependencies import about_modes, about_names
from dropout_lint.project.limits import Spent
from dropout_lint.semantic.project import Project
from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.outline import imports
from dropout_lint.typestate.roots.backward_reach import NOTHING, BackwardReach, Outline, reach, widened
from dropout_lint.typestate.roots.sinks import FOREIGN

_MOST_LEVELS = 3  # of imports between a program and the place where it matters
MOST_WORDS = 64
"""That lead on through the imports of one file: where more do, those from further away are left out.  A file that takes
from all sides says some of so many words whatever it does."""
_USES = (".train(", ".eval(", ".backward(")
_DOES = re.compile(r"\n(?:[A-Za-z_][\w.]*\(|for |while |with )")  # `\n` is found faster than `^`
_MOST_OUTLINES = 300  # to keep: files that import each other are asked for again and again


class _Starts(Table[Path, BackwardReach]):
    """Where in the files of a project programs may start."""


class _Reaches(Table[tuple[Path, int], BackwardReach]):
    """What in files leads to where a mode matters, by file and levels of imports."""


class _Imports(Table[Path, "tuple[Path, ...]"]):
    """Which files of the project a file imports."""


class _Outlines(Table[Path, Outline]):
    """The outlines of files."""


def known_entry_points(path: Path, project: Project) -> BackwardReach | None:
    """Where in the file at ``path`` programs may start, if that was asked before."""
    return project.extension(_Starts).get(path)


def may_misuse(path: Path, project: Project) -> bool:
    """Whether modes may be misused in the file at ``path``: they matter right in it, or it switches them or trains, or
    it is a script.  In others, most of a library, at most a call leads on to where others go wrong.
    """
    text = project.text(path)
    return any(word in text for word in _USES) or bool(_reach(path, project, 0).lines) or _is_script(text)


def _is_script(text: str) -> bool:
    return "__main__" in text or _DOES.search("\n" + text) is not None


def entry_points(path: Path, project: Project) -> BackwardReach:
    """Where in the file at ``path`` programs may start."""
    known = project.extension(_Starts)
    if path not in known:
        known[path] = _reach(path, project, _MOST_LEVELS)
    return known[path]


def _reach(path: Path, project: Project, levels: int) -> BackwardReach:
    """What in the file at ``path`` leads to where a mode matters, through so many levels of imports.

    Levels keep files that import each other from asking in circles, and the answer the same for all who ask.
    """
    key, known = (path, levels), project.extension(_Reaches)
    if key not in known:
        known[key] = _reach_of_saved(path, project, levels)
    return known[key]


def _reach_of_saved(path: Path, project: Project, levels: int) -> BackwardReach:
    if not levels:
        project.reads.add(about_modes(path), [path])
        return reach(_outline(path, project))
    nearer = _reach(path, project, levels - 1)
    before = _passed_to(path, project, levels - 1)
    passed = before if len(before) > MOST_WORDS else _passed_to(path, project, levels)  # with each level there are more
    if len(passed) > MOST_WORDS:
        project.spent(path, Spent.WORDS)
        return nearer
    new = passed - before
    return widened(nearer, _outline(path, project), passed, new) if new else nearer


def _passed_to(path: Path, project: Project, levels: int) -> frozenset[str]:
    """The words that the imports of the file at ``path`` pass to it."""
    if not levels:
        return frozenset()
    imported = project.extension(_Imports)
    if path not in imported:
        imported[path] = _imported(path, project.text(path), project)
        behind = map(about_modes, imported[path])
        project.reads.add(about_modes(path), [about_names(path), *behind])
    found: set[str] = set()
    for other in imported[path]:
        found |= _reach(other, project, levels - 1).names
        if len(found) > MOST_WORDS:
            break
    return frozenset(found)


def _outline(path: Path, project: Project) -> Outline:
    kept = project.extension(_Outlines)
    if path not in kept:
        if len(kept) >= _MOST_OUTLINES:
            del kept[next(iter(kept))]
        kept[path] = Outline(project.text(path))
    return kept[path]


def entry_points_in_text(path: Path, text: str, project: Project | None) -> BackwardReach:
    """What leads to where a mode matters in ``text``, which the file at ``path`` would hold if it were saved."""
    if not text:
        return NOTHING
    others = () if project is None else _imported(path, text, project)
    if project is not None:
        project.reads.add(about_modes(path), [about_names(path), *map(about_modes, others)])
    passed = frozenset[str]()
    for levels in range(_MOST_LEVELS):
        wider = frozenset[str]().union(*[_reach(other, project, levels).names for other in others if project])
        if len(wider) > MOST_WORDS:
            break
        passed = wider
    return reach(Outline(text), passed)


def _imported(path: Path, text: str, project: Project) -> tuple[Path, ...]:
    """The files of the project that ``text``, the file at ``path``, imports."""
    found: dict[Path, None] = {}
    filename, question = str(path), about_modes(path)
    for module, names in imports(text):
        if module.partition(".")[0] not in FOREIGN:
            dot = "" if module.endswith(".") else "."
            for dotted in (module, *(f"{module}{dot}{name}" for name in names if name != "*")):
                file = project.module_path(filename, dotted, question)
                if file is not None and file != path:
                    found[file] = None
    return tuple(found)
