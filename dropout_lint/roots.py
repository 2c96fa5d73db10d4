"""Where the project around a file begins: the folder that its own paths are told from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dropout_lint.folders import TOP, Folders
from dropout_lint.importers import is_too_large, project_root
from dropout_lint.testfiles import FOLDERS


class Roots:
    """The roots of projects, by what lies in ``folders``."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._large: dict[Path, bool] = {}

    def of(self, path: Path) -> Path:
        """The root of the project that the file at ``path`` belongs to: the nearest folder that is marked as one, or
        else the outermost that looks like part of the same project.
        """
        return self._marked(path) or project_root(path, None, lambda _: False)

    def searched(self, path: Path) -> Path:
        """The folder in which importers of the file at ``path`` are looked for: its root, unless that is too large."""
        return project_root(path, self._marked(path), self._is_large)

    def marks(self, path: Path) -> Iterator[Path]:
        """The files and folders around ``path`` that do not exist, and would make a project of a folder of tests, or of
        one in it, if they did: whether the file holds tests rests on them.
        """
        root = self.of(path)
        inside = path.relative_to(root).parts[:-1]
        if not FOLDERS.isdisjoint(inside):
            outermost = next(number for number, part in enumerate(inside) if part in FOLDERS)
            for length in range(outermost + 1, len(inside) + 1):
                yield from (root.joinpath(*inside[:length], mark) for mark in TOP)

    def _marked(self, path: Path) -> Path | None:
        return next((root for root in self._folders.roots(path.parent) if self._folders.is_marked(root)), None)

    def _is_large(self, root: Path) -> bool:
        if root not in self._large:
            self._large[root] = is_too_large(root)
        return self._large[root]
