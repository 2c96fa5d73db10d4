"""Which of the calls, steps and exports of a script are misuse: a state machine over events, without torch."""

from __future__ import annotations

from dropout_lint.runtime.record.events import Call, Export, Root, Step
from dropout_lint.runtime.watching.judging.evaluation import EvaluationJudge, active
from dropout_lint.runtime.watching.judging.findings import Confidence, Moment, RunFinding
from dropout_lint.runtime.watching.judging.messages import origin, stays_on
from dropout_lint.runtime.watching.judging.tallies import Sighting, Tallies
from dropout_lint.runtime.watching.judging.training import TrainingJudge


class Judge:
    """Takes events as they happen; `findings` says what they amount to so far, and may be called again later."""

    def __init__(self, min_consecutive: int = 2) -> None:
        self._evaluation = EvaluationJudge(min_consecutive)
        self._training = TrainingJudge()
        self._exports: dict[tuple[str, str], Tallies] = {}  # by exporter and model
        self._now = Moment(0, 0)

    def add(self, root: Root) -> None:
        """Make ``root`` known before its first call, or anew when its layers have changed."""
        self._evaluation.add(root)
        self._training.add(root)

    def weights_loaded(self, root: int) -> None:
        """The weights of ``root`` came from a state dict."""
        self._evaluation.weights_loaded(root)

    def wants_randomness(self, thread: int) -> bool:
        """Whether the next call of ``thread`` should say from which random state it started."""
        return self._evaluation.wants_randomness(thread)

    def call(self, call: Call) -> None:
        """Take in one call of a root that was added."""
        self._now = Moment(call.number, self._now.step)
        self._evaluation.call(call)
        if not call.is_part:  # then the whole is judged
            self._training.call(call)

    def ran_in_parts(self, call: Call) -> None:
        """Take in a call of a part of a root whose `forward` was called: it shows how the root is trained, not how
        often it is called."""
        self._training.call(call)

    def trained_elsewhere(self, thread: int) -> None:
        """A module that is no root for us was called, with gradients."""
        self._evaluation.trained_elsewhere(thread)

    def script_is_over(self) -> None:
        """Nothing of the script runs any more: results that are still alive are trained through by nobody."""
        self._evaluation.script_is_over()

    def step(self, step: Step, thread: int) -> None:
        """Take in one optimizer step that ``thread`` makes."""
        self._now = Moment(self._now.call, step.number)
        self._training.step(step)
        self._evaluation.step(step.number, thread, frozenset(trained.root for trained in step.trained))

    def export(self, export: Export) -> None:
        """Take in one export."""
        layers = active(export.modes, export.root)
        if layers and not export.expected:
            sighting = Sighting(self._now, export.place, layers, origin(export.switch, True))
            self._exports.setdefault((export.exporter, export.root.name), Tallies()).add(sighting)

    def findings(self) -> tuple[RunFinding, ...]:
        """What the events so far amount to, in the order in which it began."""
        found = [*self._evaluation.findings(), *self._training.findings()]
        for (exporter, model), tallies in self._exports.items():
            for tally in tallies:
                consequence = stays_on(tally.seen.layers)
                message = f"`{model}` is in train mode when `{exporter}` exports it, so {consequence} in the export"
                found.append(
                    tally.finding(
                        "DRP306",
                        "export-in-train-mode",
                        message,
                        f"call `eval()` before `{exporter}`",
                        Confidence.HIGH,
                        model,
                        "export",
                    )
                )
        return tuple(sorted(found, key=lambda finding: finding.sort_key))
