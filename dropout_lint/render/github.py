"""Annotations of GitHub Actions."""

from __future__ import annotations

from dropout_lint.finding import Finding
from dropout_lint.render.report import Report, relative


def render(report: Report) -> str:
    """A workflow command for each finding."""
    return "".join(_command(finding) for finding in report.findings)


def _command(finding: Finding) -> str:
    path = relative(finding.filename)
    span = finding.span
    place = {"title": f"dropout-lint ({finding.code})", "file": path, "line": span.start.line, "col": span.start.column}
    if finding.cell is None:
        place |= {"endLine": span.end.line, "endColumn": span.end.column}
    else:  # lines of a cell are not lines of the file
        place |= {"line": 1, "col": 1}
    notes = "".join(
        f"\nnote: {relative(note.filename or finding.filename)}:{note.span.start.line} {note.message}"
        if note.span is not None
        else f"\nnote: {note.message}"
        for note in finding.notes
    )
    cell = "" if finding.cell is None else f"cell {finding.cell}:"
    text = f"{path}:{cell}{span.start.line}:{span.start.column}: {finding.code} {finding.one_line}{notes}"
    properties = ",".join(f"{key}={_escape_property(str(value))}" for key, value in place.items())
    return f"::{finding.severity.value} {properties}::{_escape(text)}\n"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
