"""Judges calls without gradients: is a model evaluated, or used, in train mode?

One such call is a glance inside a training step: a GAN's generator, a teacher, a second view.  An evaluation calls the
model again and again with no optimizer step between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dropout_lint.runtime.record.events import Call, Kind, Layer, Modes, Root
from dropout_lint.runtime.watching.judging.findings import Confidence, Moment, RunFinding
from dropout_lint.runtime.watching.judging.messages import origin, stays_on
from dropout_lint.runtime.watching.judging.tallies import Sighting, Tallies, Tally

_MOST_STATES = 1024  # remembered of one row of calls; gradient caching uses a few dozen

_SURE_ROWS = 4  # that follow one step each are no coincidence


def active(modes: Modes, root: Root) -> tuple[Layer, ...]:
    """The layers of ``root`` that do something else because they are in train mode."""
    return tuple(layer for layer, on in zip(root.layers, modes.layers) if on and layer.kind is not Kind.MODE_DEPENDENT)


def is_suspicious(call: Call, root: Root) -> bool:
    """Whether ``call`` looks like inference in train mode.

    A root in eval mode with layers in train mode is Monte-Carlo dropout or a mixed mode, which the dropout monitor
    distinguishes.
    """
    return (
        not call.grad_enabled
        and not call.discarded
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
class _Model:
    """What is remembered of one root."""

    root: Root
    loaded: bool = False
    graph_calls: int = 0
    all_seen: Tallies = field(default_factory=Tallies)
    loops: Tallies = field(default_factory=Tallies)  # calls in rows that are long enough, after a step
    steps: int = 0  # that trained it
    steps_with_row: list[int] = field(default_factory=list)  # after which of them a row ended; the first, the last
    rows: int = 0  # how many of the steps have one

    def end_row(self) -> None:
        """A row ends; rows between the same two steps count as one."""
        if not self.steps_with_row or self.steps_with_row[-1] != self.steps:
            self.rows += 1
            self.steps_with_row = [*self.steps_with_row[:1], self.steps]

    @property
    def rows_belong_to_steps(self) -> bool:
        """Whether nearly every training step has a row: the model's own predictions are then part of the training."""
        if self.rows < _SURE_ROWS:
            return False
        return self.rows >= 0.9 * (self.steps_with_row[-1] - self.steps_with_row[0] + 1)


class EvaluationJudge:
    """Takes calls and steps; says at the end which of the calls were inference in train mode."""

    def __init__(self, min_consecutive: int) -> None:
        self._min = min_consecutive
        self._models: dict[int, _Model] = {}
        self._rows: dict[tuple[int, int], _Row] = {}  # by thread and root
        self._owned: set[int] = set()  # roots that an optimizer has trained
        self._steps = 0

    def add(self, root: Root) -> None:
        """Make a root known, or its layers known anew."""
        self._models.setdefault(root.number, _Model(root)).root = root

    def weights_loaded(self, root: int) -> None:
        """The weights of ``root`` came from a state dict, so that using it is inference in earnest."""
        self._models[root].loaded = True

    def wants_randomness(self, thread: int) -> bool:
        """Whether the state of the random generator before the next call of ``thread`` can decide something."""
        return any(number == thread and row.states for (number, _), row in self._rows.items())

    def call(self, call: Call) -> None:
        """Take in one call."""
        model = self._models[call.root]
        if call.graph:
            model.graph_calls += 1
            self._end_rows(call.thread, call.randomness)
        elif is_suspicious(call, model.root):
            row = self._rows.setdefault((call.thread, call.root), _Row())
            layers = active(call.modes, model.root)
            sighting = Sighting(Moment(call.number, self._steps), call.place, layers, origin(call.switch, True))
            row.seen.add(sighting)
            model.all_seen.add(sighting)
            if call.randomness is not None and len(row.states) < _MOST_STATES:
                row.states.add(call.randomness)
        elif not call.discarded and not call.expected:
            self._end_row((call.thread, call.root))

    def trained_elsewhere(self, thread: int) -> None:
        """A module without layers whose mode matters was called, with gradients: a critic, a loss with parameters."""
        self._end_rows(thread, None)

    def step(self, number: int, thread: int, owned: frozenset[int]) -> None:
        """Take in an optimizer step that trains the roots ``owned``."""
        self._end_rows(thread, None)
        self._steps = number
        self._owned |= owned
        for root in owned & self._models.keys():
            self._models[root].steps += 1

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

    def _end_row(self, key: tuple[int, int]) -> None:
        row = self._rows.pop(key, None)
        loops = self._loops(row) if row is not None else None
        if loops is not None and loops.total:
            model = self._models[key[1]]
            model.loops.extend(loops)
            model.end_row()

    def _loops(self, row: _Row) -> Tallies:
        """What of a row is evaluation: a single call at the end of it begins the next training step."""
        return row.seen.at_least(self._min) if self._steps else Tallies()

    def findings(self) -> Iterator[RunFinding]:
        """What the calls so far amount to."""
        for number, model in sorted(self._models.items()):
            if number in self._owned:
                if model.rows_belong_to_steps:
                    continue
                loops = Tallies()
                loops.extend(model.loops)
                for (_, root), row in sorted(self._rows.items()):
                    if root == number:
                        loops.extend(self._loops(row))
                for tally in loops:
                    yield _finding("eval-loop-in-train-mode", model.root, tally)
            elif not model.graph_calls and all(tally.seen.moment.step == self._steps for tally in model.all_seen):
                # No training followed, so it is no teacher.  One call of a model with random weights is a smoke test.
                if model.all_seen.total >= (1 if model.loaded else self._min):
                    for tally in model.all_seen:
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
