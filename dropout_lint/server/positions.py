"""Between our positions, from 1 and in characters, and those of the protocol, from 0 and in units of the client."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lsprotocol import types
from pygls.workspace import PositionCodec

from dropout_lint.finding import Edit, Span
from dropout_lint.syntax.lines import split_lines


class Text:
    """The text of one file or cell, in which places are converted."""

    def __init__(self, text: str, codec: PositionCodec) -> None:
        self._lines: Sequence[str] = split_lines(text)
        self._codec = codec

    def range(self, span: Span) -> types.Range:
        """``span`` for the client."""
        plain = types.Range(
            types.Position(span.start.line - 1, span.start.column - 1),
            types.Position(span.end.line - 1, span.end.column - 1),
        )
        return self._codec.range_to_client_units(self._lines, plain)

    def edits(self, edits: Iterable[Edit]) -> list[types.TextEdit]:
        """``edits`` for the client."""
        return [types.TextEdit(self.range(edit.span), edit.content) for edit in edits]
