"""Newer syntax in an older spelling with the same positions, for Pythons whose parser does not know it.

Type parameters are blanked (PEP 695, 696), a ``type`` statement becomes one without effect, ``except A, B`` is read as
the tuple that it means (PEP 758), ``lazy import`` as an import (PEP 810), a star in an index as what it unpacks (PEP
646).  Of f-strings (PEP 701) and t-strings (PEP 750) the braces are read one by one.  All else keeps line and column,
in bytes, as `ast` counts.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from keyword import iskeyword

from dropout_lint.syntax.lexer import LINE_END, InDoubt, Place, Token, at_depth_0, closing_of, index_of, logical_lines

_NO_LINE_END = re.compile(r"[^\r\n]")
_BEFORE_LINE_END = re.compile(r"[^\r\n](\r\n|\r|\n)")

Parse = Callable[[str], ast.Module]


@dataclass(frozen=True, slots=True)
class Older:
    """A text in an older spelling: ``text`` is what can be parsed, ``strings`` and ``handlers`` what then is to be put
    back into the tree.
    """

    text: str
    _written: str
    _strings: tuple[Token, ...]
    _handlers: tuple[int, ...]  # where the types of exceptions begin that are a tuple without parentheses

    def restore(self, tree: ast.Module, parse: Parse) -> None:
        """Put back into ``tree``, which is that of ``text``, what another spelling replaces; ``parse`` parses
        expressions.  Raises SyntaxError where it does.
        """
        starts = [0, *(end.end() for end in LINE_END.finditer(self._written))]

        def position(offset: int) -> tuple[int, int]:
            line = bisect_right(starts, offset)
            return line, len(self._written[starts[line - 1] : offset].encode("utf-8", "surrogatepass"))

        handlers = {position(start) for start in self._handlers}
        strings = list(_outermost_strings(tree)) if self._strings else []
        if handlers:
            for node in ast.walk(tree):
                if isinstance(node, ast.ExceptHandler) and node.type is not None:
                    if (node.type.lineno, node.type.col_offset) in handlers:
                        node.type = _as_tuple(node.type)
        for token in self._strings:
            place = position(token.start)
            for string in strings:
                if (string.lineno, string.col_offset) <= place < (string.end_lineno or 0, string.end_col_offset or 0):
                    string.values += [self._field(field, position(field[0]), parse) for field in token.fields]

    def _field(self, field: Place, place: tuple[int, int], parse: Parse) -> ast.FormattedValue:
        text = self._written[field[0] : field[1]]
        (statement,) = parse(f"({text}\n)").body
        if not isinstance(statement, ast.Expr):
            raise SyntaxError("no expression stands in the braces")
        expression = statement.value
        _move(expression, place[0] - 1, place[1] - 1)
        return ast.copy_location(ast.FormattedValue(expression, -1, None), expression)


def older_spelling(text: str) -> Older | None:
    """``text`` in an older spelling; None if it has no newer syntax that is known here."""
    changes: list[tuple[int, int, str]] = []
    strings: list[Token] = []
    handlers: list[int] = []
    try:
        for line in logical_lines(text):
            for start in _starts_of_statements(line):
                changes += _of_statement(text, line, start, handlers)
            changes += _of_indices(line)
            for token in line:
                changes += _of_string(token, strings)
    except InDoubt:
        return None
    if not changes:
        return None
    older, at = [], 0
    for first, last, content in sorted(changes):
        if first >= at:  # else it is inside of what is blanked
            older += [text[at:first], content]
            at = last
    return Older("".join([*older, text[at:]]), text, tuple(strings), tuple(handlers))


def _starts_of_statements(line: Sequence[Token]) -> Iterator[int]:
    """The indices in ``line`` at which a statement may begin: its start, and behind a colon or a semicolon."""
    yield 0
    depth = 0
    for index, token in enumerate(line[:-1]):
        depth += (token.text in "([{") - (token.text in ")]}")
        if not depth and token.text in (":", ";"):
            yield index + 1


def _of_statement(text: str, line: Sequence[Token], start: int, handlers: list[int]) -> Iterator[tuple[int, int, str]]:
    words = [token.text for token in line[start : start + 4]] + [""] * 4
    skip = 1 if words[0] == "async" else 0
    if words[skip] in ("def", "class") and words[skip + 2] == "[":
        yield from _of_type_parameters(text, line, start + skip + 2)
    elif words[0] == "type" and words[1].isidentifier() and not iskeyword(words[1]) and words[2] in ("=", "["):
        equals, stop = index_of(("=",), line, start), index_of((";",), line, start)
        if stop <= equals + 1 or not _is_readable("(" + text[line[equals].end : line[stop - 1].end] + ")"):
            return
        first, last = line[start].end, line[stop - 1].end
        yield line[start].start, first, "(0  "  # in parentheses, because lines may end in it
        yield first, last, blank(text[first:last])[:-1] + ")"
    elif words[0] == "lazy" and words[1] in ("import", "from"):
        first, last = line[start].start, line[start + 1].end
        if LINE_END.search(text, first, last) is None:
            yield first, last, words[1].ljust(last - first)
    elif words[0] == "except":
        yield from _of_handler(line, start + 1, handlers)


def _of_type_parameters(text: str, line: Sequence[Token], opening: int) -> Iterator[tuple[int, int, str]]:
    """Blank them, inside of the parentheses that follow, or of a pair of them: then lines may end there."""
    closing = closing_of(line, opening)
    if closing == opening + 1:
        return
    begin, end = line[opening], line[closing]
    following = line[closing + 1] if closing + 1 < len(line) else end
    yield begin.start, begin.end, "("
    if following.text == "(":
        yield begin.end, following.end, blank(text[begin.end : following.end])
    else:
        yield begin.end, end.end, blank(text[begin.end : end.start]) + ")"


def _of_handler(line: Sequence[Token], start: int, handlers: list[int]) -> Iterator[tuple[int, int, str]]:
    if line[start].text == "*":
        if sys.version_info < (3, 11):
            yield line[start].start, line[start].end, " "
        start += 1
    colon = index_of((":",), line, start)
    commas = [index for index in at_depth_0(line, start, colon) if line[index].text == ","]
    if commas:
        handlers.append(line[start].start)
        for index in commas:  # the operator that binds as loosely as a type of exceptions needs
            yield line[index].start, line[index].end, " " if index + 1 == colon else "|"


def _of_indices(line: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    """A star in an index, or in the annotation of ``*args``, which Python 3.10 does not know."""
    if sys.version_info >= (3, 11):
        return
    opened: list[bool] = []  # for each open bracket, whether it is that of an index
    for before, token in zip([None, *line], line):
        if token.text in "([{":
            is_value = before is not None and (before.text in ")]}" or before.text.isidentifier() or before.quotes)
            opened.append(bool(token.text == "[" and is_value and before and not iskeyword(before.text)))
        elif token.text in ")]}":
            opened.pop()
        elif token.text == "*" and opened and before is not None:
            if before.text == ":" or (opened[-1] and before.text in ("[", ",")):
                yield token.start, token.end, " "


def _of_string(token: Token, strings: list[Token]) -> Iterator[tuple[int, int, str]]:
    prefix = token.prefix
    if not ("f" in prefix or "t" in prefix):
        return
    letters = prefix.replace("t", "f")
    inner = token.text[len(prefix) + len(token.quotes) : -len(token.quotes)]
    if not _is_readable(letters + token.text[len(prefix) :]):
        strings.append(token)
        filled = inner if len(token.quotes) == 3 else _BEFORE_LINE_END.sub(r"\\\1", inner)
        inner = "".join(char if char in "\r\n" else _filler(char, filled[index]) for index, char in enumerate(inner))
    elif letters == prefix:
        return
    yield token.start, token.end, letters + token.quotes + inner + token.quotes


def _filler(char: str, filled: str) -> str:
    """A blank for each byte of ``char``; a backslash as the last one, if a line ends behind it and may not."""
    width = len(char.encode("utf-8", "surrogatepass"))
    return " " * (width - 1) + "\\" if filled == "\\" != char else " " * width


def _is_readable(string: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(string)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _outermost_strings(tree: ast.AST) -> Iterator[ast.JoinedStr]:
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.JoinedStr):
            yield node
        else:
            todo += ast.iter_child_nodes(node)


def _as_tuple(node: ast.expr) -> ast.expr:
    parts: list[ast.expr] = []
    left = node
    while isinstance(left, ast.BinOp) and isinstance(left.op, ast.BitOr):
        parts.insert(0, left.right)
        left = left.left
    return ast.copy_location(ast.Tuple([left, *parts], ast.Load()), node)


def _move(node: ast.AST, lines: int, columns: int) -> None:
    """Move ``node``, and all in it, down by ``lines``, and what is on its first line right by ``columns`` bytes."""
    for part in ast.walk(node):
        if isinstance(part, (ast.expr, ast.keyword, ast.arg)):
            part.col_offset += columns if part.lineno == 1 else 0
            if part.end_lineno is not None and part.end_col_offset is not None:
                part.end_col_offset += columns if part.end_lineno == 1 else 0
                part.end_lineno += lines
            part.lineno += lines


def blank(text: str) -> str:
    """As many blanks as ``text`` has bytes; lines end where they ended."""
    return _NO_LINE_END.sub(lambda char: " " * len(char[0].encode("utf-8", "surrogatepass")), text)
