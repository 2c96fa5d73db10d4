"""JSON with the field names of ruff, plus what ruff has no field for: name, help, severity, confidence and notes."""

from __future__ import annotations

import json
from typing import Any

from dropout_lint.finding import Applicability, Finding, Fix, Note, Position
from dropout_lint.io.filenames import absolute
from dropout_lint.io.printable import printable_json
from dropout_lint.project.limits import Limit
from dropout_lint.render.report import Report, rule_url


def render(report: Report) -> str:
    """A list with an object for each finding; with `--verbose`, an object with that list as `findings`, and what of the
    analysis ended early, with a count, as `limits`.
    """
    told: object = [plain(finding) for finding in report.findings]
    if report.limits is not None:
        places = [_limit(limit) for limit in sorted(report.limits, key=lambda each: (each.filename, each.line))]
        told = {"findings": told, "limits": {"count": len(places), "places": places}}
    return printable_json(json.dumps(told, indent=2, ensure_ascii=False)) + "\n"


def _limit(limit: Limit) -> dict[str, Any]:
    return {
        "filename": absolute(limit.filename),
        "kind": limit.spent.name.lower(),
        "message": limit.spent.value,
        "row": limit.line or None,
    }


def plain(finding: Finding) -> dict[str, Any]:
    """One finding as JSON holds it; `runtime` is there where a report of a run was given and can decide."""
    fields = {
        "cell": finding.cell,
        "code": finding.code,
        "confidence": finding.confidence.value,
        "end_location": _position(finding.span.end),
        "filename": absolute(finding.filename),
        "fix": None if finding.fix is None else _fix(finding.fix),
        "help": finding.help,
        "location": _position(finding.span.start),
        "message": finding.message,
        "name": finding.name,
        "noqa_row": finding.span.start.line,
        "notes": [_note(note, finding) for note in finding.notes],
        "severity": finding.severity.value,
        "url": rule_url(finding.code),
    }
    return fields if finding.runtime is None else {**fields, "runtime": finding.runtime.value}


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "applicability": "safe" if fix.applicability is Applicability.SAFE else "unsafe",
        "edits": [
            {
                "content": edit.content,
                "end_location": _position(edit.span.end),
                "location": _position(edit.span.start),
            }
            for edit in fix.edits
        ],
        "message": fix.message,
    }


def _note(note: Note, finding: Finding) -> dict[str, Any]:
    if note.span is None:
        return {"cell": None, "end_location": None, "filename": None, "location": None, "message": note.message}
    return {
        "cell": note.cell,
        "end_location": _position(note.span.end),
        "filename": absolute(note.filename or finding.filename),
        "location": _position(note.span.start),
        "message": note.message,
    }


def _position(position: Position) -> dict[str, int]:
    return {"column": position.column, "row": position.line}
