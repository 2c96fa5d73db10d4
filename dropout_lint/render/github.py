"""Annotations of GitHub Actions."""

from __future__ import annotations

from dropout_lint.finding import Finding
from dropout_lint.io.printable import printable
from dropout_lint.render.report import Report, file_span, in_repository, place, with_notes


def render(report: Report) -> str:
    """A workflow command for each finding, and for each error."""
    errors = "".join(f"::error title=dropout-lint::{_escape(error)}\n" for error in report.errors)
    return "".join(_command(finding) for finding in report.findings) + errors


def _command(finding: Finding) -> str:
    span = file_span(finding)
    where: dict[str, object] = {"title": f"dropout-lint ({finding.code})", "file": in_repository(finding.filename)}
    where |= {"line": span.start.line, "col": span.start.column}
    if finding.cell is None:
        where |= {"endLine": span.end.line, "endColumn": span.end.column}
    text = with_notes(f"{place(finding)}: {finding.code} {finding.one_line}", finding)
    properties = ",".join(f"{key}={_escape_property(str(value))}" for key, value in where.items())
    return f"::{finding.severity.value} {properties}::{_escape(text)}\n"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(printable(text, keep="\r\n")).replace(":", "%3A").replace(",", "%2C")
