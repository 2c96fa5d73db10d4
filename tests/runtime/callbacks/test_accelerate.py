"""`DropoutWatch` with an `Accelerator`, a real one and one made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from dropout_lint.runtime.callbacks.accelerate import DropoutWatch
from tests.runtime.callbacks.trainings import Result, loop, same


class ByHand:
    """What is used of an accelerator."""

    def __init__(self) -> None:
        self.logged: list[tuple[dict[str, Any], int | None]] = []

    def log(self, values: dict[str, Any], step: int | None = None) -> None:
        self.logged.append((values, step))


def train(accelerator: Any, **prepared: Any) -> Result:
    step = 0

    def each(loss: Any) -> None:
        nonlocal step
        step += 1
        accelerator.log({"train_loss": loss.item(), "epoch": (step - 1) // 3}, step=step)

    return loop(each=each, **prepared)


def test_the_trackers_get_what_is_found_and_the_report_what_is_logged(tmp_path: Path) -> None:
    accelerator = ByHand()
    with DropoutWatch(accelerator, report=f"json={tmp_path / 'run.json'}"):
        _, losses = train(accelerator)
    news = [(values, step) for values, step in accelerator.logged if "dropout_lint/findings" in values]
    ((values, _),) = news
    assert values["dropout_lint/findings"] == 1
    assert "DRP303" in values["dropout_lint/finding"]
    assert len(accelerator.logged) == 10
    data = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert [loss for loss, _, _ in data["losses"]] == losses
    assert [epoch for epoch, _, _ in data["epochs"]] == [0.0, 1.0, 2.0]


def test_log_is_what_it_was_afterwards() -> None:
    accelerator = ByHand()
    with DropoutWatch(accelerator, report=()):
        assert "log" in vars(accelerator)
    assert "log" not in vars(accelerator)


def test_a_tracker_that_fails_does_not_fail_the_training(caplog: pytest.LogCaptureFixture) -> None:
    class Strict(ByHand):
        def log(self, values: dict[str, Any], step: int | None = None) -> None:
            if "dropout_lint/findings" in values:
                raise RuntimeError("the run is closed")

    with DropoutWatch(Strict(), report=()):
        loop()
    assert "findings could not be sent" in caplog.text
    assert "the run is closed" in caplog.text


def test_a_real_accelerator_trains_bit_by_bit_the_same(tmp_path: Path) -> None:
    accelerate = pytest.importorskip("accelerate")

    def trained(watch: bool) -> Result:
        accelerator = accelerate.Accelerator(cpu=True)
        prepared = {"backward": accelerator.backward, "prepare": accelerator.prepare}
        if not watch:
            return train(accelerator, **prepared)
        with DropoutWatch(accelerator, report=f"json={tmp_path / 'run.json'}"):
            return train(accelerator, **prepared)

    assert same(trained(False), trained(True))
    data = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert [finding["name"] for finding in data["findings"]] == ["train-step-in-eval-mode"]
    assert len(data["losses"]) == 9
