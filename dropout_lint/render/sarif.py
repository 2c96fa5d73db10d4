"""SARIF 2.1.0, for code-scanning services.  Notes that have a place become a code flow: the way to the finding."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dropout_lint.driver.fingerprints import NAME as FINGERPRINT
from dropout_lint.driver.fingerprints import fingerprints
from dropout_lint.finding import Finding, Note, Severity, Span
from dropout_lint.io.printable import printable_json
from dropout_lint.lint import page
from dropout_lint.lint.registry import rule_by_code
from dropout_lint.render.report import Report, file_edits, file_span, in_repository, one_line, rule_url
from dropout_lint.version import VERSION

_ROOT = "%SRCROOT%"
"""What GitHub calls the root of a repository; where that is on a disk, nobody who reads the report needs to know."""


def render(report: Report) -> str:
    """One run with all results."""
    codes = sorted({finding.code for finding in report.findings})
    marks = fingerprints(report.findings, report.lines)
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
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "invocations": [_invocation(report)],  # without it, a run without results says that all is well
        "results": [
            _result(finding, codes.index(finding.code)) | {"partialFingerprints": {FINGERPRINT: mark}}
            for finding, mark in zip(report.findings, marks)
        ],
    }
    content = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return printable_json(json.dumps(content, indent=2, ensure_ascii=False)) + "\n"


def _invocation(report: Report) -> dict[str, Any]:
    told = [{"level": "error", "message": {"text": error}} for error in report.errors]
    done = not told and not any(finding.code == "DRP001" for finding in report.findings)
    return {"executionSuccessful": done} | ({"toolExecutionNotifications": told} if told else {})


def _rule(code: str) -> dict[str, Any]:
    rule = rule_by_code(code)
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": f"{page.summary(rule)}."},
        "fullDescription": {
            "text": f"{page.paragraph(rule, 'What it does')}  {page.paragraph(rule, 'Why is this bad?')}"
        },
        "help": {"text": rule.page(), "markdown": rule.page()},
        "helpUri": rule_url(code),
        "defaultConfiguration": {"level": _level(rule.severity)},
        "properties": {"tags": ["correctness", "pytorch"], "precision": "high"},
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
        artifact = {"artifactLocation": _artifact(finding.filename), "replacements": changes}
        result["fixes"] = [{"description": {"text": finding.fix.message}, "artifactChanges": [artifact]}]
    return result


def _step(note: Note, finding: Finding) -> dict[str, Any]:
    assert note.span is not None
    place = _location(note.filename or finding.filename, note.span if note.cell is None else file_span(finding))
    return {"location": place | {"message": {"text": note.message}}}


def _location(filename: str, span: Span) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(filename), "region": _region(span)}}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.start.line,
        "startColumn": span.start.column,
        "endLine": span.end.line,
        "endColumn": span.end.column,
    }


def _artifact(filename: str) -> dict[str, str]:
    path = in_repository(filename)
    if os.path.isabs(path):
        return {"uri": Path(path).as_uri()}
    return {"uri": quote(Path(path).as_posix().encode("utf-8", "surrogateescape")), "uriBaseId": _ROOT}


def _level(severity: Severity) -> str:
    return "error" if severity is Severity.ERROR else "warning"
