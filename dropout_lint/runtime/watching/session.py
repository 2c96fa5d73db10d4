"""One watched run: takes the recorder's events, and makes the report."""

from __future__ import annotations

from collections.abc import Callable

from dropout_lint.runtime.monitoring.event import DropoutEvent
from dropout_lint.runtime.record.events import Call, Export, Root, Step, Switch
from dropout_lint.runtime.record.marks import Marks
from dropout_lint.runtime.record.sites import Sites
from dropout_lint.runtime.record.timeline import StepMarks, Track
from dropout_lint.runtime.watching.hidden_steps import steps_are_hidden
from dropout_lint.runtime.watching.judging.dropouts import Dropouts
from dropout_lint.runtime.watching.judging.findings import Moment, RunFinding
from dropout_lint.runtime.watching.judging.judge import Judge


class Session:
    """The recorder's sink: passes each event to what judges it, what draws it and what lists it."""

    def __init__(self, min_consecutive: int, dropout_events: Callable[[], tuple[DropoutEvent, ...]] = tuple) -> None:
        self._judge = Judge(min_consecutive)
        self._dropouts = Dropouts(dropout_events)
        self.sites = Sites()
        self.tracks: dict[int, Track] = {}
        self.step_marks = StepMarks()
        self.marks = Marks()
        self.calls = 0
        self.steps = 0

    def add(self, root: Root) -> None:
        """A root is called for the first time, or has other layers than before."""
        self._judge.add(root)
        self.tracks.setdefault(root.number, Track())

    def call(self, call: Call, root: Root) -> None:
        """A root was called."""
        self.calls = call.number
        self.marks.call(call.number)
        self._judge.call(call)
        self.tracks[root.number].add(call, self.steps)
        self.sites.call(call, root)
        if not (call.graph and call.modes.root and all(call.modes.layers)):
            self._dropouts.look(Moment(call.number, self.steps), root.name)

    def trained_elsewhere(self, thread: int) -> None:
        """A module whose mode does not matter was called, with gradients."""
        self._judge.trained_elsewhere(thread)

    def wants_randomness(self, thread: int) -> bool:
        """Whether the next call should say from which random state it started."""
        return self._judge.wants_randomness(thread)

    def weights_loaded(self, root: int) -> None:
        """The weights of a root came from a state dict."""
        self._judge.weights_loaded(root)

    def step(self, step: Step, thread: int) -> None:
        """An optimizer steps."""
        self.steps = step.number
        self._judge.step(step, thread)
        self.step_marks.add(step.number, self.calls)
        for trained in step.trained:
            if trained.root in self.tracks:
                self.tracks[trained.root].step(step.number, self.calls)

    def export(self, export: Export) -> None:
        """A model is exported."""
        self._judge.export(export)
        self.sites.export(export, self.calls)

    def switch(self, switch: Switch) -> None:
        """A mode is set."""
        self.sites.switch(switch)

    def progress(self, epoch: float | None, loss: float | None) -> None:
        """The script says how far it is."""
        if epoch is not None:
            self.marks.epoch(epoch, self.calls, self.steps)
        if loss is not None:
            self.marks.loss(loss, self.calls, self.steps)

    def findings(self) -> tuple[RunFinding, ...]:
        """What the events so far amount to."""
        judged = self._judge.findings()
        if steps_are_hidden():
            judged = tuple(finding for finding in judged if finding.name == "export-in-train-mode")
        found = [*judged, *self._dropouts.findings(Moment(self.calls, self.steps))]
        return tuple(sorted(found, key=lambda finding: finding.sort_key))
