"""What the watcher reports: findings of a run, as values that outlive the models they are about."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from dropout_lint.runtime.record.events import Layer, Place


class Confidence(str, Enum):
    """How strong the evidence is; the order of the members is the order of strength."""

    LOW = "low"  # worth a look: often meant
    MEDIUM = "medium"  # right nine times in ten
    HIGH = "high"

    def __ge__(self, other: object) -> bool:
        order = list(Confidence)
        return order.index(self) >= order.index(Confidence(other))


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of the run: how many calls and how many optimizer steps had begun."""

    call: int
    step: int


@dataclass(frozen=True, slots=True)
class Remark:
    """One more fact about a finding, with its place where it has one."""

    message: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class RunFinding:
    """One misuse that was observed: one model, one line, however often it happened."""

    code: str  # of the static rule for the same mistake
    name: str
    message: str  # complete by itself, no final period
    help: str  # the cure, as an order
    confidence: Confidence
    model: str  # name of the root
    place: Place
    first: Moment
    last: Moment
    count: int
    unit: str  # what is counted, in the singular: "optimizer step", "call"
    layers: tuple[Layer, ...]  # those in the wrong mode
    remarks: tuple[Remark, ...] = field(default=())
    out_of: int | None = None  # how many of `unit` the model has had, where the run's total says something else

    @property
    def sort_key(self) -> tuple[object, ...]:
        """Findings are shown in the order in which they began."""
        return (self.first.call, self.first.step, self.code, self.name, self.place.file, self.place.line, self.model)
