"""The parent of each node of a syntax tree, computed on demand: usually for one or two statements of many."""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TypeVar

from dropout_lint.syntax.lazy_parse import DeferredBody
from dropout_lint.syntax.node_tests import Function

T = TypeVar("T")


class Parents:
    """Answers for one ``tree``."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self._parents: dict[ast.AST, ast.AST] = {}
        self._indexed: set[ast.AST] = set()
        self._unread: list[Function] = []  # functions that were indexed without their bodies, by line

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

    def first_above(
        self, node: ast.AST, known: dict[ast.AST, T | None], answer: Callable[[ast.AST, ast.AST], T | None]
    ) -> T | None:
        """What ``answer(child, above)`` says first on the way up from ``node``, where ``above`` holds ``child``; None
        if it never says anything.

        ``known`` remembers it for every node on the way: code may be nested as deep as a file is long (``elif``,
        chained calls), and each place would be visited once for each place in it.
        """
        child, way = node, list[ast.AST]()
        result: T | None = None
        while child not in known:
            above = self.parent(child)
            if above is None:
                break
            way.append(child)
            result = answer(child, above)
            if result is not None:
                break
            child = above
        else:
            result = known[child]
        for passed in way:
            known[passed] = result
        return result

    def adopt(self, child: ast.AST, parent: ast.AST) -> None:
        """Remember that ``parent`` holds ``child``: code that walks through the tree knows it anyway."""
        self._parents[child] = parent

    def _index(self, node: ast.AST) -> None:
        """Learn the parents in the top-level statement around ``node``: most files need one or two of many.

        A `DeferredBody` stays one: no node in it can be looked up yet.
        """
        line = getattr(node, "lineno", None)
        for statement in self.tree.body if line is None else self._at(line):
            if statement in self._indexed:
                continue
            self._indexed.add(statement)
            self._parents[statement] = self.tree
            self._learn(statement)
        for function in self._unread if line is None else self._unread_at(line):
            if _waits(function):
                continue
            self._unread = [each for each in self._unread if each is not function]
            for statement in function.body:
                self._parents[statement] = function
                self._learn(statement)

    def _at(self, line: int) -> list[ast.stmt]:
        """The top-level statements that hold ``line``: several, if semicolons separate them."""
        body = self.tree.body
        last = bisect_left(self._ends, line)
        found: list[ast.stmt] = []
        while last < len(body) and _holds(body[last], line):
            found.append(body[last])
            last += 1
        return found

    def _unread_at(self, line: int) -> list[Function]:
        """The function on ``line`` whose body has not been looked into; such functions hold no others."""
        last = bisect_right(self._unread, line, key=lambda function: function.lineno)
        return [each for each in self._unread[last - 1 : last] if _holds(each, line)]

    @cached_property
    def _ends(self) -> list[int]:
        """The last lines of the top-level statements."""
        return [statement.end_lineno or statement.lineno for statement in self.tree.body]

    def _learn(self, top: ast.AST) -> None:
        """Learn the parents of all that is inside of ``top``."""
        stack = [top]
        while stack:
            above = stack.pop()
            if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)) and _waits(above):
                insort(self._unread, above, key=lambda function: function.lineno)
                children = list(_around_body(above))
            else:
                children = list(ast.iter_child_nodes(above))
            for child in children:
                self._parents[child] = above
            stack += children


def _holds(statement: ast.stmt, line: int | None) -> bool:
    """Whether ``line`` (None: it is not known) is one of ``statement``.

    Decorators are above the line that a definition gives as its own.
    """
    decorators = getattr(statement, "decorator_list", None)
    first = min(decorators[0].lineno, statement.lineno) if decorators else statement.lineno
    return line is None or first <= line <= (statement.end_lineno or statement.lineno)


def _waits(function: Function) -> bool:
    return isinstance(function.body, DeferredBody) and function.body.waits


def _around_body(function: Function) -> Iterator[ast.AST]:
    """What a function consists of, but for its body."""
    for name, field in ast.iter_fields(function):
        if name != "body":
            yield from (part for part in (field if isinstance(field, list) else [field]) if isinstance(part, ast.AST))
