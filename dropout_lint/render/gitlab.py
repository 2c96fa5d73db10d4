"""GitLab's Code Quality report."""

from __future__ import annotations

import hashlib
import json

from dropout_lint.finding import Finding, Severity
from dropout_lint.io.printable import printable_json
from dropout_lint.render.report import Report, file_span, one_line, relative


def render(report: Report) -> str:
    """A list with an object for each finding.  Fingerprints do not change when lines move."""
    seen: dict[str, int] = {}
    issues = []
    for finding in report.findings:
        base = f"{relative(finding.filename)}:{finding.cell}:{finding.code}:{finding.message}"
        seen[base] = seen.get(base, 0) + 1
        issues.append(_issue(finding, f"{base}:{seen[base]}"))
    return printable_json(json.dumps(issues, indent=2, ensure_ascii=False)) + "\n"


def _issue(finding: Finding, identity: str) -> dict[str, object]:
    span = file_span(finding)
    start, end = span.start, span.end
    return {
        "description": f"{finding.code}: {one_line(finding)}",
        "check_name": finding.code,
        "fingerprint": hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest(),
        "severity": "major" if finding.severity is Severity.ERROR else "minor",
        "location": {
            "path": relative(finding.filename),
            "positions": {
                "begin": {"line": start.line, "column": start.column},
                "end": {"line": end.line, "column": end.column},
            },
        },
    }
