"""The surroundings of a file: its project, what its imports resolve to, and which files may import it.

Each of these is a query about the file system, with the same answer for an analysis and for the cache, which repeats it
to see whether the answer is still the same.
"""

from __future__ import annotations

import re
from pathlib import Path

from dropout_lint.project.import_graph import ReverseImportGraph, is_too_large, project_root
from dropout_lint.project.module_resolver import ModuleResolver

_NO_NAME = re.compile(r"[\s\0/\\]")  # in a string that is passed to `import_module`
_NOTHING = "?"  # in place of what can be the name of no module
_ANYTHING = "/"  # behind a name that is found nowhere: all that could be imported below it


class Surroundings:
    """The folders around files, as they were when they were listed."""

    def __init__(self) -> None:
        self._folders = ModuleResolver()
        self._found: dict[tuple[str, str], tuple[Path | None, str]] = {}  # by folder and dotted name
        self._indexes: dict[Path, ReverseImportGraph] = {}
        self._indexes_around: dict[str, ReverseImportGraph] = {}  # by the folder of a file
        self._roots: dict[str, str] = {}  # by the folder of a file
        self._large: dict[Path, bool] = {}

    def module(self, folder: str, dotted: str) -> tuple[Path | None, str]:
        """The file of the module that ``dotted`` means in files of ``folder``, None if it is not found; and the word
        that shows to `resolve` whether that is still so.
        """
        key = (folder, dotted)
        known = self._found.get(key)
        if known is None:
            known = self._found[key] = self._find(folder, dotted)
        return known

    def resolve(self, folder: str, word: str) -> str:
        """What ``word`` resolves to in files of ``folder``: the name of a file; empty if nothing is found."""
        if word.endswith(_ANYTHING):
            return "somewhere" if self._folders.has(folder, word.removesuffix(_ANYTHING)) else ""
        return str(self.module(folder, word)[0] or "")

    def _find(self, folder: str, dotted: str) -> tuple[Path | None, str]:
        """Most names are of libraries, and as long as these are found nowhere, what is imported from them does not
        matter.
        """
        if _NO_NAME.search(dotted):
            return None, _NOTHING
        name = dotted.partition(".")[0]
        if name and not self._folders.has(folder, name):
            return None, name + _ANYTHING
        return self._folders.place(folder, dotted), dotted

    def modules(self, folder: str) -> tuple[str, ...]:
        """What of the files and folders in ``folder`` can be imported, by name; sorted."""
        return self._folders.modules(folder)

    def importers(self, path: Path) -> list[Path]:
        """The files of the project that may import the one at ``path``, nearest first."""
        return self._index(str(path.parent)).importers(path)

    def is_hub(self, path: Path) -> bool:
        """Whether more files import the one at ``path`` than `importers` returns."""
        return path in self._index(str(path.parent)).hubs

    def is_narrowed(self, folder: str) -> bool:
        """Whether only a part of the project around ``folder`` is searched for importers, because it is too large."""
        marked = self._marked(folder)
        return marked is not None and marked != self._index(folder).root and self._is_large(marked)

    def root(self, folder: str) -> str:
        """The folder in which the project around ``folder`` begins: the nearest that is marked as one, or else the
        outermost that looks like part of the same project.
        """
        if folder not in self._roots:
            path = Path(folder, "file")
            self._roots[folder] = str(self._marked(folder) or project_root(path, None, lambda _: False))
        return self._roots[folder]

    def _marked(self, folder: str) -> Path | None:
        return next((root for root in self._folders.roots(Path(folder)) if self._folders.is_marked(root)), None)

    def _index(self, folder: str) -> ReverseImportGraph:
        if folder not in self._indexes_around:
            root = project_root(Path(folder, "file"), self._marked(folder), self._is_large)
            if root not in self._indexes:
                self._indexes[root] = ReverseImportGraph(root, lambda inside, dotted: self.module(inside, dotted)[0])
            self._indexes_around[folder] = self._indexes[root]
        return self._indexes_around[folder]

    def _is_large(self, root: Path) -> bool:
        if root not in self._large:
            self._large[root] = is_too_large(root)
        return self._large[root]
