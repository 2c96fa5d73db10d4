"""What is told while a run goes on is never taken back."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from dropout_lint.runtime.record.events import Place
from dropout_lint.runtime.watching.judging.findings import Confidence, Moment, RunFinding
from dropout_lint.runtime.watching.news import News

PLACE = Place.at("train.py", 3)


def finding(name: str, step: int = 1, count: int = 1) -> RunFinding:
    return RunFinding(
        "DRP303", name, name, "", Confidence.HIGH, "Net", PLACE, Moment(1, step), Moment(1, step), count, "call", ()
    )


def test_a_step_in_eval_mode_is_told_at_once_and_once() -> None:
    news = News()
    (told,) = news.of([finding("train-step-in-eval-mode")], steps=1)
    assert told.name == "train-step-in-eval-mode"
    assert news.of([finding("train-step-in-eval-mode", count=7)], steps=9, at_the_end=True) == []


@pytest.mark.parametrize(("steps", "told"), [(1, 0), (8, 0), (9, 1)])
def test_an_evaluation_in_train_mode_waits_for_further_steps(steps: int, told: int) -> None:
    assert len(News().of([finding("eval-loop-in-train-mode", step=1)], steps=steps)) == told


def test_what_a_later_training_may_excuse_is_told_at_the_end() -> None:
    news = News()
    assert news.of([finding("inference-in-train-mode")], steps=100) == []
    assert len(news.of([finding("inference-in-train-mode")], steps=100, at_the_end=True)) == 1


def test_a_kind_that_is_not_known_waits_too() -> None:
    assert News().of([finding("something-new")], steps=1) == []
