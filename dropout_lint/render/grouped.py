"""The findings of each file below its name."""

from __future__ import annotations

from itertools import groupby

from dropout_lint.finding import Finding
from dropout_lint.io.printable import printable
from dropout_lint.render.report import Report, cell_of, line_start, mark


def render(report: Report) -> str:
    """The name of each file, and under it ``line:column CODE [*] message; help``, with the columns in line."""
    blocks = []
    for filename, found in groupby(report.findings, key=lambda finding: finding.filename):
        findings = list(found)
        width = max(map(len, map(_where, findings)))
        lines = [
            f"  {_where(finding):<{width}}  {finding.code} {mark(finding)}{printable(finding.one_line)}\n"
            for finding in findings
        ]
        blocks.append(f"{line_start(filename)}:\n{''.join(lines)}\n")
    return "".join(blocks)


def _where(finding: Finding) -> str:
    start = finding.span.start
    return f"{cell_of(finding.cell)}{start.line}:{start.column}"
