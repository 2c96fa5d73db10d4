"""Counts what was seen at a place: when first, when last, how often; the text is copied when it is seen first.

Nothing here refers to a module, so a finding about a model that the script frees later is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dropout_lint.runtime.record.events import Layer, Place
from dropout_lint.runtime.watching.judging.findings import Confidence, Moment, Remark, RunFinding


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something that was seen at one moment."""

    moment: Moment
    place: Place
    layers: tuple[Layer, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """The same thing, seen ``count`` times; the details are those of the first time."""

    seen: Sighting
    last: Moment
    count: int = 1

    def plus(self, other: Tally) -> Tally:
        """Both together; ``other`` came later."""
        return Tally(self.seen, other.last, self.count + other.count)

    def finding(
        self, code: str, name: str, message: str, help: str, confidence: Confidence, model: str, unit: str
    ) -> RunFinding:
        """The finding that this amounts to."""
        return RunFinding(
            code,
            name,
            message,
            help,
            confidence,
            model,
            self.seen.place,
            self.seen.moment,
            self.last,
            self.count,
            unit,
            self.seen.layers,
            self.seen.remarks,
        )


class Tallies:
    """Tallies by place."""

    def __init__(self) -> None:
        self._by_place: dict[Place, Tally] = {}

    def add(self, sighting: Sighting) -> None:
        """Count one more."""
        self._plus(sighting.place, Tally(sighting, sighting.moment))

    def extend(self, later: Tallies) -> None:
        """Count all of ``later`` too."""
        for place, tally in later._by_place.items():
            self._plus(place, tally)

    def _plus(self, place: Place, tally: Tally) -> None:
        known = self._by_place.get(place)
        self._by_place[place] = tally if known is None else known.plus(tally)

    def copy(self) -> Tallies:
        """The same counts, to be added to."""
        return self.at_least(0)

    def at_least(self, count: int) -> Tallies:
        """The places where it was counted that often."""
        chosen = Tallies()
        chosen._by_place = {place: tally for place, tally in self._by_place.items() if tally.count >= count}
        return chosen

    @property
    def total(self) -> int:
        """How often anything was counted."""
        return sum(tally.count for tally in self._by_place.values())

    def __iter__(self) -> Iterator[Tally]:
        return iter(self._by_place.values())
