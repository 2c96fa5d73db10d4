"""Puts the report together from what the session gathered."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from dropout_lint.runtime.watching.judging.findings import Confidence
from dropout_lint.runtime.watching.models import Models
from dropout_lint.runtime.watching.reporting.report import RunReport, WatchedModel
from dropout_lint.runtime.watching.session import Session


def collect(
    session: Session,
    models: Models,
    *,
    least: Confidence,
    command: Sequence[str],
    directory: str,
    ended: str,
    rank: int | None,
    notices: Sequence[str] = (),
) -> RunReport:
    """The report so far, without findings that are less sure than ``least``."""
    findings = [finding for finding in session.findings() if finding.confidence >= least]
    return RunReport(
        command=tuple(command),
        directory=directory,
        ended=ended,
        rank=rank,
        torch_version=torch.__version__,
        calls=session.calls,
        steps=session.steps,
        findings=tuple(findings),
        models=tuple(
            WatchedModel(root, session.tracks[root.number], models.classes(root.number))
            for root in models.roots
            if root.number in session.tracks
        ),
        step_marks=tuple(session.step_marks.marks),
        sites=tuple(sorted(session.sites.calls.values(), key=lambda site: (site.place, site.model))),
        switches=tuple(
            sorted(session.sites.switches.values(), key=lambda site: (site.place, site.model, site.training))
        ),
        exports=tuple(session.sites.exports),
        notices=tuple(notices),
        started=session.marks.started,
        seconds=session.marks.seconds,
        times=tuple(session.marks.times.items),
        epochs=tuple(session.marks.epochs.items),
        losses=tuple(session.marks.losses.items),
    )
