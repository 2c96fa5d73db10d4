"""The files around one file, parsed: where an import leads, and what is defined there.

Files are read and parsed on demand, at most once, and never imported.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping
from pathlib import Path

from dropout_lint.knowledge import Knowledge
from dropout_lint.project.dependencies import about_names
from dropout_lint.project.files import ProjectFiles
from dropout_lint.project.surroundings import Surroundings
from dropout_lint.project.test_files import holds_tests
from dropout_lint.semantic.exports import Exports
from dropout_lint.semantic.names import StarImports, names_of
from dropout_lint.syntax.lazy_parse import parse_in_part
from dropout_lint.syntax.node_tests import Function
from dropout_lint.syntax.source import SourceFile

_MOST_KEPT = 8_000_000  # characters of parsed files to keep from one to the next; trees take 20 times as much

Definition = tuple[SourceFile, ast.ClassDef | Function]


class Project(ProjectFiles):
    """The files that the files under analysis import, parsed.  One for each process: it keeps what it has parsed."""

    def __init__(
        self,
        knowledge: Knowledge | None = None,
        *,
        traced: bool = True,
        sharing: ProjectFiles | None = None,
        unsaved: Mapping[str, bytes] | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        super().__init__(knowledge, traced=traced, sharing=sharing, unsaved=unsaved, surroundings=surroundings)
        self._sources: dict[Path, SourceFile | None] = {}
        self._size = 0  # characters of what is parsed
        self._definitions: dict[tuple[str, str], Definition | None] = {}  # they hold parsed files: trimmed with them
        self._sibling: Project | None = None
        self.exports = Exports(self.module)

    @property
    def sibling(self) -> Project:
        """A project that knows what this one knows of files, and parses them for itself.

        For a search of many files for the sake of one: `trim` of the sibling releases nothing of the others.
        """
        if self._sibling is None:
            self._sibling = type(self)(self.knowledge, sharing=self)
        return self._sibling

    def source(self, path: Path) -> SourceFile | None:
        """The file at ``path``, parsed in part; None if it cannot be."""
        if path in self._sources:
            return self._sources[path]
        parsed: SourceFile | None = None
        data = self._texts.read(path)
        if data:
            try:
                text = data.decode("utf-8-sig")
                parsed = self.open(str(path), text, parse_in_part(text))
                self._size += len(text)
            except (SyntaxError, UnicodeDecodeError, RecursionError, MemoryError):
                parsed = None  # nothing is known of it, so callers stay silent
        self._sources[path] = parsed
        return parsed

    def open(self, filename: str, text: str, tree: ast.Module | None = None) -> SourceFile:
        """A source that this project is around: ``text``, under the name ``filename``.

        ``tree`` is its tree, if that is there already; otherwise what `parse` raises is raised.
        """
        source = SourceFile(filename, text, tree, self.knowledge)
        source.attach(Project, self)
        source.attach(StarImports, self.exports)
        return source

    def definition(self, source: SourceFile, dotted: str) -> Definition | None:
        """The class or function that ``dotted``, as `Names.resolve` gives it, means in ``source``; None if it is not
        found.
        """
        key = (source.filename, dotted)
        if key not in self._definitions:
            self._definitions[key] = self._defined(source, dotted)
        return self._definitions[key]

    def _defined(self, source: SourceFile, dotted: str) -> Definition | None:
        export = self.exports.of(source, dotted)
        if export is None:
            return None
        found = names_of(export.source).bindings_in(export.source.tree).by_name.get(export.name, ())
        node = found[0].node if len(found) == 1 else None
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            return export.source, node
        return None

    def trim(self) -> None:
        """Release parsed files if there are many.  To be called between two files, when none is in use."""
        outgrown = self.drop_outgrown()
        if self._size > _MOST_KEPT or outgrown:
            self._size = 0
            for source in self._sources.values():
                if source is not None:
                    source.release()
            self._sources.clear()
            self._definitions.clear()

    def module(self, source: SourceFile, dotted: str) -> SourceFile | None:
        """The file that ``dotted`` means in ``source``; None if it is none of the project."""
        path = self.module_path(source.filename, dotted)
        if path is None:
            return None
        self.reads.add(about_names(self.path(source.filename)), [about_names(path)])
        return self.source(path)


def is_test(source: SourceFile) -> bool:
    """Whether ``source`` holds tests.  Without a project its root is unknown: then all of a relative name counts, and
    the last part of an absolute one.
    """
    return source.extension(_holds_tests)


def _holds_tests(source: SourceFile) -> bool:
    project = project_of(source)
    if project is not None:
        return project.is_test(source.filename, source.text)
    name = source.filename
    return holds_tests(os.path.basename(name) if os.path.isabs(name) else name, source.text)


def module_of(source: SourceFile, dotted: str) -> SourceFile | None:
    """The file that ``dotted`` means in ``source``; None if it is none of the project, or there is no project."""
    project = project_of(source)
    return None if project is None else project.module(source, dotted)


def project_of(source: SourceFile) -> Project | None:
    """The project around ``source``; None if only the file itself is known."""
    return source.attached(Project)
