"""Epochs, losses and times along a run, in bounded memory."""

from __future__ import annotations

import itertools

from dropout_lint.runtime.record.marks import Marks, Thinned


def test_a_series_is_thinned_out_evenly() -> None:
    series = Thinned[int](most=100)
    for number in range(10_000):
        series.add(number)
    assert 50 <= len(series.items) <= 100
    assert len({b - a for a, b in itertools.pairwise(series.items)}) == 1


def test_the_clock_is_read_only_for_calls_that_are_kept() -> None:
    readings = itertools.count()
    marks = Marks(lambda: float(next(readings)))
    for number in range(1, 100_001):
        marks.call(number)
    assert len(marks.times.items) <= 2048
    assert next(readings) < 20_000


def test_an_epoch_begins_once() -> None:
    marks = Marks()
    for epoch, call in ((0, 0), (0, 3), (1, 6)):
        marks.epoch(epoch, call, call)
    assert marks.epochs.items == [(0, 0, 0), (1, 6, 6)]
