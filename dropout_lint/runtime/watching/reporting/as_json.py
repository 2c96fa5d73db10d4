"""The report as JSON, for `dropout-lint check --with-runtime` and for anybody else; docs/watch.md lists the fields.

`version` changes when a field changes its meaning or goes; new fields do not change it.
"""

from __future__ import annotations

import inspect
import json
import os
from collections import Counter
from typing import Any

from dropout_lint.runtime.record.events import Layer, Place
from dropout_lint.runtime.record.sites import Site
from dropout_lint.runtime.watching.judging.findings import RunFinding
from dropout_lint.runtime.watching.reporting.report import RunReport, WatchedModel
from dropout_lint.version import VERSION

SCHEMA = "dropout-lint/watch"
SCHEMA_VERSION = 1


def render(report: RunReport) -> str:
    """One JSON object, with a line feed at the end."""
    return json.dumps(as_data(report), indent=1, allow_nan=False) + "\n"


def as_data(report: RunReport) -> dict[str, Any]:
    """The report in plain lists and dicts."""
    return {
        "schema": SCHEMA,
        "version": SCHEMA_VERSION,
        "tool": VERSION,
        "torch": report.torch_version,
        "command": list(report.command),
        "directory": report.directory,
        "ended": report.ended,
        "rank": report.rank,
        "totals": {"calls": report.calls, "steps": report.steps, "exports": len(report.exports)},
        "notices": list(report.notices),
        "findings": [_finding(finding) for finding in report.findings],
        "sites": [_site(site) for site in report.sites],
        "switches": [
            {
                **_place(site.place),
                "mode": "train" if site.training else "eval",
                "model": site.model,
                "count": site.count,
            }
            for site in report.switches
        ],
        "exports": [
            {**_place(site.place), "exporter": site.exporter, "model": site.model, "mode": site.mode, "call": site.call}
            for site in report.exports
        ],
        "models": [_model(model) for model in report.models],
        "step_marks": [list(mark) for mark in report.step_marks],
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "file": os.path.abspath(place.file),
        "line": place.line,
        "user_file": os.path.abspath(place.user_file),
        "user_line": place.user_line,
    }


def _layer(layer: Layer) -> dict[str, Any]:
    return {"path": layer.path, "type": layer.type, "kind": layer.kind.value, "p": layer.p}


def _finding(finding: RunFinding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "confidence": finding.confidence.value,
        "message": finding.message,
        "help": finding.help,
        "model": finding.model,
        **_place(finding.place),
        "count": finding.count,
        "unit": finding.unit,
        "first": {"call": finding.first.call, "step": finding.first.step},
        "last": {"call": finding.last.call, "step": finding.last.step},
        "layers": [_layer(layer) for layer in finding.layers],
        "notes": [
            {"message": remark.message, **(_place(remark.place) if remark.place else {})} for remark in finding.remarks
        ],
    }


def _site(site: Site) -> dict[str, Any]:
    names = {("train", True): "train_grad", ("train", False): "train_nograd", ("eval", True): "eval_grad"}
    names[("eval", False)] = "eval_nograd"
    calls: Counter[str] = Counter(dict.fromkeys([*names.values(), "mixed"], 0))
    for way, count in site.calls.items():
        calls[names.get(way, "mixed")] += count
    return {**_place(site.place), "model": site.model, "calls": dict(calls)}


def _model(model: WatchedModel) -> dict[str, Any]:
    modes = model.track.modes
    calls = {True: 0, False: 0}
    for segment in model.track.segments:
        for (number, _), count in segment.ways.items():
            calls[modes[number].root] += count
    classes = [_class(cls) for cls in model.classes]
    return {
        "name": model.root.name,
        "type": model.root.type,
        "file": classes[0]["file"] if classes else None,
        "line": classes[0]["line"] if classes else None,
        "layers": [_layer(layer) for layer in model.root.layers],
        "modes": [{"root": mode.root, "layers": "".join("t" if on else "e" for on in mode.layers)} for mode in modes],
        "segments": [
            {
                "calls": [segment.first, segment.last],
                "steps": [segment.first_step, segment.last_step],
                "ways": [[number, graph, count] for (number, graph), count in sorted(segment.ways.items())],
            }
            for segment in model.track.segments
        ],
        "classes": [
            {**data, "calls_train": calls[True], "calls_eval": calls[False]}
            for data in classes
            if data["file"] is not None
        ],
    }


def _class(cls: type) -> dict[str, Any]:
    """Where a class is written, if Python can tell."""
    data: dict[str, Any] = {
        "type": f"{cls.__module__}.{cls.__qualname__}",
        "file": None,
        "line": None,
        "end_line": None,
    }
    try:
        file = inspect.getsourcefile(cls)
        lines, first = inspect.getsourcelines(cls)
    except (OSError, TypeError):
        return data
    if file is not None:
        data.update(file=os.path.abspath(file), line=first, end_line=first + len(lines) - 1)
    return data
