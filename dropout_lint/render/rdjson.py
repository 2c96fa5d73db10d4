"""The diagnostic format of reviewdog.  Its columns count the bytes of UTF-8."""

from __future__ import annotations

import json
from collections.abc import Sequence

from dropout_lint.finding import Finding, Position, Span
from dropout_lint.io.printable import printable_json
from dropout_lint.render.report import Report, file_edits, file_span, one_line, relative, rule_url, with_notes


def render(report: Report) -> str:
    """One object that holds all diagnostics."""
    content = {
        "source": {"name": "dropout-lint", "url": rule_url("")},
        "severity": "WARNING",
        "diagnostics": [_diagnostic(finding, report.lines(finding)) for finding in report.findings],
    }
    return printable_json(json.dumps(content, indent=2, ensure_ascii=False)) + "\n"


def _diagnostic(finding: Finding, lines: Sequence[str]) -> dict[str, object]:
    return {
        "message": with_notes(one_line(finding), finding),
        "location": {"path": relative(finding.filename), "range": _range(file_span(finding), lines)},
        "severity": finding.severity.value.upper(),
        "code": {"value": finding.code, "url": rule_url(finding.code)},
        "suggestions": [{"range": _range(edit.span, lines), "text": edit.content} for edit in file_edits(finding)],
    }


def _range(span: Span, lines: Sequence[str]) -> dict[str, object]:
    return {"start": _position(span.start, lines), "end": _position(span.end, lines)}


def _position(position: Position, lines: Sequence[str]) -> dict[str, int]:
    line = lines[position.line - 1] if position.line <= len(lines) else ""
    before = line[: position.column - 1]
    extra = len(before.encode("utf-8", "surrogatepass")) - len(before)
    return {"line": position.line, "column": position.column + extra}
