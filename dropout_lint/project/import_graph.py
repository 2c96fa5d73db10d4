"""Which files of a project may import a given one: by the words in their import statements, without parsing.

The answer may name too many files, never too few, as long as modules are imported under their own names.  A file whose
imports are known to mean others is left out, so that files elsewhere in the project change nothing.
"""

from __future__ import annotations

import itertools
import operator
import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property
from pathlib import Path

from dropout_lint.io.opening import read_regular
from dropout_lint.syntax.outline import imports_in

_MOST_FILES = 10_000  # of one project, each read once; in a larger one only the part around the file is searched
_MOST_BYTES = 1_000_000
_MOST_IMPORTERS = 24  # files to follow for one file
_MOST_LEVELS = 3  # a script imports a package, which imports the module that defines the function
_SKIPPED = frozenset({"node_modules", "venv", "env", "build", "dist", "site-packages", "__pycache__"})
_MARKS = frozenset(
    ("README.md", "README.rst", "README", "README.txt", "requirements.txt", "LICENSE", "environment.yml")
)


Resolve = Callable[[str, str], "Path | None"]
"""The file of the module that a dotted name means in files of a folder; None if it is not found."""


class ReverseImportGraph:
    """The names in the import statements below ``root``, by file.

    Without ``resolve``, a name may mean every file that ends like it.
    """

    def __init__(self, root: Path, resolve: Resolve | None = None) -> None:
        self.root = root
        self._resolve = resolve
        self._files = _python_files(root)
        self._meant: dict[str, dict[Path | str, list[int]]] = {}  # by word: files, and names that mean none
        self._paths: dict[int, Path] = {}
        self._libraries: dict[Path, bool] = {}
        self.hubs: set[Path] = set()

    def importers(self, path: Path) -> list[Path]:
        """The files that may import ``path``, directly or through others, nearest first and sorted; if they are too
        many, the nearest, and ``path`` is then one of the `hubs`.
        """
        found = self._importers(path)
        if len(found) > _MOST_IMPORTERS:
            self.hubs.add(path)
        return found[:_MOST_IMPORTERS]

    def _importers(self, path: Path) -> list[Path]:
        found: list[Path] = []
        seen = {path}
        level = [path]
        for _ in range(_MOST_LEVELS):
            numbers = sorted({number for each in level for number in self._naming(each)})
            level = [file for file in map(self._path, numbers) if file not in seen]
            seen.update(level)
            found += sorted(level, key=lambda file: -_shared(file, path))  # it was in order
            if len(found) > _MOST_IMPORTERS:
                break
            level = [file for file in level if file.name == "__init__.py" or self._looks_like_library(file)]
        return found

    def _naming(self, path: Path) -> Iterable[int]:
        """The numbers of the files that import ``path``, or something that is not found and may be it."""
        word = _module_name(path)
        if self._resolve is None:
            return itertools.chain(*self._imported.get(word, {}).values())
        if word not in self._meant:
            meant: dict[Path | str, list[int]] = {}
            for dotted, numbers in self._imported.get(word, {}).items():
                is_relative = dotted.startswith(".")
                for number in numbers:
                    target = self._resolve(self._files[number][0], dotted)
                    if target is not None or not is_relative:
                        meant.setdefault(target or dotted, []).append(number)
            self._meant[word] = meant
        keys: list[Path | str] = [path, *_names_of(path)]
        return [number for key in keys for number in self._meant[word].get(key, ())]

    def _path(self, number: int) -> Path:
        if number not in self._paths:
            self._paths[number] = Path(*self._files[number])
        return self._paths[number]

    @cached_property
    def _imported(self) -> dict[str, dict[str, list[int]]]:
        """By the last word of a dotted name: by the name, the numbers of the files that import it."""
        found: dict[str, dict[str, list[int]]] = {}
        for number, place in enumerate(self._files):
            for dotted in _imported_by(os.path.join(*place)):
                found.setdefault(dotted[dotted.rfind(".") + 1 :], {}).setdefault(dotted, []).append(number)
        return found

    def _looks_like_library(self, file: Path) -> bool:
        if file not in self._libraries:
            self._libraries[file] = _looks_like_library(file)
        return self._libraries[file]


def is_too_large(root: Path) -> bool:
    """Whether there are more files below ``root`` than one wants to search."""
    return len(_python_files(root)) >= _MOST_FILES


def project_root(path: Path, marked: Path | None, is_large: Callable[[Path], bool] = is_too_large) -> Path:
    """The folder in which importers of ``path`` are looked for: the project that is ``marked`` as one, if it is not too
    large; else the outermost folder around the file that looks like part of the same project.
    """
    if marked is not None and not _is_skipped(path, marked) and not is_large(marked):
        return marked
    best = path.parent
    for above in list(path.parents)[:4]:
        if marked is not None and marked not in (above, *above.parents):
            break
        if above in _without_project() or _is_skipped(path, above) or is_large(above):
            break
        names = _names_in(above)
        if not _MARKS.isdisjoint(names) or any(name.endswith(".py") for name in names):
            best = above
    return best


@cache
def _without_project() -> frozenset[Path]:
    """Folders whose files belong to no project: the temporary one, and the user's."""
    import tempfile  # here: the query writes a file, and most runs do not need it

    try:
        temporary = [Path(tempfile.gettempdir())]
    except FileNotFoundError:  # none that can be written to
        temporary = []
    return frozenset([*temporary, Path(os.path.expanduser("~"))])


def _is_skipped(path: Path, root: Path) -> bool:
    """Whether a walk through ``root`` skips ``path``: it is in a hidden folder, or in one of build results."""
    return any(part in _SKIPPED or part.startswith(".") for part in path.parts[len(root.parts) : -1])


def _names_in(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _python_files(root: Path) -> list[tuple[str, str]]:
    """The folders and names of the files below ``root``, in a stable order."""
    found: list[tuple[str, str]] = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("."))
        found += [(folder, name) for name in sorted(names) if name.endswith(".py")]
        if len(found) >= _MOST_FILES:
            break
    return found[:_MOST_FILES]


def _imported_by(file: str) -> set[str]:
    """The dotted names of all modules that ``file`` may import: what it takes from a module may be one."""
    try:
        data = read_regular(file, _MOST_BYTES)
    except OSError:
        return set()
    found: set[str] = set()
    for each in imports_in(data.decode("utf-8", "replace")):
        name = each.module
        while name and name[-1] != "." and name not in found:
            found.add(name)
            name = name[: max(name.rfind("."), 0)]
        if each.name and each.name != "*":
            found.add(each.dotted)
    return found


def _module_name(path: Path) -> str:
    return path.parent.name if path.stem == "__init__" else path.stem


def _names_of(path: Path) -> Iterator[str]:
    """The names under which ``path`` can be imported, by where the search for modules starts."""
    parts = (path.parent if path.stem == "__init__" else path.with_suffix("")).parts[1:]
    return (".".join(parts[at:]) for at in range(len(parts)))


def _shared(one: Path, other: Path) -> int:
    """How many folders two files have in common."""
    return sum(map(operator.eq, one.parts, other.parts))


def _looks_like_library(file: Path) -> bool:
    """Whether others may import ``file`` in turn: scripts are not imported."""
    try:
        data = read_regular(file)
    except OSError:
        return False
    return b"__main__" not in data and (b"\ndef " in data or b"\nclass " in data)
