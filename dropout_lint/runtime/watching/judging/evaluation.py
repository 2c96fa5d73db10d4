"""Judges calls that nothing is trained through: is a model evaluated, or used, in train mode?

Such a call has gradients off, or a result that no backward pass ever reaches.  One is a glance inside a training step:
a GAN's generator, a teacher, a second view.  An evaluation calls the model again and again with no optimizer step
between.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from dropout_lint.runtime.record.events import Call, Kind, Layer, Modes, Place, Root
from dropout_lint.runtime.watching.judging.findings import Confidence, Moment, Remark, RunFinding
from dropout_lint.runtime.watching.judging.messages import origin_of, stays_on
from dropout_lint.runtime.watching.judging.tallies import Sighting, Tallies, Tally
from dropout_lint.runtime.watching.judging.waiting import CalledElsewhere, Event, Stepped, Waiting

_MOST_STATES = 1024  # remembered of one row of calls; gradient caching uses a few dozen

_MOST_PLACES = 1024

_SURE_ROWS = 4  # that follow one step each are no coincidence

_STEPS_WITHOUT_ROW = 2
"""With gradients on, a step without a row must have been seen: candidates of which one is trained on (hard examples,
the best of several) are a row in each.  The first step has none before it, hence two."""


def active(modes: Modes, root: Root) -> tuple[Layer, ...]:
    """The layers of ``root`` that do something else because they are in train mode."""
    return tuple(layer for layer, on in zip(root.layers, modes.layers) if on and layer.kind is not Kind.MODE_DEPENDENT)


def is_suspicious(call: Call, root: Root) -> bool:
    """Whether ``call``, which nothing is trained through, looks like inference in train mode.

    A root in eval mode with layers in train mode is Monte-Carlo dropout or a mixed mode, which the dropout monitor
    distinguishes.
    """
    return (
        not call.discarded
        and not call.expected
        and call.modes.root
        and any(on and layer.kind is not Kind.MODE_DEPENDENT for layer, on in zip(root.layers, call.modes.layers))
    )


@dataclass
class _Row:
    """Suspicious calls in a row."""

    seen: Tallies = field(default_factory=Tallies)
    states: set[int] = field(default_factory=set)  # of the random generator before each call


@dataclass
class _Evidence:
    """The suspicious calls of one root, those with gradients on apart from the others."""

    all_seen: Tallies = field(default_factory=Tallies)
    loops: Tallies = field(default_factory=Tallies)  # calls in rows that are long enough, after a step
    steps_with_row: list[int] = field(default_factory=list)  # after which of its steps a row ended; the first, the last
    rows: int = 0  # how many of the steps have one
    first_at: dict[Place, int] = field(default_factory=dict)  # after how many steps of the run a line was seen first

    def end_row(self, steps: int) -> None:
        """A row ends after so many ``steps`` that trained the root; rows between the same two steps count as one."""
        if not self.steps_with_row or self.steps_with_row[-1] != steps:
            self.rows += 1
            self.steps_with_row = [*self.steps_with_row[:1], steps]

    @property
    def belongs_to_steps(self) -> bool:
        """Whether nearly every training step has a row: the model's own predictions are then part of the training."""
        if self.rows < _SURE_ROWS:
            return False
        return self.rows >= 0.9 * (self.steps_with_row[-1] - self.steps_with_row[0] + 1)


@dataclass
class _Model:
    """What is remembered of one root."""

    root: Root
    loaded: bool = False
    trained_calls: int = 0
    trained_at: set[Place] = field(default_factory=set)  # lines that called it for training
    steps: int = 0  # that trained it
    evidence: dict[bool, _Evidence] = field(default_factory=lambda: {False: _Evidence(), True: _Evidence()})
    """By whether gradients were on."""

    def copy(self) -> _Model:
        """One that may change while this one does not."""
        evidence = {
            gradients: replace(
                kept, all_seen=kept.all_seen.copy(), loops=kept.loops.copy(), first_at=dict(kept.first_at)
            )
            for gradients, kept in self.evidence.items()
        }
        return replace(self, trained_at=set(self.trained_at), evidence=evidence)


class EvaluationJudge:
    """Takes calls and steps; says at the end which of the calls were inference in train mode."""

    def __init__(self, min_consecutive: int) -> None:
        self._min = min_consecutive
        self._models: dict[int, _Model] = {}
        self._rows: dict[tuple[int, int, bool], _Row] = {}  # by thread, root, and whether gradients were on
        self._owned: set[int] = set()  # roots that an optimizer has trained
        self._steps = 0
        self._waiting = Waiting(self._handle)
        self._over = False

    def add(self, root: Root) -> None:
        """Make a root known, or its layers known anew."""
        self._models.setdefault(root.number, _Model(root)).root = root

    def weights_loaded(self, root: int) -> None:
        """The weights of ``root`` came from a state dict, so that using it is inference in earnest."""
        self._models[root].loaded = True

    def wants_randomness(self, thread: int) -> bool:
        """Whether the state of the random generator before the next call of ``thread`` can decide something."""
        return any(number == thread and row.states for (number, *_), row in self._rows.items()) or any(
            isinstance(event, Call) and event.thread == thread and event.randomness is not None
            for event in self._waiting
        )

    def call(self, call: Call) -> None:
        """Take in one call."""
        self._waiting.take(call)

    def trained_elsewhere(self, thread: int) -> None:
        """A module without layers whose mode matters was called, with gradients: a critic, a loss with parameters."""
        self._waiting.take(CalledElsewhere(thread))

    def step(self, number: int, thread: int, owned: frozenset[int]) -> None:
        """Take in an optimizer step that trains the roots ``owned``."""
        self._waiting.take(Stepped(number, thread, owned))

    def script_is_over(self) -> None:
        """No backward pass comes any more."""
        self._over = True

    def _handle(self, event: Event) -> None:
        if isinstance(event, Call):
            self._called(event)
        elif isinstance(event, CalledElsewhere):
            self._end_rows(event.thread, None)
        else:
            self._end_rows(event.thread, None)
            self._steps = event.number
            self._owned |= event.owned
            for root in event.owned & self._models.keys():
                self._models[root].steps += 1

    def _called(self, call: Call) -> None:
        model = self._models[call.root]
        unused = call.reach is not None and (call.reach.is_unused or (self._over and call.reach.is_open))
        if call.graph and not unused:
            model.trained_calls += 1
            if len(model.trained_at) < _MOST_PLACES:
                model.trained_at.add(call.place)
            self._end_rows(call.thread, call.randomness)
        elif is_suspicious(call, model.root):
            layers = active(call.modes, model.root)
            remarks = origin_of(call, model.root, layers, True)
            if call.grad_enabled:
                remarks = (Remark("gradients were on, and no backward pass reached the result"), *remarks)
            sighting = Sighting(Moment(call.number, self._steps), call.place, layers, remarks)
            row = self._rows.setdefault((call.thread, call.root, call.grad_enabled), _Row())
            row.seen.add(sighting)
            first_at = model.evidence[call.grad_enabled].first_at
            if len(first_at) < _MOST_PLACES:
                first_at.setdefault(call.place, self._steps)
            if not call.grad_enabled or call.switch is None or not call.switch.training:
                model.evidence[call.grad_enabled].all_seen.add(sighting)
            if not call.grad_enabled and call.randomness is not None and len(row.states) < _MOST_STATES:
                row.states.add(call.randomness)
        elif not call.discarded and not call.expected:
            for gradients in (False, True):
                self._end_row((call.thread, call.root, gradients))

    def _end_rows(self, thread: int, randomness: int | None) -> None:
        """All rows of ``thread`` end.

        A call with gradients that starts from the random state of an earlier call without them repeats that call, with
        the same dropout masks: gradient caching does that, and it is training.
        """
        for key in [key for key in self._rows if key[0] == thread]:
            if randomness is not None and randomness in self._rows[key].states:
                del self._rows[key]
            else:
                self._end_row(key)

    def _end_row(self, key: tuple[int, int, bool]) -> None:
        row = self._rows.pop(key, None)
        _, root, gradients = key
        model = self._models[root]
        loops = self._loops(model, row) if row is not None else None
        if loops is not None and loops.total:
            evidence = model.evidence[gradients]
            evidence.loops.extend(loops)
            evidence.end_row(model.steps)

    def _after_training(self, number: int, model: _Model, gradients: bool) -> Iterator[Tally]:
        """Too few calls for an evaluation, on lines that nothing came to before the last step of a script that is over:
        they are part of no step."""
        if not self._over or not model.steps:
            return
        evidence = model.evidence[gradients]
        for (_, root, on), row in sorted(self._rows.items()):
            if root == number and on is gradients:
                for tally in row.seen:
                    place = tally.seen.place
                    late = evidence.first_at.get(place) == self._steps
                    if tally.count < self._min and late and not (gradients and place in model.trained_at):
                        yield tally

    def _loops(self, model: _Model, row: _Row) -> Tallies:
        """What of a row is evaluation: a single call at the end of it begins the next training step."""
        return row.seen.at_least(self._min) if model.steps else Tallies()

    def findings(self) -> Iterator[RunFinding]:
        """What the calls so far amount to; one whose result may still be trained through counts as training."""
        judge = self._copy()
        for event in self._waiting:
            judge._handle(event)
        for number, model in sorted(judge._models.items()):
            for gradients in (False, True):
                yield from judge._judged(number, model, gradients)

    def _copy(self) -> EvaluationJudge:
        judge = EvaluationJudge(self._min)
        judge._models = {number: model.copy() for number, model in self._models.items()}
        judge._rows = {key: _Row(row.seen.copy(), set(row.states)) for key, row in self._rows.items()}
        judge._owned, judge._steps, judge._over = set(self._owned), self._steps, self._over
        return judge

    def _judged(self, number: int, model: _Model, gradients: bool) -> Iterator[RunFinding]:
        evidence = model.evidence[gradients]
        if number in self._owned:
            if evidence.belongs_to_steps or (gradients and model.steps - evidence.rows < _STEPS_WITHOUT_ROW):
                return
            loops = Tallies()
            loops.extend(evidence.loops)
            for (_, root, on), row in sorted(self._rows.items()):
                if root == number and on is gradients:
                    loops.extend(self._loops(model, row))
            for tally in loops:
                if not gradients or tally.seen.place not in model.trained_at:
                    yield _finding("eval-loop-in-train-mode", model.root, tally)
            for tally in self._after_training(number, model, gradients):
                yield _finding("inference-in-train-mode", model.root, tally)
        elif not model.trained_calls and all(tally.seen.moment.step == self._steps for tally in evidence.all_seen):
            # No training followed, so it is no teacher.  One call of a model with random weights is a smoke test, and
            # so are several with gradients on.
            least = (self._min if model.loaded else math.inf) if gradients else 1 if model.loaded else self._min
            if evidence.all_seen.total >= least:
                for tally in evidence.all_seen:
                    yield _finding("inference-in-train-mode", model.root, tally)


def _finding(name: str, root: Root, tally: Tally) -> RunFinding:
    consequence = stays_on(tally.seen.layers)
    if name == "eval-loop-in-train-mode":
        message = f"`{root.name}` is in train mode when it is evaluated, so {consequence}"
        cure = "call `eval()` before the loop, and `train()` before training goes on"
    else:
        message = f"`{root.name}` is in train mode when it is used for inference, so {consequence}"
        cure = "call `eval()` before the first use"
    return tally.finding("DRP301", name, message, cure, Confidence.MEDIUM, root.name, "call")
