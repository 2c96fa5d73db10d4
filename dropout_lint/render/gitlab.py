"""GitLab's Code Quality report."""

from __future__ import annotations

import hashlib
import json

from dropout_lint.driver.fingerprints import fingerprints
from dropout_lint.finding import Finding, Severity
from dropout_lint.io.printable import printable_json
from dropout_lint.render.report import Report, file_span, in_repository, one_line


def render(report: Report) -> str:
    """A list with an object for each finding.  Fingerprints do not change when lines move."""
    marks = fingerprints(report.findings, report.lines)
    issues = [_issue(finding, mark) for finding, mark in zip(report.findings, marks)]
    return printable_json(json.dumps(issues, indent=2, ensure_ascii=False)) + "\n"


def _issue(finding: Finding, mark: str) -> dict[str, object]:
    span, path = file_span(finding), in_repository(finding.filename)
    identity = f"{path}\0{mark}"  # in this format, it has to be one in the whole report
    start, end = span.start, span.end
    return {
        "description": f"{finding.code}: {one_line(finding)}",
        "check_name": finding.code,
        "fingerprint": hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest(),
        "severity": "major" if finding.severity is Severity.ERROR else "minor",
        "location": {
            "path": path,
            "positions": {
                "begin": {"line": start.line, "column": start.column},
                "end": {"line": end.line, "column": end.column},
            },
        },
    }
