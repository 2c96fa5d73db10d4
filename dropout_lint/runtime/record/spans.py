"""Where along a run something happened, as spans of calls: what the bars of a timeline are drawn from."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from dropout_lint.runtime.record.events import Span

_LONGEST_PAUSE = 8
"""Calls between two sightings of one span: of other models in a training step, or batches that accumulate."""
_MOST = 256


def followed(spans: tuple[Span, ...], later: tuple[Span, ...]) -> tuple[Span, ...]:
    """Both together; ``later`` ones come later, and continue the last span where they are close to it."""
    if not spans or not later:
        return spans or later
    first, last = spans[-1]
    begin, end = later[0]
    if begin - last <= _LONGEST_PAUSE:
        return _bounded((*spans[:-1], (first, max(last, end)), *later[1:]))
    return _bounded(spans + later)


def within(spans: Iterable[Span], others: Iterable[Span]) -> tuple[Span, ...]:
    """What of ``spans`` lies in ``others``; both in order."""
    rest, found = list(others)[::-1], []
    for first, last in spans:
        while rest and rest[-1][1] < first:
            rest.pop()
        for begin, end in reversed(rest):
            if begin > last:
                break
            found.append((max(first, begin), min(last, end)))
    return tuple(found)


def _bounded(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """At most `_MOST` spans: where there are more, those that are closest to each other become one."""
    if len(spans) <= _MOST:
        return spans
    gaps = sorted(right[0] - left[1] for left, right in itertools.pairwise(spans))
    limit = gaps[len(gaps) // 2]
    kept = [spans[0]]
    for begin, end in spans[1:]:
        first, last = kept[-1]
        if begin - last <= limit:
            kept[-1] = (first, end)
        else:
            kept.append((begin, end))
    return tuple(kept)
