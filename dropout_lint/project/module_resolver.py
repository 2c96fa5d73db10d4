"""Modules and the files of their names.  Every folder is listed once, because most imports are looked for in many
folders and found in none.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

_MOST_LEVELS = 10  # directories above a file in which an absolute import is looked for
TOP = frozenset({".git", "pyproject.toml", "setup.py", "setup.cfg", "PKG-INFO"})  # where a project ends
_INSTALLED = ("site-packages", "dist-packages")


class ModuleResolver:
    """The folders that were listed, as they were then."""

    def __init__(self) -> None:
        self._listings: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
        self._roots: dict[Path, tuple[Path, ...]] = {}
        self._bases: dict[tuple[str, str], tuple[str, ...]] = {}  # see `_bases_of`
        self._paths: dict[str, Path] = {}  # one for each file: paths are compared slowly, if they are not the same

    def place(self, folder: str, dotted: str) -> Path | None:
        """The file of the module that ``dotted`` means in files of ``folder``; None if it is not found."""
        name = dotted.lstrip(".")
        parts = [part for part in name.split(".") if part]
        if len(name) < len(dotted):
            bases = _above(folder, len(dotted) - len(name) - 1)
        elif parts:
            bases = self._bases_of(folder, parts[0])
        else:
            bases = tuple(map(str, self.roots(Path(folder))))
        for base in bases:
            path = self._module(base, parts)
            if path is not None:
                return path
        return None

    def has(self, folder: str, name: str) -> bool:
        """Whether something called ``name`` can be imported in files of ``folder``."""
        return bool(self._bases_of(folder, name))

    def modules(self, folder: str) -> tuple[str, ...]:
        """What of the files and folders in ``folder`` can be imported, by name; sorted."""
        files, folders = self._listing(folder)
        names = {name for name in files if name.endswith(".py")} | folders
        return tuple(sorted(name for name in names if not name.startswith((".", "__pycache__"))))

    def _bases_of(self, folder: str, name: str) -> tuple[str, ...]:
        """Those `roots` of ``folder`` in which something called ``name`` can be imported: most names are of libraries,
        and found nowhere.
        """
        key = (folder, name)
        if key not in self._bases:
            found = []
            for base in map(str, self.roots(Path(folder))):
                files, folders = self._listing(base)
                if name in folders or f"{name}.py" in files:
                    found.append(base)
            self._bases[key] = tuple(found)
        return self._bases[key]

    def _module(self, base: str, parts: Sequence[str]) -> Path | None:
        """The file of the module or package ``parts`` below ``base``; None if there is none.

        A module goes before a package of the same name, as far as one can tell without running either.
        """
        folder = base
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

    def is_marked(self, folder: Path) -> bool:
        """Whether a project ends at ``folder``."""
        return folder.name in _INSTALLED or any(not TOP.isdisjoint(names) for names in self._listing(str(folder)))

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
                        (folders if _is_folder(entry) else files).add(entry.name)
            except OSError:
                pass  # nobody can import from there
            self._listings[folder] = frozenset(files), frozenset(folders)
        return self._listings[folder]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _above(folder: str, levels: int) -> tuple[str, ...]:
    """The folder so many levels above ``folder``, if there is one."""
    for _ in range(levels):
        above = os.path.dirname(folder)
        if above == folder:
            return ()
        folder = above
    return (folder,)
