"""`DropoutWatch` around a loop of one's own: what is found is logged while it runs, and nothing changes."""

from __future__ import annotations

import json
import logging
import math
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from dropout_lint.runtime import DropoutWatch  # noqa: E402
from tests.runtime.callbacks.trainings import loop, same  # noqa: E402


def watched(folder: Path, **options: Any) -> tuple[Any, dict[str, Any]]:
    path = folder / "run.json"
    with DropoutWatch(report=f"json={path}", **options) as watching:
        result = loop(begin=lambda epoch: watching.log(epoch=epoch), each=lambda loss: watching.log(loss=loss))
    return result, json.loads(path.read_text("utf-8"))


def test_nothing_changes(tmp_path: Path) -> None:
    assert same(loop(), watched(tmp_path)[0])


def test_a_finding_is_logged_once_while_the_loop_runs(caplog: pytest.LogCaptureFixture) -> None:
    logged: list[int] = []

    def begin(epoch: int) -> None:
        watching.log(epoch=epoch)
        logged.append(len(caplog.records))

    with DropoutWatch(report=()) as watching:
        loop(begin=begin)
    assert logged == [0, 0, 1]
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("dropout_lint", logging.WARNING)
    assert "DRP303 `Sequential` is in eval mode while `SGD` trains it" in record.message
    assert "(since optimizer step 4)" in record.message
    assert "call `train()`" in record.message


def test_epochs_loss_and_time_stand_on_the_timeline(tmp_path: Path) -> None:
    (_, losses), data = watched(tmp_path)
    assert data["epochs"] == [[0.0, 0, 0], [1.0, 6, 3], [2.0, 12, 6]]
    assert [loss for loss, _, _ in data["losses"]] == losses
    assert [step for _, _, step in data["losses"]] == list(range(1, 10))
    assert [call for call, _ in data["times"]] == list(range(1, 19))
    assert data["seconds"] >= data["times"][-1][1] >= data["times"][0][1] >= 0
    assert data["started"].endswith("Z")


def test_a_loss_that_is_no_number_leaves_a_gap(tmp_path: Path) -> None:
    with DropoutWatch(report=f"json={tmp_path / 'run.json'}") as watching:
        watching.log(loss=math.nan)
        watching.log(loss=torch.tensor(math.inf))
        watching.log(loss=torch.ones(2))  # no loss at all
        watching.log(loss=torch.ones((), device="meta"))
        watching.log(loss="0.5")
    assert json.loads((tmp_path / "run.json").read_text("utf-8"))["losses"] == [[None, 0, 0], [None, 0, 0]]


class Writer:
    """A SummaryWriter, as far as it is used."""

    def __init__(self) -> None:
        self.scalars: list[tuple[str, float]] = []
        self.texts: list[tuple[str, str]] = []

    def add_scalar(self, tag: str, value: float, step: int | None) -> None:
        self.scalars.append((tag, value))

    def add_text(self, tag: str, text: str, step: int | None) -> None:
        self.texts.append((tag, text))


def test_a_writer_gets_what_is_found() -> None:
    writer = Writer()
    with DropoutWatch(report=(), logger=writer):
        loop()
    assert writer.scalars == [("dropout_lint/findings", 1)]
    ((tag, text),) = writer.texts
    assert tag == "dropout_lint/finding"
    assert "DRP303" in text


def test_an_exception_ends_it_and_leaves_the_report(tmp_path: Path) -> None:
    def fail(loss: object) -> None:
        raise ValueError("out of luck")

    with pytest.raises(ValueError, match="out of luck"), DropoutWatch(report=f"json={tmp_path / 'run.json'}"):
        loop(each=fail)
    assert json.loads((tmp_path / "run.json").read_text("utf-8"))["ended"] == "ValueError: out of luck"


def test_what_a_watch_cannot_do_is_an_error_with_the_choices() -> None:
    with pytest.raises(ValueError, match="formats are text, json, html"):
        DropoutWatch(report="xml")
