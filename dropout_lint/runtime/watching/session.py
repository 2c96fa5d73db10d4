"""One watched run: takes the recorder's events, and makes the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dropout_lint.runtime.monitoring.event import DropoutEvent
from dropout_lint.runtime.monitoring.harm import Harm
from dropout_lint.runtime.record.events import Call, Export, Place, Root, Step, Switch
from dropout_lint.runtime.record.sites import Sites
from dropout_lint.runtime.record.timeline import StepMarks, Track
from dropout_lint.runtime.watching.hidden_steps import steps_are_hidden
from dropout_lint.runtime.watching.judging.dropouts import Dropouts
from dropout_lint.runtime.watching.judging.findings import Moment, Remark, RunFinding
from dropout_lint.runtime.watching.judging.judge import Judge


class Session:
    """The recorder's sink: passes each event to what judges it, what draws it and what lists it."""

    def __init__(self, min_consecutive: int, dropout_events: Callable[[], tuple[DropoutEvent, ...]] = tuple) -> None:
        self._judge = Judge(min_consecutive)
        self._dropouts = Dropouts(dropout_events)
        self.sites = Sites()
        self.tracks: dict[int, Track] = {}
        self.step_marks = StepMarks()
        self._harms: dict[str, tuple[Place, Harm]] = {}  # by root: the largest, and where it was measured
        self.calls = 0
        self.steps = 0

    def add(self, root: Root) -> None:
        """A root is called for the first time, or has other layers than before."""
        self._judge.add(root)
        self.tracks.setdefault(root.number, Track())

    def call(self, call: Call, root: Root) -> None:
        """A root was called."""
        self.calls = call.number
        self._judge.call(call)
        self.tracks[root.number].add(call, self.steps)
        self.sites.call(call, root)
        if not (call.graph and call.modes.root and all(call.modes.layers)):
            self._dropouts.look(Moment(call.number, self.steps), root.name)

    def ran_in_parts(self, call: Call) -> None:
        """A root ran without being called: its `forward` was, and called parts of it."""
        self._judge.ran_in_parts(call)
        self.tracks[call.root].add(call, self.steps)

    def trained_elsewhere(self, thread: int) -> None:
        """A module whose mode does not matter was called, with gradients."""
        self._judge.trained_elsewhere(thread)

    def wants_randomness(self, thread: int) -> bool:
        """Whether the next call should say from which random state it started."""
        return self._judge.wants_randomness(thread)

    def weights_loaded(self, root: int) -> None:
        """The weights of a root came from a state dict."""
        self._judge.weights_loaded(root)

    def script_is_over(self) -> None:
        """Nothing of the script runs any more."""
        self._judge.script_is_over()

    def measured(self, root: Root, place: Place, harm: Harm) -> None:
        """A call was repeated, and gave something else."""
        known = self._harms.get(root.name)
        if known is None or known[1].largest < harm.largest:
            self._harms[root.name] = (place, harm)

    def step(self, step: Step, thread: int) -> None:
        """An optimizer steps."""
        self.steps = step.number
        self._judge.step(step, thread)
        self.step_marks.add(step.number, self.calls)

    def export(self, export: Export) -> None:
        """A model is exported."""
        self._judge.export(export)
        self.sites.export(export, self.calls)

    def switch(self, switch: Switch) -> None:
        """A mode is set."""
        self.sites.switch(switch)

    def findings(self) -> tuple[RunFinding, ...]:
        """What the events so far amount to."""
        judged = self._judge.findings()
        if steps_are_hidden():
            judged = tuple(finding for finding in judged if finding.name == "export-in-train-mode")
        found = [*judged, *self._dropouts.findings(Moment(self.calls, self.steps))]
        found = [self._with_harm(finding) for finding in found]
        return tuple(sorted(found, key=lambda finding: finding.sort_key))

    def _with_harm(self, finding: RunFinding) -> RunFinding:
        """``finding`` with what was measured of its model, if it is about predictions."""
        if finding.unit not in ("call", "operator call") or finding.model not in self._harms:
            return finding
        place, harm = self._harms[finding.model]
        return replace(finding, remarks=(*finding.remarks, Remark(str(harm), place)))
