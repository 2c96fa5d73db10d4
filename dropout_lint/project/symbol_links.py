"""What the names that code mentions resolve to, across the files of a project: by words, without parsing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dropout_lint.project.dependencies import about_names
from dropout_lint.project.files import ProjectFiles
from dropout_lint.project.symbols import ClassUnit, CodeUnit, FileSymbols
from dropout_lint.syntax.outline import Outline
from dropout_lint.syntax.source import SourceFile

Target = CodeUnit | ClassUnit | FileSymbols


class References(NamedTuple):
    """What plain names may resolve to."""

    bodies: frozenset[CodeUnit]
    classes: frozenset[ClassUnit]
    modules: frozenset[FileSymbols]


MOST_FOLLOWED = 40
"""Files to look into for one name: a library that stars all that it has would be read for each."""


class SymbolIndex:
    """Resolves names across the files of a ``project``; without one, in one file.

    ``unsaved`` is a file as it is in an editor.
    """

    def __init__(self, project: ProjectFiles | None, unsaved: SourceFile | None = None) -> None:
        self._project = project
        self.size = 0  # characters of the files that were read
        self._files: dict[str, FileSymbols] = {}
        self._targets: dict[tuple[FileSymbols, str], tuple[Target, ...]] = {}
        self._attributes: dict[tuple[FileSymbols, str], tuple[Target, ...]] = {}
        self._offered: dict[FileSymbols, frozenset[str]] = {}
        self._links: dict[CodeUnit, References] = {}
        self._starred: dict[FileSymbols, tuple[FileSymbols, ...]] = {}
        self._behind_stars: dict[FileSymbols, tuple[FileSymbols, ...]] = {}
        if unsaved is not None:
            self._files[unsaved.filename] = FileSymbols(unsaved.filename, Outline(unsaved.text))

    def file(self, filename: str) -> FileSymbols:
        """What the file called ``filename`` mentions; nothing if it cannot be read."""
        if filename not in self._files:
            outline = Outline("") if self._project is None else self._project.outline(Path(filename))
            self._files[filename] = FileSymbols(filename, outline)
            self.size += len(outline.text)
        return self._files[filename]

    def release(self) -> None:
        """Cut the cycles between files and the code in them: workers run without the garbage collector."""
        for file in self._files.values():
            file.release()
        self._files.clear()

    def references(self, body: CodeUnit) -> References:
        """What the plain names in ``body`` may resolve to."""
        if body not in self._links:
            home = body.home
            names = body.names if home.stars else body.names & home.known
            found = {target for name in names for target in self._meant(home, name)}
            classes = frozenset([target for target in found if isinstance(target, ClassUnit)])
            modules = frozenset([target for target in found if isinstance(target, FileSymbols)])
            bodies = frozenset([target for target in found if isinstance(target, CodeUnit)])
            self._links[body] = References(bodies, classes, modules)
        return self._links[body]

    def is_file(self, home: FileSymbols, name: str) -> bool:
        """Whether ``name`` may resolve to a file at the top level of ``home``."""
        return any(isinstance(target, FileSymbols) for target in self._meant(home, name))

    def is_cut(self, filename: str) -> bool:
        """Whether the file called ``filename`` stars more files than are looked into for one name."""
        return len(self._all_starred(self.file(filename))) > MOST_FOLLOWED

    def offered(self, home: FileSymbols) -> frozenset[str]:
        """The names of the module ``home``, and of those that it stars, and of the files beside a package."""
        if home not in self._offered:
            found: set[str] = set()
            for each in (home, *self._all_starred(home)):
                found |= each.known
                if each.filename.endswith("__init__.py"):
                    found.update(self._beside(each))
            self._offered[home] = frozenset(found)
        return self._offered[home]

    def _beside(self, package: FileSymbols) -> Iterator[str]:
        """The names of the files and folders beside the file of a ``package``."""
        if self._project is not None:
            for name in self._project.modules_beside(package.filename):
                yield name.removesuffix(".py")

    def attribute(self, home: FileSymbols, name: str) -> tuple[Target, ...]:
        """What ``name`` may be as an attribute of the module ``home``."""
        key = (home, name)
        if key not in self._attributes:
            found = self._meant(home, name)
            if not found and home.filename.endswith("__init__.py"):
                file = self._module(home, f".{name}")
                found = () if file is None else (file,)
            self._attributes[key] = found
        return self._attributes[key]

    def _meant(self, home: FileSymbols, name: str) -> tuple[Target, ...]:
        """What ``name`` may resolve to at the top level of ``home``."""
        if name not in home.imported and (name in home.functions or name in home.classes):  # no import can matter
            return tuple(self._defined(home, name))
        key = (home, name)
        if key not in self._targets:
            self._targets[key] = tuple(dict.fromkeys(self._found(home, name)))
        return self._targets[key]

    def _found(self, home: FileSymbols, name: str) -> Iterator[Target]:
        """The same, through files that import each other: nothing is visited twice."""
        if name not in home.known and not any(name in each.known for each in self._all_starred(home)):
            return  # nearly all words of a file that stars another
        todo, seen = [(home, name)], {(home, name)}
        for file, known_as in todo:  # it grows on the way
            yield from self._defined(file, known_as)
            if len(seen) > MOST_FOLLOWED:
                continue
            new = [each for each in self._named_by(file, known_as) if each not in seen]
            seen.update(new)
            todo += new

    def _defined(self, home: FileSymbols, name: str) -> Iterator[Target]:
        """What ``name`` is in ``home`` itself."""
        for known in (home.functions, home.classes, home.assigned):
            if name in known:
                yield known[name]
        if name in home.imported:
            module, inner = home.imported[name]
            # A package may offer a function of the same name.
            dotted = module if not inner else f"{module}{inner}" if module.endswith(".") else f"{module}.{inner}"
            file = self._module(home, dotted)
            if file is not None:
                yield file

    def _named_by(self, home: FileSymbols, name: str) -> Iterator[tuple[FileSymbols, str]]:
        """The files from which ``home`` imports ``name``, and what it is called there."""
        if name in home.imported:
            module, inner = home.imported[name]
            file = self._module(home, module) if inner else None
            if file is not None and file is not home:
                yield file, inner
        elif home.stars and name not in home.functions and name not in home.classes:
            yield from ((file, name) for file in self._directly_starred(home) if name in file.known or file.stars)

    def _directly_starred(self, home: FileSymbols) -> tuple[FileSymbols, ...]:
        """The files of which ``home`` imports all names; not all of too many."""
        if home not in self._starred:
            found = (self._module(home, star) for star in home.stars)
            files = (file for file in found if file is not None and file is not home)
            self._starred[home] = tuple(itertools.islice(files, MOST_FOLLOWED + 1))
        return self._starred[home]

    def _all_starred(self, home: FileSymbols) -> tuple[FileSymbols, ...]:
        """The same, with those that these import all names of, nearest first."""
        if not home.stars:
            return ()
        if home not in self._behind_stars:
            found = dict.fromkeys([home])
            todo = [home]
            for each in todo:  # it grows on the way
                new = [file for file in self._directly_starred(each) if file not in found]
                found.update(dict.fromkeys(new))
                todo += new
                if len(found) > MOST_FOLLOWED + 1:
                    break
            self._behind_stars[home] = tuple(found)[1:]
        return self._behind_stars[home]

    def _module(self, home: FileSymbols, dotted: str) -> FileSymbols | None:
        if self._project is None:
            return None
        path = self._project.module_path(home.filename, dotted)
        if path is None:
            return None
        self._project.reads.add(about_names(home.filename), [about_names(path), path])
        return self.file(str(path))
