"""Where in a file programs may start: what in it reaches a place where a mode matters, there or behind its imports."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dropout_lint.project.dependencies import about_modes, about_names
from dropout_lint.semantic.project import Project
from dropout_lint.syntax.outline import Import, Outline
from dropout_lint.typestate.roots.backward_reach import NOTHING, BackwardReach, Parts, reach, widened
from dropout_lint.typestate.roots.sinks import FOREIGN, is_script, mentions

_MOST_LEVELS = 3  # of imports between a program and the place where it matters
MOST_WORDS = 64
"""Words that are followed through the imports of one file: of more, those from further away are left out.  A file that
imports from many others mentions some of so many words whatever it does."""
_USES = (".train(", ".eval(", ".backward(")


class _File:
    """A file of the project, and what is known of it so far."""

    __slots__ = ("imported", "passed", "path", "reaches")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.imported: tuple[_File, ...] | None = None
        self.passed: list[frozenset[str]] = [frozenset()]  # the words that its imports pass to it, by their levels
        self.reaches: list[BackwardReach] = []  # by the same levels


class _Files:
    """The files of a project of which something is known."""

    def __init__(self, project: Project) -> None:
        self._known: dict[Path, _File] = {}

    def __getitem__(self, path: Path) -> _File:
        if path not in self._known:
            self._known[path] = _File(path)
        return self._known[path]

    def release_from(self, owner: object) -> None:
        """Cut the cycles: files may import each other."""
        for file in self._known.values():
            file.imported = None


def known_entry_points(path: Path, project: Project) -> BackwardReach | None:
    """Where in the file at ``path`` programs may start, if that is known already."""
    reaches = project.extension(_Files)[path].reaches
    return reaches[_MOST_LEVELS] if len(reaches) > _MOST_LEVELS else None


def may_misuse(path: Path, project: Project) -> bool:
    """Whether modes may be misused in the file at ``path``: they matter right in it, or it switches them or trains, or
    it is a script.  In others, most of a library, at most a call reaches files that misuse them.
    """
    text = project.text(path)
    if mentions(text, _USES) or is_script(text):
        return True
    return bool(_reach(project.extension(_Files)[path], project, 0).lines)


def entry_points(path: Path, project: Project) -> BackwardReach:
    """Where in the file at ``path`` programs may start."""
    return _reach(project.extension(_Files)[path], project, _MOST_LEVELS)


def is_cut(path: Path, project: Project) -> bool:
    """Whether the imports of the file at ``path`` pass more words than are followed."""
    return len(project.extension(_Files)[path].passed[-1]) > MOST_WORDS


def _reach(file: _File, project: Project, levels: int) -> BackwardReach:
    """What in ``file`` reaches a place where a mode matters, through so many levels of imports.

    Levels keep files that import each other from querying in circles, and make the answer the same for each query.
    """
    known = file.reaches
    while len(known) <= levels:
        known.append(_wider(file, project, len(known)))
    return known[levels]


def _wider(file: _File, project: Project, levels: int) -> BackwardReach:
    """The same, if it is known for one level less."""
    path = file.path
    if not levels:
        project.reads.add(about_modes(path), [path])
        return reach(project.outline(path).extension(Parts))
    nearer, before = file.reaches[levels - 1], file.passed[levels - 1]
    passed = before if len(before) > MOST_WORDS else _passed_to(file, project, levels)  # with each level there are more
    file.passed.append(passed)
    if len(passed) > MOST_WORDS:
        return nearer
    new = passed - before
    return widened(nearer, project.outline(path).extension(Parts), passed, new) if new else nearer


def _passed_to(file: _File, project: Project, levels: int) -> frozenset[str]:
    """The words that the imports of ``file`` pass to it."""
    if file.imported is None:
        path, files = file.path, project.extension(_Files)
        others = _imported(path, project.outline(path), project)
        file.imported = tuple(map(files.__getitem__, others))
        project.reads.add(about_modes(path), [about_names(path), *map(about_modes, others)])
    return _words_behind(file.imported, project, levels)


def _words_behind(imported: Iterable[_File], project: Project, levels: int) -> frozenset[str]:
    """The words that ``imported`` files pass on, if the importer may use so many levels; not all of too many."""
    found: set[str] = set()
    for other in imported:
        found |= _reach(other, project, levels - 1).names
        if len(found) > MOST_WORDS:
            break
    return frozenset(found)


def entry_points_in_text(path: Path, text: str, project: Project | None) -> BackwardReach:
    """What reaches a place where a mode matters in ``text``, which the file at ``path`` would hold if it were saved."""
    if not text:
        return NOTHING
    outline, passed = Outline(text), frozenset[str]()
    if project is not None:
        others = _imported(path, outline, project)
        project.reads.add(about_modes(path), [about_names(path), *map(about_modes, others)])
        files = tuple(map(project.extension(_Files).__getitem__, others))
        for levels in range(_MOST_LEVELS):
            wider = _words_behind(files, project, levels + 1)
            if len(wider) > MOST_WORDS:
                break
            passed = wider
    return reach(Parts(outline), passed)


def _imported(path: Path, outline: Outline, project: Project) -> tuple[Path, ...]:
    """The files of the project that the file at ``path`` imports."""
    found: dict[Path, None] = {}
    filename, question = str(path), about_modes(path)
    for module, names in _by_module(outline.imports).items():
        file = project.module_path(filename, module, question)
        if file is not None and file != path:
            found[file] = None
        if file is None or file.name == "__init__.py":  # else it is no package: what is taken from it is no module
            for name in names:
                file = project.module_path(filename, name, question)
                if file is not None and file != path:
                    found[file] = None
    return tuple(found)


def _by_module(imports: Iterable[Import]) -> dict[str, dict[str, None]]:
    """The modules of ``imports`` that may be of the project, each with the dotted names of what is taken from it."""
    found: dict[str, dict[str, None]] = {}
    for each in imports:
        if each.module.partition(".")[0] not in FOREIGN:
            names = found.setdefault(each.module, {})
            if each.name and each.name != "*":
                names[each.dotted] = None
    return found
