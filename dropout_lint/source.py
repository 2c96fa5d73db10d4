"""One parsed file: its text, its syntax tree, and questions about places in them.

The tree is the standard library's `ast`, which parses ten times faster than LibCST and which flake8 hands over for
free. LibCST is asked only where text is edited (`edits`) and where this Python's grammar is too old for the file
(`recovery`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property

from dropout_lint.extensions import Extended
from dropout_lint.finding import Position, Span
from dropout_lint.knowledge import Knowledge, standard
from dropout_lint.nodes import Function
from dropout_lint.parsing import Unparsed, parse

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


def split_lines(text: str) -> list[str]:
    """The lines of ``text`` with their ends, as Python counts lines: form feeds and Unicode separators end none."""
    if "\r" in text:
        return _LINE.findall(text)
    lines = text.splitlines(keepends=True)
    if len(lines) == text.count("\n") + (not text.endswith("\n")):  # nothing else ends a line: nearly always
        return lines
    lines = [line + "\n" for line in text.split("\n")]  # several times faster than the expression above
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


class Source(Extended):
    """A file under analysis.

    ``filename`` is only what findings are labelled with: nothing is read from disk.  ``tree`` may be handed in by
    whoever has parsed the text already; otherwise it is parsed here, and what `parse` raises is raised.  ``knowledge``
    is what is known of libraries; by default what we know.

    What code means (names, constants, classes, the project around the file) is worked out by the layers above, each of
    which keeps it as an extension of the source: ``names_of(source)``, ``classes_of(source)``, ``project_of(source)``.
    """

    def __init__(
        self, filename: str, text: str, tree: ast.Module | None = None, knowledge: Knowledge | None = None
    ) -> None:
        super().__init__()
        self.filename = filename
        self.text = text
        self.knowledge: Knowledge = standard() if knowledge is None else knowledge
        self.tree = parse(text) if tree is None else tree
        self._parents: dict[ast.AST, ast.AST] = {}
        self._indexed: set[ast.AST] = set()
        self._unread: list[Function] = []  # functions that were indexed without their bodies

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, with their ends."""
        return split_lines(self.text)

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
        """The lines that ``node`` stands on, without those of its decorators; all lines for the module."""
        first = getattr(node, "lineno", 1)
        last = getattr(node, "end_lineno", None) or getattr(node, "lineno", len(self.lines))
        return self.lines[first - 1 : last]

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that directly holds ``node``; None for the module."""
        if node not in self._parents and node is not self.tree:
            self._index(node)
        return self._parents.get(node)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around ``node``, from the innermost to the module."""
        above = self.parent(node)
        while above is not None:
            yield above
            above = self.parent(above)

    def adopt(self, child: ast.AST, parent: ast.AST) -> None:
        """Remember that ``parent`` holds ``child``: the traversal knows it anyway."""
        self._parents[child] = parent

    def release(self) -> None:
        """Let go of everything: the parts point back at the source, and a tree that waits for the garbage collector
        makes the next parse twice as slow."""
        self.release_extensions()
        self.__dict__.clear()

    def _index(self, node: ast.AST) -> None:
        """Learn the parents in the top-level statement around ``node``: most files need one or two of many.

        What is `Unparsed` stays so: nobody can ask for a node in it.
        """
        line = getattr(node, "lineno", None)
        for statement in self.tree.body:
            if statement in self._indexed or not _holds(statement, line):
                continue
            self._indexed.add(statement)
            self._parents[statement] = self.tree
            self._learn(statement)
        for function in [each for each in self._unread if not _waits(each) and _holds(each, line)]:
            self._unread.remove(function)
            for statement in function.body:
                self._parents[statement] = function
                self._learn(statement)

    def _learn(self, top: ast.AST) -> None:
        """Learn the parents of all that is inside of ``top``."""
        stack = [top]
        while stack:
            above = stack.pop()
            if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)) and _waits(above):
                self._unread.append(above)
                children = list(_around_body(above))
            else:
                children = list(ast.iter_child_nodes(above))
            for child in children:
                self._parents[child] = above
            stack += children

    def _position(self, line: int, byte: int) -> Position:
        """`ast` counts UTF-8 bytes; people and editors count characters."""
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        if text.isascii():
            return Position(line, byte + 1)
        return Position(line, len(text.encode("utf-8", "surrogatepass")[:byte].decode("utf-8", "replace")) + 1)


def _holds(statement: ast.stmt, line: int | None) -> bool:
    """Whether ``line`` (None: it is not known) is one of ``statement``.

    Decorators stand before the line that a definition says it begins at.
    """
    decorators = getattr(statement, "decorator_list", None)
    first = min(decorators[0].lineno, statement.lineno) if decorators else statement.lineno
    return line is None or first <= line <= (statement.end_lineno or statement.lineno)


def _waits(function: Function) -> bool:
    return isinstance(function.body, Unparsed) and function.body.waits


def _around_body(function: Function) -> Iterator[ast.AST]:
    """What a function consists of, but for its body."""
    for name, field in ast.iter_fields(function):
        if name != "body":
            yield from (part for part in (field if isinstance(field, list) else [field]) if isinstance(part, ast.AST))
