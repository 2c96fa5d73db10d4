"""Findings as diagnostics: with severity, a link to the rule's page, and the witness as related information."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from lsprotocol import types

from dropout_lint.finding import Finding, Note, Severity, Span
from dropout_lint.render.report import rule_url
from dropout_lint.server.positions import Text

SOURCE = "dropout-lint"

Locate = Callable[[str, Span, "int | None"], "types.Location | None"]
"""From a file, a span and a cell to a place in the editor; None if there is none."""

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
}
_UNNECESSARY = frozenset({"DRP002", "DRP402", "DRP403"})  # code without effect


def diagnostic(finding: Finding, text: Text, locate: Locate, *, related: bool = True) -> types.Diagnostic:
    """``finding``, which is in ``text``.  Without ``related`` information, the message says all."""
    lines = [finding.message, *([finding.help] if finding.help else ())]
    if not related:
        lines += (f"{_place(note, finding)}: {note.message}" for note in finding.notes if note.span is not None)
    message = "\n".join(lines)
    return types.Diagnostic(
        text.range(finding.span),
        message,
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        code_description=types.CodeDescription(rule_url(finding.code)),
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if finding.code in _UNNECESSARY else None,
        related_information=(list(_related(finding, locate)) or None) if related else None,
    )


def _related(finding: Finding, locate: Locate) -> Iterator[types.DiagnosticRelatedInformation]:
    for note in finding.notes:
        if note.span is not None:
            place = locate(note.filename or finding.filename, note.span, note.cell or finding.cell)
            if place is not None:
                yield types.DiagnosticRelatedInformation(place, note.message)


def _place(note: Note, finding: Finding) -> str:
    line = 0 if note.span is None else note.span.start.line
    filename, cell = note.filename or finding.filename, note.cell or finding.cell
    if filename != finding.filename:
        return f"{os.path.basename(filename)}:{line}"
    return f"line {line}" if cell in (None, finding.cell) else f"cell {cell}, line {line}"
