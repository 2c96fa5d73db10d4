"""The report as one HTML page that needs nothing else: the findings, and the modes of each model's layers over the run.

Everything that is said is in the text of the page; the script only draws the timelines.
"""

from __future__ import annotations

import json
import linecache
import os
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from dropout_lint.io.printable import printable
from dropout_lint.runtime.record.events import Span
from dropout_lint.runtime.record.spans import within
from dropout_lint.runtime.record.timeline import Segment, halved
from dropout_lint.runtime.watching.judging.findings import Confidence, RunFinding
from dropout_lint.runtime.watching.reporting.as_text import layer_text, many, remark_text, shortened, when_text
from dropout_lint.runtime.watching.reporting.report import RunReport, WatchedModel
from dropout_lint.version import VERSION

_MOST_SEGMENTS = 12_000  # of all models together; with the rest, the page stays well under 2 MB
_MOST_STEP_MARKS = 4096
_MOST_OPEN = 6  # models whose timeline is unfolded
_SHOWN_LAYERS, _MOST_LAYERS = 4, 100  # named in a finding at first, and when unfolded
_MOST_ROWS = 200  # in the table of a model


_MOST_UNSEARCHED = 20  # layers among which the eye finds one
_SEARCH = '<input type="search" placeholder="find layers" aria-label="find layers by name or type" hidden> '


_SECONDS = 5  # after which a page of a run that goes on is loaded again, if it is live


def render(report: RunReport, *, live: bool = False) -> str:
    """The page; while the run goes on, one that is ``live`` loads itself again every few seconds."""
    script = os.path.basename(report.command[0]) if report.command else "script"
    numbers = {id(finding): number for number, finding in enumerate(report.findings, 1)}
    models = _order(report)
    return _template("page.html").format(
        title=_text(f"{script}: {many(len(report.findings), 'finding') if report.findings else 'no findings'}"),
        refresh=f'<meta http-equiv="refresh" content="{_SECONDS}">\n' if live and report.ended == "running" else "",
        style=_template("style.css"),
        script=_template("script.js"),
        name=_text(script),
        facts=_text(_facts(report)),
        verdict=_verdict(report),
        notices="".join(f'<p class="notice">{_text(notice)}</p>' for notice in report.notices),
        findings=_findings(report, numbers),
        models=_sections(models),
        data=_embedded(_data(report, models, numbers)),
        tool=VERSION,
        torch=_text(report.torch_version),
    )


@cache
def _template(name: str) -> str:
    return (files(__package__) / "page" / name).read_text("utf-8")


def _order(report: RunReport) -> list[WatchedModel]:
    """The models with findings first, then those that were called most."""
    wrong = {finding.model for finding in report.findings}
    called = [model for model in report.models if model.track.segments or model.root.name in wrong]
    return sorted(called, key=lambda model: (model.root.name not in wrong, -_calls(model), model.root.number))


def _calls(model: WatchedModel) -> int:
    return sum(sum(segment.ways.values()) for segment in model.track.segments)


def _facts(report: RunReport) -> str:
    parts = [" ".join(report.command), many(report.calls, "model call"), many(report.steps, "optimizer step")]
    if report.rank is not None:
        parts.append(f"rank {report.rank}")
    if report.started:
        parts.append(f"{report.started}, {report.seconds:,.1f} s")
    return " · ".join([*parts, report.ended])


def _verdict(report: RunReport) -> str:
    if not report.findings:
        text = "No findings: every model was trained in train mode and evaluated in eval mode, as far as was watched."
        return f'<p class="verdict">{text}</p>'
    lines = "".join(
        f'<div><a href="#finding-{number}" data-show="{number}"><span class="number">{number}</span></a> '
        f"<code>{_text(_at(finding.place.user_file, finding.place.user_line, report))}</code> "
        f"{_marked(finding.message)}</div>"
        for number, finding in enumerate(report.findings, 1)
    )
    return f'<div class="verdict bad">{lines}</div>'


def _text(text: str) -> str:
    """``text`` as it can be put into a page: printable, and escaped."""
    return escape(printable(text, keep="\t"))


def _marked(text: str) -> str:
    """Escaped, with what is between backticks as code."""
    parts = _text(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))


def _at(file: str, line: int, report: RunReport) -> str:
    return f"{shortened(file, report.directory)}:{line}"


def _open(file: str, line: int) -> str:
    """A link that opens the line in an editor, if there is such a file."""
    if not os.path.isfile(file):
        return ""
    path = quote(os.path.abspath(file).replace(os.sep, "/").removeprefix("/"), safe="/:")
    return f' <a class="open" href="vscode://file/{escape(path)}:{line}" title="open in VS Code">open</a>'


def _findings(report: RunReport, numbers: dict[int, int]) -> str:
    if not report.findings:
        return ""
    items = "".join(_finding(finding, numbers[id(finding)], report) for finding in report.findings)
    return f'<h2>Findings</h2>\n<ol class="findings">{items}</ol>\n'


def _finding(finding: RunFinding, number: int, report: RunReport) -> str:
    place = finding.place
    source = linecache.getline(place.user_file, place.user_line).strip()
    facts = [("when", _text(when_text(finding, report))), ("layers", _layers(finding))]
    if (place.file, place.line) != (place.user_file, place.user_line):
        facts.append(("called at", _text(_at(place.file, place.line, report)) + _open(place.file, place.line)))
    facts += [("note", _marked(remark_text(remark, report))) for remark in finding.remarks]
    facts.append(("help", _marked(finding.help)))
    low = " low" if finding.confidence is Confidence.LOW else ""
    return _template("finding.html").format(
        number=number,
        low=low,
        code=finding.code,
        name=finding.name,
        confidence=finding.confidence.value,
        message=_marked(finding.message),
        at=_text(_at(place.user_file, place.user_line, report)),
        open=_open(place.user_file, place.user_line),
        source=f"<pre>{_text(source)}</pre>" if source else "",
        facts="".join(f"<dt>{word}</dt><dd>{text}</dd>" for word, text in facts),
    )


def _layers(finding: RunFinding) -> str:
    texts = [_marked(layer_text(layer)) for layer in finding.layers]
    shown, rest = ", ".join(texts[:_SHOWN_LAYERS]), texts[_SHOWN_LAYERS:_MOST_LAYERS]
    if not rest:
        return shown
    more = len(texts) - _SHOWN_LAYERS
    cut = ", …" if len(texts) > _MOST_LAYERS else ""
    return f"{shown}<details><summary>and {more:,} more</summary>{', '.join(rest)}{cut}</details>"


def _sections(models: list[WatchedModel]) -> str:
    if not models:
        return "<p>No model with layers whose mode matters was called.</p>"
    first = "".join(_section(model) for model in models[:_MOST_OPEN])
    rest = "".join(_section(model) for model in models[_MOST_OPEN:])
    if rest:
        rest = f"<details><summary>{many(len(models) - _MOST_OPEN, 'more model')}</summary>{rest}</details>"
    return first + rest


def _section(model: WatchedModel) -> str:
    root = model.root
    layers = f"{many(len(root.layers), 'layer')} whose mode matters"
    return _template("model.html").format(
        number=root.number,
        name=_text(root.name),
        facts=_text(f"{root.type} · {many(_calls(model), 'call')} · {layers}"),
        label=_text(f"Timeline of {root.name}; the table below says the same"),
        table=_table(model),
        search=_SEARCH if len(root.layers) > _MOST_UNSEARCHED else "",
    )


def _table(model: WatchedModel) -> str:
    """The run of one model in words, for who cannot see the picture."""
    segments = model.track.segments
    while len(segments) > _MOST_ROWS:
        segments = halved(segments)
    rows = "".join(
        f'<tr><td class="n">{segment.first:,}</td><td class="n">{segment.last:,}</td>'
        f'<td class="n">{segment.last_step:,}</td><td>{_text(_ways(segment, model))}</td></tr>'
        for segment in segments
    )
    head = "".join(f'<th class="n">{text}</th>' for text in ("from call", "to call", "after step"))
    return f"<table><thead><tr>{head}<th>mode</th></tr></thead><tbody>{rows}</tbody></table>"


def _ways(segment: Segment, model: WatchedModel) -> str:
    parts = []
    for (number, graph), count in sorted(segment.ways.items()):
        modes = model.track.modes[number].layers
        on = sum(modes)
        mode = (
            "train mode"
            if on == len(modes)
            else "eval mode"
            if not on
            else f"{on} of {len(modes)} layers in train mode"
        )
        parts.append(f"{mode}, gradients {'on' if graph else 'off'}: {many(count, 'call')}")
    return "; ".join(parts)


def _data(report: RunReport, models: list[WatchedModel], numbers: dict[int, int]) -> dict[str, Any]:
    """What the script draws."""
    named = {model.root.name: model for model in models}
    most = max(64, _MOST_SEGMENTS // max(len(models), 1))
    return {
        "calls": report.calls,
        "steps": report.steps,
        "step_marks": _thinned(report.step_marks, _MOST_STEP_MARKS),
        "exports": [
            {"model": printable(site.model), "exporter": printable(site.exporter), "call": site.call}
            for site in report.exports
        ],
        "findings": [
            {
                "number": numbers[id(finding)],
                "name": finding.name,
                "model": printable(finding.model),
                "first": max(finding.first.call, 1),
                "last": max(finding.last.call, 1),
                "spans": _spans(finding, named.get(finding.model)),
                "layers": [printable(layer.path) for layer in finding.layers],
                "op": printable(finding.op),
                "p": finding.layers[0].p if finding.layers else None,
            }
            for finding in report.findings
        ],
        "models": [_model_data(model, most) for model in models],
        "seconds": report.seconds,
        "times": report.times,
        "epochs": report.epochs,
        "losses": report.losses,
    }


def _spans(finding: RunFinding, model: WatchedModel | None) -> tuple[Span, ...]:
    """The calls that were wrong.  An evaluation between two wrong steps is none of them."""
    spans = tuple((max(first, 1), max(last, 1)) for first, last in finding.spans)
    if model is None or finding.unit != "optimizer step":
        return spans
    segments = model.track.segments
    return within(spans, [(one.first, one.last) for one in segments if any(graph for _, graph in one.ways)])


def _thinned(marks: tuple[tuple[int, int], ...], most: int) -> list[list[int]]:
    every = -(-len(marks) // most) or 1
    return [list(mark) for mark in marks[::every]]


def _model_data(model: WatchedModel, most: int) -> dict[str, Any]:
    segments = model.track.segments
    while len(segments) > most:
        segments = halved(segments)
    return {
        "number": model.root.number,
        "name": printable(model.root.name),
        "layers": [
            {"path": printable(layer.path), "type": printable(layer.type), "p": layer.p} for layer in model.root.layers
        ],
        "steps": model.track.steps,
        "own_steps": {"every": model.track.own_steps.every, "marks": model.track.own_steps.items},
        "modes": ["".join("t" if on else "e" for on in modes.layers) for modes in model.track.modes],
        "segments": [
            {
                "first": segment.first,
                "last": segment.last,
                "first_step": segment.first_step,
                "last_step": segment.last_step,
                "ways": [[number, int(graph), count] for (number, graph), count in sorted(segment.ways.items())],
            }
            for segment in segments
        ],
    }


def _embedded(data: dict[str, Any]) -> str:
    """JSON that can be put into a script element, whatever names the models have."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
