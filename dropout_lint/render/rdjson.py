"""The diagnostic format of reviewdog."""

from __future__ import annotations

import json

from dropout_lint.finding import Finding, Position, Span
from dropout_lint.render.report import Report, relative, rule_url


def render(report: Report) -> str:
    """One object that holds all diagnostics."""
    content = {
        "source": {"name": "dropout-lint", "url": rule_url("")},
        "severity": "WARNING",
        "diagnostics": [_diagnostic(finding) for finding in report.findings],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _diagnostic(finding: Finding) -> dict[str, object]:
    edits = () if finding.fix is None else finding.fix.edits
    return {
        "message": finding.one_line,
        "location": {"path": relative(finding.filename), "range": _range(finding.span)},
        "severity": finding.severity.value.upper(),
        "code": {"value": finding.code, "url": rule_url(finding.code)},
        "suggestions": [{"range": _range(edit.span), "text": edit.content} for edit in edits],
    }


def _range(span: Span) -> dict[str, object]:
    return {"start": _position(span.start), "end": _position(span.end)}


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column}
