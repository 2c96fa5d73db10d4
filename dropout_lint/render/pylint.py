"""The lines of pylint, for editors and servers that read these."""

from __future__ import annotations

from dropout_lint.finding import Finding
from dropout_lint.render.report import Report, file_span, line_start, one_line


def render(report: Report) -> str:
    """``path:line: [CODE] message; help``, a line each."""
    return "".join(map(_line, report.findings))


def _line(finding: Finding) -> str:
    place = f"{line_start(finding.filename)}:{file_span(finding).start.line}"
    return f"{place}: [{finding.code}] {one_line(finding)}\n"
