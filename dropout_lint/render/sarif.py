"""SARIF 2.1.0, for code-scanning services.  Notes that have a place become a code flow: the way to the finding."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dropout_lint.finding import Finding, Note, Severity, Span
from dropout_lint.io.printable import printable_json
from dropout_lint.lint.registry import rule_by_code
from dropout_lint.render.report import Report, file_edits, file_span, one_line, relative, rule_url
from dropout_lint.version import VERSION


def render(report: Report) -> str:
    """One run with all results."""
    codes = sorted({finding.code for finding in report.findings})
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "dropout-lint",
                "version": VERSION,
                "informationUri": rule_url("").partition("/blob")[0],
                "rules": [_rule(code) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code)) for finding in report.findings],
    }
    if report.errors:  # without this, a run without results says that all is well
        told = [{"level": "error", "message": {"text": error}} for error in report.errors]
        run["invocations"] = [{"executionSuccessful": False, "toolExecutionNotifications": told}]
    content = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return printable_json(json.dumps(content, indent=2, ensure_ascii=False)) + "\n"


def _rule(code: str) -> dict[str, Any]:
    rule = rule_by_code(code)
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.name.replace("-", " ")},
        "fullDescription": {"text": rule.message},
        "help": {"text": rule.page(), "markdown": rule.page()},
        "helpUri": rule_url(code),
        "defaultConfiguration": {"level": _level(rule.severity)},
    }


def _result(finding: Finding, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _level(finding.severity),
        "message": {"text": one_line(finding)},
        "locations": [_location(finding.filename, file_span(finding))],
        "properties": {"confidence": finding.confidence.value},
    }
    if finding.cell is not None:
        result["properties"]["cell"] = finding.cell
    if finding.runtime is not None:
        result["properties"]["runtime"] = finding.runtime.value
    placed = [note for note in finding.notes if note.span is not None]
    if placed:
        steps = [_step(note, finding) for note in placed]
        steps.append(
            {"location": _location(finding.filename, file_span(finding)) | {"message": {"text": finding.message}}}
        )
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
        result["relatedLocations"] = [
            _step(note, finding)["location"] | {"id": number} for number, note in enumerate(placed, start=1)
        ]
    if finding.fix is not None and file_edits(finding):
        changes = [
            {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.content}}
            for edit in file_edits(finding)
        ]
        artifact = {"artifactLocation": {"uri": _uri(finding.filename)}, "replacements": changes}
        result["fixes"] = [{"description": {"text": finding.fix.message}, "artifactChanges": [artifact]}]
    return result


def _step(note: Note, finding: Finding) -> dict[str, Any]:
    assert note.span is not None
    place = _location(note.filename or finding.filename, note.span if note.cell is None else file_span(finding))
    return {"location": place | {"message": {"text": note.message}}}


def _location(filename: str, span: Span) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(filename)}, "region": _region(span)}}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.start.line,
        "startColumn": span.start.column,
        "endLine": span.end.line,
        "endColumn": span.end.column,
    }


def _uri(filename: str) -> str:
    path = relative(filename)
    return (
        Path(path).as_uri() if os.path.isabs(path) else quote(Path(path).as_posix().encode("utf-8", "surrogateescape"))
    )


def _level(severity: Severity) -> str:
    return "error" if severity is Severity.ERROR else "warning"
