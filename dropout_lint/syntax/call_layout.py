"""Where the arguments of a call begin and end, as they are written.

`ast` knows where each value stands, and forgets the commas, comments and parentheses around it; an edit that guesses at
them breaks code.  So the tokens of the call tell.  LibCST would know, too, and to import it takes longer than
everything else that is done for a file; a test compares with it.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple

from dropout_lint.finding import Position, Span
from dropout_lint.syntax.lexer import InDoubt, Token, logical_lines
from dropout_lint.syntax.lines import split_lines
from dropout_lint.syntax.source import SourceFile


class Argument(NamedTuple):
    """One argument: ``whole`` is keyword or stars, value and parentheses, ``value`` the value with its own."""

    value: Span
    whole: Span


def arguments(source: SourceFile, call: ast.Call) -> list[Argument] | None:
    """The arguments of ``call``, in the order of the text; None where that is in doubt."""
    text = source.segment(call)
    try:
        tokens = _inside(text)
    except InDoubt:
        return None
    start = source.span(call).start
    place = _Places(text, start)
    values = sorted(source.span(part) for part in (*call.args, *(keyword.value for keyword in call.keywords)))
    found: list[Argument] = []
    written: list[Token] = []
    for token in tokens:
        if token.text == "," and not any(span.start <= place.of(token.start) < span.end for span in values):
            found.append(_argument(written, place))
            written = []
        else:
            written.append(token)
    if written:
        found.append(_argument(written, place))
    return found if len(found) == len(values) else None


def _inside(text: str) -> list[Token]:
    """The tokens between the parentheses in which ``text``, a call, has its arguments."""
    tokens = [token for line in logical_lines(f"({text}\n)") for token in line][1:-1]
    depth = 0
    for index in range(len(tokens) - 1, -1, -1):
        depth += (tokens[index].text in ")]}") - (tokens[index].text in "([{")
        if not depth:
            return tokens[index + 1 : -1]
    raise InDoubt


def _argument(tokens: Sequence[Token], place: _Places) -> Argument:
    """The argument that ``tokens`` write."""
    if not tokens:
        raise InDoubt
    is_named = len(tokens) > 2 and tokens[1].text == "=" and tokens[2].text != "="
    stars = next((index for index, token in enumerate(tokens) if token.text != "*"), 0)
    first = tokens[2 if is_named else stars]
    end = place.of(tokens[-1].end)
    return Argument(Span(place.of(first.start), end), Span(place.of(tokens[0].start), end))


class _Places:
    """From offsets in the text of a call, behind one parenthesis, to positions in its file."""

    def __init__(self, text: str, start: Position) -> None:
        self._start = start
        self._lines = split_lines(text)

    def of(self, offset: int) -> Position:
        """The position of ``offset``."""
        line, column = 0, offset - 1
        while line + 1 < len(self._lines) and column >= len(self._lines[line]):
            column -= len(self._lines[line])
            line += 1
        if not line:
            return Position(self._start.line, self._start.column + column)
        return Position(self._start.line + line, column + 1)
