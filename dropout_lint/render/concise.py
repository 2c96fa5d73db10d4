"""One line for each finding."""

from __future__ import annotations

from dropout_lint.io.printable import printable
from dropout_lint.render.report import Report, mark, place


def render(report: Report) -> str:
    """``path:line:column: CODE [*] message; help``, a line each."""
    return "".join(
        f"{place(finding)}: {finding.code} {mark(finding)}{printable(finding.one_line)}\n"
        for finding in report.findings
    )
