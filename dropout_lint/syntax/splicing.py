"""Edits applied to a text: what no edit covers stays, character for character."""

from __future__ import annotations

from collections.abc import Sequence

from dropout_lint.finding import Edit, Position
from dropout_lint.syntax.lines import split_lines


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """``text`` with ``edits``, which must not overlap, applied."""
    for start, end, content in reversed(located(text, edits)):
        text = text[:start] + content + text[end:]
    return text


def located(text: str, edits: Sequence[Edit]) -> list[tuple[int, int, str]]:
    """For each of ``edits``, in the order of ``text``: the offsets of what goes, and what comes."""
    starts = [0]
    for line in split_lines(text):
        starts.append(starts[-1] + len(line))

    def offset(position: Position) -> int:
        return min(starts[min(position.line, len(starts)) - 1] + position.column - 1, len(text))

    return [(offset(edit.span.start), offset(edit.span.end), edit.content) for edit in sorted(edits)]
