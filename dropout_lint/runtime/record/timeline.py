"""The modes of each root over the run, in bounded memory: a million calls take no more room than a few thousand.

Calls that are alike and follow one another are one segment.  When there are too many segments, neighbours are merged in
pairs, and a merged segment counts how many of its calls ran in which way.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from dropout_lint.runtime.record.events import Call, Modes
from dropout_lint.runtime.record.marks import Thinned

_MOST_SEGMENTS = 2048  # of one root
_LONGEST_PAUSE = 32  # calls of other roots; a longer one ends a segment
_MOST_MODES = 64  # combinations of modes of one root; what comes later is counted as the nearest known one


@dataclass(slots=True)
class Segment:
    """Calls of one root from number ``first`` to ``last`` (numbers count the calls of all roots)."""

    first: int
    last: int
    first_step: int  # optimizer steps that had been made
    last_step: int
    ways: Counter[tuple[int, bool]] = field(default_factory=Counter)  # (index into the modes, gradients on) -> calls

    def takes(self, way: tuple[int, bool]) -> bool:
        """Whether a call of this ``way`` makes the segment no less uniform."""
        return len(self.ways) == 1 and way in self.ways


@dataclass(slots=True)
class Track:
    """What is kept of one root."""

    modes: list[Modes] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    gap: int = 1  # how many calls, at least, a segment spans before a new one begins
    steps: int = 0  # that trained it
    own_steps: Thinned[tuple[int, int]] = field(default_factory=Thinned)  # (number of the step, last call before it)
    _index: dict[Modes, int] = field(default_factory=dict)

    def add(self, call: Call, step: int) -> None:
        """Take in one call, after ``step`` optimizer steps."""
        way = (self._number(call.modes), call.graph or call.grad_enabled)
        segment = self.segments[-1] if self.segments else None
        begins = segment is None or call.number - segment.last > max(_LONGEST_PAUSE, self.gap)
        if segment is None or begins or not (segment.takes(way) or segment.last - segment.first + 1 < self.gap):
            segment = Segment(call.number, call.number, step, step)
            self.segments.append(segment)
        segment.ways[way] += 1
        segment.last = call.number
        segment.last_step = step
        if len(self.segments) > _MOST_SEGMENTS:
            self._merge()

    def step(self, number: int, call: int) -> None:
        """Take in a step of an optimizer that trains this root, after ``call`` calls."""
        self.steps += 1
        self.own_steps.add((number, call))

    def _number(self, modes: Modes) -> int:
        number = self._index.get(modes)
        if number is None:
            if len(self.modes) >= _MOST_MODES:
                return min(range(len(self.modes)), key=lambda index: _distance(self.modes[index], modes))
            number = self._index[modes] = len(self.modes)
            self.modes.append(modes)
        return number

    def _merge(self) -> None:
        self.gap = max(2 * self.gap, 2)
        self.segments = halved(self.segments)


def halved(segments: list[Segment]) -> list[Segment]:
    """Neighbours merged in pairs."""
    merged = [
        Segment(left.first, right.last, left.first_step, right.last_step, left.ways + right.ways)
        for left, right in zip(segments[::2], segments[1::2])
    ]
    return merged + segments[2 * len(merged) :]


def _distance(one: Modes, other: Modes) -> int:
    return sum(a is not b for a, b in zip(one.layers, other.layers)) + abs(len(one.layers) - len(other.layers))


class StepMarks:
    """At which calls optimizer steps were made, thinned out evenly when there are too many."""

    def __init__(self, most: int = 4096) -> None:
        self._most = most
        self._every = 1
        self.marks: list[tuple[int, int]] = []  # (number of the step, number of the last call before it)

    def add(self, step: int, call: int) -> None:
        """Take in one step."""
        if step % self._every == 0:
            self.marks.append((step, call))
        if len(self.marks) > self._most:
            self._every *= 2
            self.marks = [mark for mark in self.marks if mark[0] % self._every == 0]
