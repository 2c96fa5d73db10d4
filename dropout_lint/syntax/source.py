"""One parsed file: its text, its syntax tree, and queries about places in them.

The tree is the standard library's `ast`, which parses ten times faster than LibCST and which flake8 passes on for free.
LibCST is used only where text is edited (`edits`) and where this Python's grammar is too old for the file (`recovery`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TypeVar

from dropout_lint.finding import Position, Span
from dropout_lint.knowledge import Knowledge, standard
from dropout_lint.syntax.extensions import Extended
from dropout_lint.syntax.lazy_parse import parse
from dropout_lint.syntax.lines import split_lines, with_line_feeds
from dropout_lint.syntax.parents import Parents

T = TypeVar("T")


class SourceFile(Extended):
    """A file under analysis.

    ``filename`` is only what findings are labelled with: nothing is read from disk.  ``tree`` may be passed by a
    caller that has parsed the text already; otherwise it is parsed here, and what `parse` raises is raised.
    ``knowledge`` is what is known of libraries; by default the standard knowledge.

    What code means (names, constants, classes, the project around the file) is computed by the layers above, each of
    which keeps it as an extension of the source: ``names_of(source)``, ``classes_of(source)``, ``project_of(source)``.
    """

    def __init__(
        self, filename: str, text: str, tree: ast.Module | None = None, knowledge: Knowledge | None = None
    ) -> None:
        super().__init__()
        self.filename = filename
        self.text = with_line_feeds(text)
        self._written = text
        self.knowledge: Knowledge = standard() if knowledge is None else knowledge
        self.tree = parse(text) if tree is None else tree
        self._parents = Parents(self.tree)
        self.parent = self._parents.parent  # called for each node: a method around it would double the cost
        self.adopt = self._parents.adopt

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, with their ends."""
        return split_lines(self._written)

    def span(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias) -> Span:
        """Where ``node`` stands."""
        end_line, end_byte = node.end_lineno or node.lineno, node.end_col_offset
        end = self._position(end_line, node.col_offset if end_byte is None else end_byte)
        return Span(self._position(node.lineno, node.col_offset), end)

    def segment(self, node: ast.expr) -> str:
        """The text of ``node``, as it is written."""
        span = self.span(node)
        start, end = span.start, span.end
        if start.line == end.line:
            return self.lines[start.line - 1][start.column - 1 : end.column - 1]
        inner = self.lines[start.line : end.line - 1]
        return "".join(
            [self.lines[start.line - 1][start.column - 1 :], *inner, self.lines[end.line - 1][: end.column - 1]]
        )

    def lines_of(self, node: ast.AST) -> list[str]:
        """The lines of ``node``, without those of its decorators; all lines for the module."""
        first = getattr(node, "lineno", 1)
        last = getattr(node, "end_lineno", None) or getattr(node, "lineno", len(self.lines))
        return self.lines[first - 1 : last]

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around ``node``, from the innermost to the module."""
        return self._parents.ancestors(node)

    def first_above(
        self, node: ast.AST, known: dict[ast.AST, T | None], answer: Callable[[ast.AST, ast.AST], T | None]
    ) -> T | None:
        """What ``answer(child, above)`` says first on the way up from ``node``: see `Parents.first_above`."""
        return self._parents.first_above(node, known, answer)

    def release(self) -> None:
        """Drop all references: the parts point back at the source, and a tree that waits for the garbage collector
        makes the next parse twice as slow.
        """
        self.release_extensions()
        self.__dict__.clear()

    def _position(self, line: int, byte: int) -> Position:
        """`ast` counts UTF-8 bytes; people and editors count characters."""
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        if text.isascii():
            return Position(line, byte + 1)
        return Position(line, len(text.encode("utf-8", "surrogatepass")[:byte].decode("utf-8", "replace")) + 1)
