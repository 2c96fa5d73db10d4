"""Judges optimizer steps: was the model in eval mode when the gradients came about?  A call counts when a backward pass
has gone through its result; others had gradients on for nothing.

Only layers among parameters that this optimizer trains count.  A frozen backbone in eval mode, an attacked
model and a teacher have none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dropout_lint.runtime.record.events import Call, Kind, Layer, Modes, Root, Step, Trained
from dropout_lint.runtime.watching.judging.findings import Confidence, Moment, RunFinding
from dropout_lint.runtime.watching.judging.frozen import FrozenJudge
from dropout_lint.runtime.watching.judging.messages import common_part, is_off, origin_of
from dropout_lint.runtime.watching.judging.tallies import Sighting, Tallies

_WHOLE, _PART = "train-step-in-eval-mode", "train-step-with-part-in-eval-mode"
_MOST_MODES = 16  # remembered of one root
_MOST_OPEN = 512  # calls whose results are still alive; older ones are no longer followed


@dataclass
class _Model:
    """What is remembered of one root."""

    root: Root
    recent: dict[Modes, Call] = field(default_factory=dict)  # the last call with gradients in each combination of modes
    trained_in_train_mode: bool = False
    steps: int = 0  # that trained it


@dataclass(frozen=True, slots=True)
class _Kind:
    """What makes two observations one finding."""

    name: str
    root: int
    part: str  # dotted name of the part that is off; "" for all
    optimizer: str
    confidence: Confidence


class TrainingJudge:
    """Takes calls and steps; says which of the steps trained layers that were in eval mode."""

    def __init__(self) -> None:
        self._models: dict[int, _Model] = {}
        self._before: dict[int, int] = {}  # by optimizer: number of the last call before its last step
        self._last_call = 0
        self._seen: dict[_Kind, Tallies] = {}
        self._frozen = FrozenJudge()
        self._open: list[Call] = []  # that a backward pass may still reach, or has

    def add(self, root: Root) -> None:
        """Make a root known, or its layers known anew; modes of the old layers are forgotten."""
        model = self._models.setdefault(root.number, _Model(root))
        if model.root != root:
            model.root = root
            model.recent.clear()

    def call(self, call: Call) -> None:
        """Take in one call."""
        self._last_call = call.number
        if call.graph and call.reach is None:
            self._trained_through(call)
        elif call.graph:
            self._open.append(call)
            if len(self._open) > _MOST_OPEN:
                self._look()
                del self._open[: -_MOST_OPEN // 2]

    def _look(self) -> None:
        """Take in those calls whose results a backward pass has reached, and forget those where none can come."""
        calls, self._open = self._open, []
        for call in calls:
            if call.reach is not None and call.reach.reached:
                self._trained_through(call)
            elif call.reach is not None and call.reach.is_open:
                self._open.append(call)

    def _trained_through(self, call: Call) -> None:
        model = self._models[call.root]
        if len(call.modes.layers) != len(model.root.layers):
            return  # its layers have been replaced since
        model.recent.pop(call.modes, None)
        model.recent[call.modes] = call
        if len(model.recent) > _MOST_MODES:
            del model.recent[next(iter(model.recent))]

    def step(self, step: Step) -> None:
        """Take in one optimizer step."""
        self._look()
        before = self._before.get(step.optimizer, 0)
        self._before[step.optimizer] = self._last_call
        for trained in step.trained:
            model = self._models.get(trained.root)
            if model is None or len(trained.layers) != len(model.root.layers):
                continue
            model.steps += 1
            fresh = [call for call in model.recent.values() if call.number > before]
            if fresh and not any(call.expected for call in fresh):
                self._judge(step, trained, model, fresh)
                self._frozen.step(step, trained, model.root, fresh)

    def _judge(self, step: Step, trained: Trained, model: _Model, fresh: list[Call]) -> None:
        """``fresh`` are the root's calls since the last step of the optimizer, one for each combination of modes.

        An attack, a saliency map or a validation with gradients runs the model in eval mode too, so one call in train
        mode clears a layer.
        """
        layers = model.root.layers
        ours = [number for number, among in enumerate(trained.layers) if among and layers[number].kind in _HARMFUL]
        off = [number for number in ours if not any(call.modes.layers[number] for call in fresh)]
        if len(off) < len(ours):
            model.trained_in_train_mode = True
        if not off:
            return
        dropouts = [layers[number] for number in ours if layers[number].kind is Kind.STOCHASTIC]
        silent = [layers[number] for number in off if layers[number].kind is Kind.STOCHASTIC]
        if len(off) == len(ours) and not any(call.modes.root for call in fresh):
            # With batch norm alone, eval mode may be meant: it freezes the statistics.
            sure = model.trained_in_train_mode and bool(dropouts)
            confidence = Confidence.HIGH if sure else Confidence.MEDIUM
            name, part, wrong = _WHOLE, "", [layers[number] for number in off]
        elif silent and len(silent) == len(dropouts):
            name, part, wrong, confidence = (
                "train-step-with-part-in-eval-mode",
                common_part(silent),
                silent,
                Confidence.MEDIUM,
            )
        elif (silent_part := _silent_part(dropouts, silent)) is not None:
            name, part, wrong, confidence = (
                "train-step-with-part-in-eval-mode",
                common_part(silent_part),
                silent_part,
                Confidence.LOW,
            )
        else:
            return
        call = fresh[-1]
        kind = _Kind(name, model.root.number, part, step.optimizer_name, confidence)
        sighting = Sighting(
            Moment(call.number, step.number), call.place, tuple(wrong), origin_of(call, model.root, wrong, False)
        )
        self._seen.setdefault(kind, Tallies()).add(sighting)

    def findings(self) -> Iterator[RunFinding]:
        """What the steps so far amount to."""
        yield from self._frozen.findings()
        for kind, tallies in self._seen.items():
            root = self._models[kind.root].root
            for tally in tallies:
                subject = f"`{kind.part}` of `{root.name}`" if kind.part else f"`{root.name}`"
                consequence = is_off(tally.seen.layers)
                if kind.name == _WHOLE or kind.part:
                    message = f"{subject} is in eval mode while `{kind.optimizer}` trains it, so {consequence}"
                else:
                    message = f"all dropout of {subject} is in eval mode while `{kind.optimizer}` trains it"
                cure = "call `train()` before the training loop, and again after each evaluation"
                if kind.part:
                    cure = f"call `train()` on `{kind.part}`, or on the whole model, before the training loop"
                found = tally.finding("DRP303", kind.name, message, cure, kind.confidence, root.name, "optimizer step")
                yield replace(found, out_of=self._models[kind.root].steps)


_HARMFUL = (Kind.STOCHASTIC, Kind.BATCH_STATS)


def _silent_part(dropouts: list[Layer], silent: list[Layer]) -> list[Layer] | None:
    """The dropout of one submodule, if all of it is off and that of the others is on."""
    if not silent:
        return None
    part = common_part(silent)
    if not part:
        return None
    inside = [layer for layer in dropouts if layer.path.startswith(part + ".")]
    return silent if len(inside) == len(silent) else None
