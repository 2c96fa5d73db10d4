"""Text edits for fixes.

`ast` forgets commas, comments and parentheses; where each argument really begins and ends, `call_layout` knows.
Methods return None where the text cannot be edited with certainty; the finding then has no fix.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dropout_lint.finding import Edit, Position, Span
from dropout_lint.syntax import call_layout
from dropout_lint.syntax.call_layout import Argument
from dropout_lint.syntax.lines import line_end
from dropout_lint.syntax.source import SourceFile


class Edits:
    """Makes edits in one file."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source

    def replace(self, node: ast.expr | ast.stmt, content: str) -> list[Edit]:
        """Write ``content`` in place of ``node``; parentheses around it stay."""
        return [Edit(self._source.span(node), content)]

    def insert_after(self, node: ast.expr | ast.stmt, content: str) -> list[Edit]:
        """Write ``content`` right after ``node``."""
        end = self._source.span(node).end
        return [Edit(Span(end, end), content)]

    def insert_before(self, node: ast.expr | ast.stmt, content: str) -> list[Edit]:
        """Write ``content`` right before ``node``."""
        start = self._source.span(node).start
        return [Edit(Span(start, start), content)]

    def statement_before(self, statement: ast.stmt, content: str) -> list[Edit] | None:
        """Write the statement ``content`` on the line before ``statement``; None if that does not begin a line."""
        indent = self._indentation(statement)
        if indent is None:
            return None
        return self.insert_before(statement, content + line_end(self._source.lines, statement.lineno) + indent)

    def statement_after(self, statement: ast.stmt, content: str) -> list[Edit] | None:
        """Write the statement ``content`` on the line after ``statement`` and its comment; None if ``statement`` shares
        a line with the statement around it.
        """
        lines = self._source.lines
        around = self._source.parent(statement)
        block = next((block for block in _blocks(around) if statement in block), [])
        first = next((other for other in block if other.lineno == statement.lineno), statement)  # of those in the line
        indent = self._indentation(first)
        number = statement.end_lineno or statement.lineno
        code = lines[number - 1].rstrip("\r\n")
        if indent is None or code.endswith("\\"):
            return None
        end = Position(number, len(code) + 1)
        return [Edit(Span(end, end), line_end(lines, number) + indent + content)]

    def add_argument(self, call: ast.Call, content: str) -> list[Edit] | None:
        """Add ``content``, such as ``training=self.training``, as the last argument of ``call``."""
        arguments = call_layout.arguments(self._source, call)
        if arguments is None:
            return None
        if not arguments:
            before = self._source.span(call).end
            place = Position(before.line, before.column - 1)
            return [Edit(Span(place, place), content)]
        last = arguments[-1].whole
        return [Edit(Span(last.end, last.end), self._separator(arguments) + content)]

    def remove_argument(self, call: ast.Call, value: ast.expr) -> list[Edit] | None:
        """Remove the argument of ``call`` that passes ``value``, with the comma that it needed."""
        arguments = call_layout.arguments(self._source, call)
        index = None if arguments is None else _index_of(self._source.span(value), arguments)
        if arguments is None or index is None:
            return None
        if index > 0:
            return [Edit(Span(arguments[index - 1].whole.end, arguments[index].whole.end), "")]
        if len(arguments) > 1:
            return [Edit(Span(arguments[0].whole.start, arguments[1].whole.start), "")]
        return [Edit(arguments[0].whole, "")] if not self._has_trailing_comma(call, arguments[0].whole.end) else None

    def rename_keyword(self, call: ast.Call, keyword: ast.keyword, name: str) -> list[Edit] | None:
        """Write ``name`` instead of the name of ``keyword``."""
        start = self._source.span(keyword).start
        if keyword.arg is None:
            return None
        return [Edit(Span(start, Position(start.line, start.column + len(keyword.arg))), name)]

    def replace_argument(self, call: ast.Call, value: ast.expr, content: str) -> list[Edit] | None:
        """Write ``content`` instead of the whole argument of ``call`` that passes ``value``, keyword included."""
        arguments = call_layout.arguments(self._source, call)
        index = None if arguments is None else _index_of(self._source.span(value), arguments)
        return None if arguments is None or index is None else [Edit(arguments[index].whole, content)]

    def _indentation(self, statement: ast.stmt) -> str | None:
        """The blanks before ``statement``, as they are written; None if it does not begin its line."""
        start = self._source.span(statement).start
        above = self._source.lines[start.line - 2] if start.line > 1 else ""
        indent = self._source.lines[start.line - 1][: start.column - 1]
        return None if indent.strip() or above.rstrip("\r\n").endswith("\\") else indent

    def _separator(self, arguments: list[Argument]) -> str:
        """A comma and a blank, or a new line where each argument is on a line of its own."""
        last = arguments[-1].whole.start
        text = self._source.lines[last.line - 1]
        indent = text[: last.column - 1]
        if len(arguments) > 1 and indent.strip() == "":
            return "," + line_end(self._source.lines, last.line) + indent
        return ", "

    def _has_trailing_comma(self, call: ast.Call, end: Position) -> bool:
        close = self._source.span(call).end
        lines = self._source.lines[end.line - 1 : close.line]
        return "," in "".join(lines)[end.column - 1 :].partition("#")[0]


def _blocks(node: ast.AST | None) -> Iterator[list[ast.stmt]]:
    """The lists of statements that ``node`` holds."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            yield block


def _index_of(value: Span, arguments: list[Argument]) -> int | None:
    for index, argument in enumerate(arguments):
        if argument.value.start <= value.start and value.end <= argument.value.end:
            return index
    return None
