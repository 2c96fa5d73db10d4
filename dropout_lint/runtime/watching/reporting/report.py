"""All that is known at the end of a watched run, as one value that every output format reads."""

from __future__ import annotations

from dataclasses import dataclass

from dropout_lint.runtime.record.events import Root
from dropout_lint.runtime.record.sites import ExportSite, Site, SwitchSite
from dropout_lint.runtime.record.timeline import Track
from dropout_lint.runtime.watching.judging.findings import RunFinding


@dataclass(frozen=True, slots=True)
class WatchedModel:
    """One root and what it went through."""

    root: Root
    track: Track
    classes: tuple[type, ...]  # its own and those of the modules in it; torch's own left out


@dataclass(frozen=True, slots=True)
class RunReport:
    """One watched run."""

    command: tuple[str, ...]  # the script and its arguments
    directory: str  # absolute; where it ran
    ended: str  # "finished", or the exception in one line
    rank: int | None  # in a distributed run
    torch_version: str
    calls: int  # of models from outside
    steps: int  # of all optimizers
    findings: tuple[RunFinding, ...]
    models: tuple[WatchedModel, ...]
    step_marks: tuple[tuple[int, int], ...]  # (number of a step, number of the last call before it), thinned out
    sites: tuple[Site, ...]
    switches: tuple[SwitchSite, ...]
    exports: tuple[ExportSite, ...]
    notices: tuple[str, ...] = ()  # what could not be watched, and why
    started: str = ""  # UTC
    seconds: float = 0.0  # that the run took
    times: tuple[tuple[int, float], ...] = ()  # (number of a call, seconds since the beginning), thinned out
    epochs: tuple[tuple[float, int, int], ...] = ()  # (epoch that begins, last call before it, last step before it)
    losses: tuple[tuple[float | None, int, int], ...] = ()  # the same of each training loss
