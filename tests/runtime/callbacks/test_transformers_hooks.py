"""`DropoutWatch` at the events of the trainer of transformers: a real one, and one made by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from dropout_lint.runtime.callbacks.transformers_hooks import TransformersHooks  # noqa: E402
from tests.conftest import ROOT  # noqa: E402
from tests.runtime.callbacks.trainings import Result, loop, same, state  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


class WandbCallback:
    """One that reports, as transformers has them."""

    __module__ = "transformers.integrations.by_hand"

    def __init__(self) -> None:
        self.logs: list[dict[str, Any]] = []

    def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.logs.append(kwargs["logs"])


class MLflowCallback(WandbCallback):
    """One that takes numbers alone."""

    __module__ = WandbCallback.__module__


class Handler:
    """The list of callbacks, which calls them."""

    def __init__(self, *callbacks: Any) -> None:
        self.callbacks = callbacks
        self.state = SimpleNamespace(epoch=0.0, global_step=0, log_history=[])

    def call(self, event: str, **kwargs: Any) -> None:
        if "logs" in kwargs:
            self.state.log_history.append(dict(kwargs["logs"]))
        for callback in self.callbacks:
            if hasattr(callback, event):
                getattr(callback, event)(None, self.state, None, **kwargs)


def by_hand(handler: Handler) -> Result:
    def begin(epoch: int) -> None:
        handler.state.epoch = float(epoch)
        handler.call("on_epoch_begin", model=None)

    def each(loss: Any) -> None:
        handler.state.global_step += 1
        handler.call("on_log", logs={"loss": loss.item()})

    handler.call("on_train_begin")
    result = loop(begin=begin, each=each)
    handler.call("on_log", logs={"train_loss": 1.0})
    handler.call("on_train_end")
    return result


def test_whatever_the_trainer_reports_to_gets_it_and_the_history_too(tmp_path: Path) -> None:
    wandb, mlflow = WandbCallback(), MLflowCallback()
    callback = TransformersHooks(report=f"json={tmp_path / 'run.json'}")
    handler = Handler(wandb, mlflow, callback)
    try:
        _, losses = by_hand(handler)
    finally:
        callback.close()
    counts = [entry["dropout_lint/findings"] for entry in handler.state.log_history if "loss" in entry]
    assert (counts[0], counts[-1]) == (0, 1)
    texts = [logs["dropout_lint/finding"] for logs in wandb.logs if "dropout_lint/finding" in logs]
    assert len(texts) == 1
    assert "DRP303" in texts[0]
    assert all(isinstance(value, (int, float)) for logs in mlflow.logs for value in logs.values())
    assert {"dropout_lint/findings": 1} in mlflow.logs
    data = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert [loss for loss, _, _ in data["losses"]] == losses
    assert [epoch for epoch, _, _ in data["epochs"]] == [0.0, 1.0, 2.0]


TRAINING = """
import torch
import transformers

class Data(torch.utils.data.Dataset):
    def __len__(self):
        return 8
    def __getitem__(self, index):
        tokens = torch.arange(index, index + 6) % 20
        return {"input_ids": tokens, "labels": torch.tensor(index % 2)}

def train(folder, callbacks, end=lambda step: None, steps=-1):
    transformers.set_seed(0)
    config = transformers.BertConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )

    class Model(transformers.BertForSequenceClassification):
        calls = 0
        def train(self, mode=True):  # dropout stays off, as by mistake
            return super().train(False)
        def forward(self, *args, **kwargs):
            self.calls += 1
            end(self.calls)
            return super().forward(*args, **kwargs)

    model = Model(config)
    arguments = transformers.TrainingArguments(
        output_dir=str(folder), num_train_epochs=2, max_steps=steps, per_device_train_batch_size=2, logging_steps=1,
        eval_strategy="epoch", save_strategy="no", report_to=[], use_cpu=True, disable_tqdm=True,
        remove_unused_columns=False,
    )
    trainer = transformers.Trainer(
        model, arguments, train_dataset=Data(), eval_dataset=Data(), callbacks=list(callbacks)
    )
    trainer.train()
    return model, trainer.state.log_history
"""


def trained(folder: Path, *callbacks: Any) -> tuple[Result, list[dict[str, Any]]]:
    names: dict[str, Any] = {"__name__": "training"}
    exec(TRAINING, names)
    model, history = names["train"](folder, callbacks)
    return (state(model), [entry["loss"] for entry in history if "loss" in entry]), history


def test_transformers_trains_bit_by_bit_the_same(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    from dropout_lint.runtime.callbacks.transformers import DropoutWatch

    plain, _ = trained(tmp_path)
    callback = DropoutWatch(report=f"json={tmp_path / 'run.json'}")
    try:
        result, history = trained(tmp_path, callback)
    finally:
        callback.close()
    assert same(plain, result)
    assert len(result[1]) == 8
    assert [entry["dropout_lint/findings"] for entry in history if "loss" in entry][-1] == 1
    data = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert [finding["name"] for finding in data["findings"]] == ["train-step-in-eval-mode"]
    assert [loss for loss, _, _ in data["losses"]] == result[1]
    assert [epoch for epoch, _, _ in data["epochs"]] == [0.0, 1.0]


KILLED = """
import os, signal
from dropout_lint.runtime.callbacks.transformers import DropoutWatch
def end(calls):
    if calls == 6:
        os.kill(os.getpid(), signal.SIGTERM)
train("out", [DropoutWatch(report=["html=modes.html", "json=modes.json"])], end, steps=1000)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals end processes in another way there")
def test_a_run_that_is_killed_leaves_page_and_json(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TRAINING + KILLED],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=300,
    )
    data = json.loads((tmp_path / "modes.json").read_text("utf-8"))
    assert data["ended"] == "killed by SIGTERM"
    assert [finding["name"] for finding in data["findings"]] == ["train-step-in-eval-mode"]
    assert (tmp_path / "modes.html").read_text("utf-8").rstrip().endswith("</html>")
