"""Judges frozen parts: are they in train mode while the rest of their model is trained?

`requires_grad=False` stops the optimizer and nothing else: `train()` of the whole turns on the dropout of a frozen
part, and its batch norm goes on learning statistics.  Many do not mind, so this is only worth a look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dropout_lint.runtime.record.events import Call, Kind, Layer, Root, Step, Trained
from dropout_lint.runtime.watching.judging.findings import Confidence, Moment, RunFinding
from dropout_lint.runtime.watching.judging.messages import origin_of, stays_on
from dropout_lint.runtime.watching.judging.tallies import Sighting, Tallies

_MOST_NAMED = 3


@dataclass
class _Model:
    """What is remembered of one root."""

    root: Root
    thawed: set[str] = field(default_factory=set)  # layers that are, or were, in no frozen part
    seen: dict[tuple[str, tuple[str, ...]], Tallies] = field(default_factory=dict)  # by optimizer and frozen parts


class FrozenJudge:
    """Takes the steps of optimizers, each with the calls that it was made from."""

    def __init__(self) -> None:
        self._models: dict[int, _Model] = {}
        self._whole: set[int] = set()  # roots that a step found without a frozen part

    def step(self, step: Step, trained: Trained, root: Root, calls: Sequence[Call]) -> None:
        """Take in one step that trains ``root`` by the gradients of ``calls``."""
        if not trained.frozen:
            self._whole.add(root.number)
            return
        model = self._models.setdefault(root.number, _Model(root))
        model.root = root
        on: list[Layer] = []
        parts: dict[str, None] = {}
        for number, (layer, part) in enumerate(zip(root.layers, trained.frozen)):
            if not part:
                model.thawed.add(layer.path)
            elif layer.kind is not Kind.MODE_DEPENDENT and any(call.modes.layers[number] for call in calls):
                on.append(layer)
                parts[part] = None
        if on:
            call = calls[-1]
            sighting = Sighting(
                Moment(call.number, step.number), call.place, tuple(on), origin_of(call, root, on, True)
            )
            model.seen.setdefault((step.optimizer_name, tuple(parts)), Tallies()).add(sighting)

    def findings(self) -> Iterator[RunFinding]:
        """What the steps so far amount to; a part that is trained later was frozen for a while only."""
        for number, model in self._models.items():
            if number in self._whole:
                continue
            for (optimizer, parts), tallies in model.seen.items():
                for tally in tallies:
                    if not any(layer.path in model.thawed for layer in tally.seen.layers):
                        yield tally.finding(
                            "DRP311",
                            "frozen-layers-in-train",
                            f"{_subject(parts, model.root)} in train mode while `{optimizer}` trains the rest, "
                            f"so {stays_on(tally.seen.layers)}",
                            "call `eval()` on what is frozen after each `train()` of the whole, or in an override of "
                            "`train`",
                            Confidence.LOW,
                            model.root.name,
                            "optimizer step",
                        )


def _subject(parts: Sequence[str], root: Root) -> str:
    names = [f"`{part}`" for part in parts[:_MOST_NAMED]]
    if len(parts) > len(names):
        names.append(f"{len(parts) - len(names)} more parts")
    listed = ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
    return f"{listed} of `{root.name}` {'are' if len(names) > 1 else 'is'} frozen, and"
