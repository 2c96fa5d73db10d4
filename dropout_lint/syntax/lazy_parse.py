"""From text to syntax tree: all of it at once, or the bodies of functions only when they are used.

Of a file that is read only because others import it, most functions are never looked at.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from dropout_lint.syntax.function_bodies import LETTER, Body, InDoubt, skeleton
from dropout_lint.syntax.unread import stand_in

_LONG_NUMBER = re.compile(r"0[xXoObB][0-9a-fA-F_]{1000}")
_MOST_BITS = 1000  # no float is much larger; in decimal Python reads and prints 4,300 digits
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_PLAIN = (ast.Expr, ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom)  # most statements that hold no others


def parse(text: str) -> ast.Module:
    """The syntax tree of ``text``.  Newer syntax than that of the Python that runs is read all the same, as far as
    `newer_syntax` knows it.

    A number of thousands of digits, which Python reads in hexadecimal and refuses to print, is infinity.  Raises
    SyntaxError where Python does, also for null bytes, and RecursionError or MemoryError for code that is nested
    too deeply for Python's own parser.
    """
    try:
        return _parse_as_it_is(text)
    except SyntaxError:
        tree = _parse_newer(text)
        if tree is None:
            raise
        return tree


def _parse_newer(text: str) -> ast.Module | None:
    from dropout_lint.syntax.newer_syntax import older_spelling  # here, because most files are older than this Python

    older = older_spelling(text)
    if older is None:
        return None
    try:
        tree = _parse_as_it_is(older.text)
        older.restore(tree, parse)
    except SyntaxError:
        return None
    return tree


def _parse_as_it_is(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes and `x is 1` are for other tools to report
        try:
            tree = ast.parse(text)
        except ValueError as error:  # null bytes, before Python 3.12
            raise SyntaxError(str(error)) from None
    if _LONG_NUMBER.search(text):
        _make_printable(tree)
    return tree


def _make_printable(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value.bit_length() > _MOST_BITS:
            node.value = math.inf


def parse_in_part(text: str) -> ast.Module:
    """The syntax tree of ``text``, in which the bodies of longer functions are `DeferredBody`: the same nodes at the
    same places as in what `parse` gives.

    What is no Python raises as it does there, unless only the body of a function is broken: see `DeferredBody`.
    """
    try:
        outline, bodies = skeleton(text)
        tree = parse(outline) if bodies else None
    except (InDoubt, SyntaxError):
        tree = None
    if tree is None or not _fill_in(tree, {body.last: body for body in bodies}):
        return parse(text)
    return tree


class DeferredBody(list[ast.stmt]):
    """The body of a function, parsed at its first use.

    If it turns out to be no Python, it is replaced by a call that passes all that the body names to an unknown
    function: so nothing seems to be unused, and nothing is known of what the body changes or returns.  What is known of
    the rest of the file stays true, whichever function is looked at first.
    """

    __slots__ = ("_line", "_text")

    def __init__(self, body: Body) -> None:
        super().__init__()
        self._text, self._line = body.text, body.line

    @property
    def waits(self) -> bool:
        """Whether it is not parsed yet."""
        return bool(self._text)

    def _parse(self) -> None:
        if self._text:
            self.extend(_statements(self._text, self._line))
            self._text = ""

    def __iter__(self) -> Iterator[ast.stmt]:
        self._parse()
        return list.__iter__(self)

    def __len__(self) -> int:
        self._parse()
        return list.__len__(self)

    if TYPE_CHECKING:

        @overload
        def __getitem__(self, index: SupportsIndex) -> ast.stmt: ...
        @overload
        def __getitem__(self, index: slice) -> list[ast.stmt]: ...

    def __getitem__(self, index: Any) -> Any:
        self._parse()
        return list.__getitem__(self, index)

    def __contains__(self, statement: object) -> bool:
        self._parse()
        return list.__contains__(self, statement)

    def __reversed__(self) -> Iterator[ast.stmt]:
        self._parse()
        return list.__reversed__(self)

    def __eq__(self, other: object) -> bool:
        return list(self) == other

    def __ne__(self, other: object) -> bool:
        return list(self) != other

    def __add__(self, other: Any) -> Any:
        return list(self) + other

    def __radd__(self, other: Any) -> Any:
        return other + list(self)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return list, (list(self),)  # a copy is a plain list

    def index(self, statement: ast.stmt, *bounds: SupportsIndex) -> int:
        self._parse()
        return list.index(self, statement, *bounds)


def _fill_in(tree: ast.Module, bodies: dict[int, Body]) -> bool:
    """Put ``bodies`` in the place of their letters in ``tree``; returns whether each is the body of a function."""
    missing = len(bodies)
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and len(node.body) == 1:
            only = node.body[0]
            body = bodies.get(only.lineno)
            if body is not None and isinstance(only, ast.Expr) and _is_letter(only.value):
                node.body = DeferredBody(body)
                missing -= 1
                continue
        for name in _BLOCKS:
            todo += [part for part in getattr(node, name, ()) if not isinstance(part, _PLAIN)]
    return not missing


def _is_letter(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == LETTER


def _statements(text: str, line: int) -> list[ast.stmt]:
    """The statements of a body that begins on ``line``, at their places."""
    try:
        return _indented(text, line)
    except (SyntaxError, RecursionError, MemoryError):
        return _indented(f" return {stand_in(text)}", line)


def _indented(text: str, line: int) -> list[ast.stmt]:
    """The statements of ``text``, which is indented and begins on ``line``."""
    statement, *others = parse("\n" * (line - 2) + "if 1:\n" + text).body
    if others or not isinstance(statement, ast.If) or statement.orelse:
        raise SyntaxError("the body ends before its text")
    return statement.body
