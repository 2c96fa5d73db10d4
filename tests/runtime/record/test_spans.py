"""Spans of calls: exact while they are few, and never more than can be drawn."""

from __future__ import annotations

from dropout_lint.runtime.record.events import Span
from dropout_lint.runtime.record.spans import followed, within


def spans_of(*calls: int) -> tuple[Span, ...]:
    spans: tuple[Span, ...] = ()
    for call in calls:
        spans = followed(spans, ((call, call),))
    return spans


def test_calls_that_follow_each_other_are_one_span() -> None:
    assert spans_of(5, 6, 7) == ((5, 7),)


def test_calls_with_a_pause_for_others_are_one_span_and_those_further_apart_are_not() -> None:
    assert spans_of(10, 18, 27) == ((10, 18), (27, 27))


def test_a_wrong_call_in_each_of_many_stretches_leaves_gaps_between() -> None:
    spans = spans_of(*range(100, 901, 50))
    assert len(spans) == 17
    assert all(first == last for first, last in spans)


def test_too_many_spans_lose_the_smallest_gaps() -> None:
    spans = spans_of(*range(0, 100_000, 10), 1_000_000)
    assert len(spans) <= 256
    assert spans[0][0] == 0
    assert spans[-1] == (1_000_000, 1_000_000)


def test_what_lies_in_others_is_kept() -> None:
    others = ((1, 10), (14, 23), (27, 36))
    assert within(((12, 36),), others) == ((14, 23), (27, 36))
    assert within(((9, 15), (20, 20), (24, 25)), others) == ((9, 10), (14, 15), (20, 20))
    assert within((), others) == within(((1, 4),), ()) == ()


def test_two_findings_of_one_place_become_one() -> None:
    assert followed(((1, 4),), ((6, 9), (40, 41))) == ((1, 9), (40, 41))
    assert followed((), ((6, 9),)) == ((6, 9),)
    assert followed(((1, 4),), ()) == ((1, 4),)
