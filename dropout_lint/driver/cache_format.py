"""Findings as JSON holds them, and back: what the cache keeps on disk.

Files go by their canonical names there, and by those that fit the name of the finding's file when they come back.

The reader trusts nothing: what does not have exactly the right shape raises KeyError, TypeError,
ValueError or AttributeError.
"""

from __future__ import annotations

from typing import Any

from dropout_lint.finding import Applicability, Confidence, Edit, Finding, Fix, Note, Position, Severity, Span
from dropout_lint.io.filenames import absolute, shown


def plain(finding: Finding) -> dict[str, Any]:
    """``finding`` as JSON can hold it; whose file it is, the caller knows."""
    return {
        "text": [
            finding.code,
            finding.name,
            finding.message,
            finding.help,
            finding.severity.value,
            finding.confidence.value,
        ],
        "span": _numbers(finding.span),
        "cell": finding.cell,
        "notes": [
            [note.message, note.filename and absolute(note.filename), note.span and _numbers(note.span), note.cell]
            for note in finding.notes
        ],
        "fix": finding.fix
        and [
            finding.fix.message,
            finding.fix.applicability.value,
            [[_numbers(edit.span), edit.content] for edit in finding.fix.edits],
        ],
    }


def restored(filename: str, stored: dict[str, Any]) -> Finding:
    """The finding in ``filename`` that `plain` made ``stored`` of."""
    code, name, message, help_, severity, confidence = map(_text, stored["text"])
    fix = stored["fix"]
    if fix is not None:
        edits = tuple(Edit(_span(span), _text(content)) for span, content in fix[2])
        fix = Fix(_text(fix[0]), edits, Applicability(fix[1]))
    return Finding(
        code,
        name,
        message,
        help_,
        filename,
        _span(stored["span"]),
        Severity(severity),
        Confidence(confidence),
        tuple(
            Note(_text(text), file and shown(_text(file), filename), span and _span(span), cell and _number(cell))
            for text, file, span, cell in stored["notes"]
        ),
        fix,
        stored["cell"] and _number(stored["cell"]),
    )


def _numbers(span: Span) -> list[int]:
    return [span.start.line, span.start.column, span.end.line, span.end.column]


def _span(numbers: list[int]) -> Span:
    first_line, first_column, last_line, last_column = map(_number, numbers)
    return Span(Position(first_line, first_column), Position(last_line, last_column))


def _number(value: object) -> int:
    if not isinstance(value, int) or value < 1:
        raise TypeError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
