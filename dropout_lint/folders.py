"""What lies in which folder: every folder is listed once, because imports ask thousands of times for files that are not
there.
"""

from __future__ import annotations

import os
from pathlib import Path

_MOST_LEVELS = 10  # directories above a file in which an absolute import is looked for
_TOP = frozenset({".git", "pyproject.toml", "setup.py", "setup.cfg", "PKG-INFO"})  # where a project ends
_INSTALLED = ("site-packages", "dist-packages")


class Folders:
    """The folders that were looked into, as they were then."""

    def __init__(self) -> None:
        self._listings: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
        self._roots: dict[Path, tuple[Path, ...]] = {}
        self._paths: dict[str, Path] = {}  # one for each file: paths are compared slowly, if they are not the same

    def module(self, base: Path, parts: tuple[str, ...]) -> Path | None:
        """The file of the module or package ``parts`` below ``base``; None if there is none.

        A module goes before a package of the same name, as far as one can tell without running either.
        """
        folder = str(base)
        for part in parts[:-1]:
            if part not in self._listing(folder)[1]:
                return None
            folder = os.path.join(folder, part)
        if parts:
            files, folders = self._listing(folder)
            if f"{parts[-1]}.py" in files:
                return self._path(os.path.join(folder, f"{parts[-1]}.py"))
            if parts[-1] not in folders:
                return None
            folder = os.path.join(folder, parts[-1])
        return self._path(os.path.join(folder, "__init__.py")) if "__init__.py" in self._listing(folder)[0] else None

    def has_folder(self, base: Path, name: str) -> bool:
        """Whether there is a folder called ``name`` in ``base``."""
        return name in self._listing(str(base))[1]

    def is_marked(self, folder: Path) -> bool:
        """Whether a project ends at ``folder``."""
        return folder.name in _INSTALLED or any(not _TOP.isdisjoint(names) for names in self._listing(str(folder)))

    def roots(self, directory: Path) -> tuple[Path, ...]:
        """Where absolute imports of files in ``directory`` may start, the nearest first."""
        if directory not in self._roots:
            roots = []
            for above in (directory.absolute(), *directory.absolute().parents)[:_MOST_LEVELS]:
                roots.append(above)
                if self.is_marked(above):
                    if (above / "src").is_dir():
                        roots.append(above / "src")
                    break
            self._roots[directory] = tuple(roots)
        return self._roots[directory]

    def _path(self, name: str) -> Path:
        return self._paths.get(name) or self._paths.setdefault(name, Path(name))

    def _listing(self, folder: str) -> tuple[frozenset[str], frozenset[str]]:
        """The names of the files and of the folders in ``folder``."""
        if folder not in self._listings:
            files: set[str] = set()
            folders: set[str] = set()
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        (folders if entry.is_dir() else files).add(entry.name)
            except OSError:
                pass  # nobody can import from there
            self._listings[folder] = frozenset(files), frozenset(folders)
        return self._listings[folder]
