"""The report as JSON, for `dropout-lint check --with-runtime` and for other tools; `schema` has the fields."""

from __future__ import annotations

import inspect
import json
import os
from typing import Any

from dropout_lint.runtime.record import schema
from dropout_lint.runtime.record.encoding import encoded
from dropout_lint.runtime.record.events import Place
from dropout_lint.runtime.record.sites import Site
from dropout_lint.runtime.record.timeline import Segment
from dropout_lint.runtime.watching.judging.findings import RunFinding
from dropout_lint.runtime.watching.reporting.report import RunReport, WatchedModel
from dropout_lint.version import VERSION


def render(report: RunReport) -> str:
    """One JSON object, with a line feed at the end."""
    return json.dumps(as_data(report), indent=1, allow_nan=False) + "\n"


def as_data(report: RunReport) -> dict[str, Any]:
    """The report in plain lists and dicts."""
    data: dict[str, Any] = encoded(written(report))
    return data


def written(report: RunReport) -> schema.WrittenReport:
    """The report as it is written."""
    return schema.WrittenReport(
        head=schema.Head(schema.SCHEMA, schema.VERSION),
        tool=VERSION,
        torch=report.torch_version,
        command=report.command,
        directory=report.directory,
        ended=report.ended,
        rank=report.rank,
        totals=schema.Totals(report.calls, report.steps, len(report.exports)),
        notices=report.notices,
        findings=tuple(map(_finding, report.findings)),
        sites=tuple(map(_site, report.sites)),
        switches=tuple(
            schema.WrittenSwitch(_absolute(site.place), "train" if site.training else "eval", site.model, site.count)
            for site in report.switches
        ),
        exports=tuple(
            schema.WrittenExport(
                place=_absolute(site.place), exporter=site.exporter, model=site.model, mode=site.mode, call=site.call
            )
            for site in report.exports
        ),
        models=tuple(map(_model, report.models)),
        step_marks=report.step_marks,
        started=report.started,
        seconds=report.seconds,
        times=report.times,
        epochs=report.epochs,
        losses=report.losses,
    )


def _absolute(place: Place) -> Place:
    return Place(os.path.abspath(place.file), place.line, os.path.abspath(place.user_file), place.user_line)


def _finding(finding: RunFinding) -> schema.WrittenFinding:
    return schema.WrittenFinding(
        code=finding.code,
        name=finding.name,
        confidence=finding.confidence.value,
        message=finding.message,
        help=finding.help,
        model=finding.model,
        place=_absolute(finding.place),
        count=finding.count,
        unit=finding.unit,
        first=schema.WrittenMoment(finding.first.call, finding.first.step),
        last=schema.WrittenMoment(finding.last.call, finding.last.step),
        layers=finding.layers,
        notes=tuple(
            schema.WrittenNote(remark.message, _absolute(remark.place) if remark.place else None)
            for remark in finding.remarks
        ),
        spans=finding.spans,
    )


def _site(site: Site) -> schema.WrittenSite:
    train, evaluation = ({graph: site.calls[mode, graph] for graph in (True, False)} for mode in ("train", "eval"))
    known = sum(train.values()) + sum(evaluation.values())
    calls = schema.CallCounts(
        train_grad=train[True],
        train_nograd=train[False],
        eval_grad=evaluation[True],
        eval_nograd=evaluation[False],
        mixed=site.calls.total() - known,
    )
    return schema.WrittenSite(place=_absolute(site.place), model=site.model, calls=calls)


def _model(model: WatchedModel) -> schema.WrittenModel:
    modes = model.track.modes
    calls = {True: 0, False: 0}
    for segment in model.track.segments:
        for (number, _), count in segment.ways.items():
            calls[modes[number].root] += count
    places = [(cls, _lines(cls)) for cls in model.classes]
    first = places[0][1] if places else None
    return schema.WrittenModel(
        name=model.root.name,
        type=model.root.type,
        file=first[0] if first else None,
        line=first[1] if first else None,
        layers=model.root.layers,
        modes=tuple(
            schema.WrittenModes(mode.root, "".join("t" if on else "e" for on in mode.layers)) for mode in modes
        ),
        segments=tuple(map(_segment, model.track.segments)),
        classes=tuple(
            schema.WrittenClass(f"{cls.__module__}.{cls.__qualname__}", *lines, calls[True], calls[False])
            for cls, lines in places
            if lines
        ),
        steps=model.track.steps,
        own_steps=tuple(model.track.own_steps.items),
    )


def _segment(segment: Segment) -> schema.WrittenSegment:
    ways = tuple((number, graph, count) for (number, graph), count in sorted(segment.ways.items()))
    return schema.WrittenSegment((segment.first, segment.last), (segment.first_step, segment.last_step), ways)


def _lines(cls: type) -> tuple[str, int, int] | None:
    """File, first and last line of a class, if Python knows."""
    try:
        file = inspect.getsourcefile(cls)
        lines, first = inspect.getsourcelines(cls)
    except (OSError, TypeError):
        return None
    return None if file is None else (os.path.abspath(file), first, first + len(lines) - 1)
