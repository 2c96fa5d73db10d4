"""`DropoutWatch` at the hooks of Lightning: both packages where they are installed, and a trainer made by hand."""

from __future__ import annotations

import importlib
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from dropout_lint.runtime.callbacks.lightning_hooks import LightningHooks  # noqa: E402
from tests.conftest import ROOT  # noqa: E402
from tests.runtime.callbacks.trainings import BATCHES, Result, loop, net, same, state  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


class Logger:
    """A logger of Lightning, as far as it is used."""

    def __init__(self) -> None:
        self.metrics: list[tuple[dict[str, float], int]] = []
        self.texts: list[str] = []
        self.experiment = SimpleNamespace(add_text=lambda tag, text, step: self.texts.append(text))

    def log_metrics(self, metrics: dict[str, float], step: int) -> None:
        self.metrics.append((metrics, step))


def by_hand(callback: LightningHooks, logger: Any, epochs: int = 3, fail_in: int | None = None) -> Result:
    """Calls the hooks in the order in which Lightning calls them."""
    trainer = SimpleNamespace(current_epoch=0, global_step=0, is_global_zero=True, loggers=[logger])

    def begin(epoch: int) -> None:
        if epoch:
            callback.on_train_epoch_end(trainer, None)
        trainer.current_epoch = epoch
        callback.on_train_epoch_start(trainer, None)

    def each(loss: Any) -> None:
        trainer.global_step += 1
        callback.on_train_batch_end(trainer, None, {"loss": loss.detach()}, None, 0)
        if trainer.current_epoch == fail_in:
            raise ValueError("out of luck")

    callback.setup(trainer, None, "fit")
    try:
        result = loop(epochs, begin=begin, each=each)
    except ValueError as error:
        callback.on_exception(trainer, None, error)
        raise
    callback.on_train_epoch_end(trainer, None)
    callback.teardown(trainer, None, "fit")
    return result


def test_the_loggers_of_the_trainer_get_count_and_text_and_the_page_is_written_when_it_ends(tmp_path: Path) -> None:
    page, data = tmp_path / "modes.html", tmp_path / "modes.json"
    callback, logger = LightningHooks(report=[f"html={page}", f"json={data}"]), Logger()
    try:
        _, losses = by_hand(callback, logger)
        assert page.read_text("utf-8").rstrip().endswith("</html>")
        report = json.loads(data.read_text("utf-8"))
        assert report["ended"] == "finished"
        assert [loss for loss, _, _ in report["losses"]] == losses
        assert report["epochs"] == [[0.0, 0, 0], [1.0, 6, 3], [2.0, 12, 6]]
        assert [metrics["dropout_lint/findings"] for metrics, step in logger.metrics if step == 9] == [1.0]
        assert logger.metrics[0] == ({"dropout_lint/findings": 0.0}, 3)
        (text,) = logger.texts
        assert "DRP303" in text
    finally:
        callback.close()


def test_it_listens_on_after_the_trainer_until_another_one_begins(caplog: pytest.LogCaptureFixture) -> None:
    first = LightningHooks(report=())
    by_hand(first, Logger(), epochs=1)
    loop()  # what follows in the script
    assert [finding.name for finding in first.findings] == ["train-step-in-eval-mode"]
    second = LightningHooks(report=())
    try:
        caplog.clear()
        loop()
        second.close()
        assert len(caplog.records) == 1
    finally:
        second.close()
        first.close()


def test_an_exception_leaves_the_report_before_it_reaches_the_script(tmp_path: Path) -> None:
    callback = LightningHooks(report=f"json={tmp_path / 'run.json'}")
    try:
        with pytest.raises(ValueError, match="out of luck"):
            by_hand(callback, Logger(), fail_in=1)
        assert json.loads((tmp_path / "run.json").read_text("utf-8"))["ended"] == "ValueError: out of luck"
    finally:
        callback.close()


def test_a_copy_in_another_process_begins_anew() -> None:
    callback = LightningHooks(report=(), min_confidence="high")
    try:
        copy = pickle.loads(pickle.dumps(callback))
        assert copy.findings == ()
        by_hand(copy, Logger())
        assert [finding.confidence.value for finding in copy.findings] == ["high"]
        copy.close()
    finally:
        callback.close()


PACKAGES = {"lightning": "lightning.pytorch", "pytorch_lightning": "pytorch_lightning"}


def fitted(package: str, folder: Path, *callbacks: Any) -> tuple[Result, Any]:
    """Fits, validates and tests; the backbone comes in eval mode, as a pretrained one does."""
    lightning = pytest.importorskip(PACKAGES[package])
    losses: list[float] = []

    class Module(lightning.LightningModule):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.backbone = net().eval()

        def training_step(self, batch: Any, index: int) -> Any:
            loss = self.backbone(batch).square().mean()
            losses.append(float(loss.detach()))
            return loss

        def validation_step(self, batch: Any, index: int) -> None:
            self.backbone(batch)

        test_step = validation_step

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    module = Module()
    loggers = importlib.import_module(f"{PACKAGES[package]}.loggers")
    logger = loggers.CSVLogger(folder)
    trainer = lightning.Trainer(
        max_epochs=2,
        accelerator="cpu",
        logger=logger,
        callbacks=list(callbacks),
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    loader = torch.utils.data.DataLoader(BATCHES, batch_size=None)
    trainer.fit(module, loader, loader)
    trainer.test(module, loader, verbose=False)
    return (state(module), losses), logger


@pytest.mark.parametrize("package", PACKAGES)
def test_lightning_trains_bit_by_bit_the_same(package: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip(package)
    module = importlib.import_module(f"dropout_lint.runtime.callbacks.{package}")
    plain, _ = fitted(package, tmp_path)
    callback = module.DropoutWatch(report=f"json={tmp_path / 'run.json'}")
    try:
        result, logger = fitted(package, tmp_path, callback)
    finally:
        callback.close()
    assert same(plain, result)
    data = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert [finding["name"] for finding in data["findings"]] == ["train-step-in-eval-mode"]
    assert [epoch for epoch, _, _ in data["epochs"]] == [0.0, 1.0]
    assert [loss for loss, _, _ in data["losses"]] == result[1]
    assert "while `SGD` trains it" in caplog.text
    assert "dropout_lint/findings" in Path(logger.experiment.metrics_file_path).read_text("utf-8")


KILLED = """
import os, signal
import torch
import {package} as lightning
from dropout_lint.runtime.callbacks.{name} import DropoutWatch
from tests.runtime.callbacks.trainings import BATCHES, net

class Module(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.backbone = net().eval()
    def training_step(self, batch, index):
        if self.trainer.global_step == 4:
            os.kill(os.getpid(), signal.SIGTERM)
        return self.backbone(batch).square().mean()
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

trainer = lightning.Trainer(
    max_epochs=1000, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
    callbacks=[DropoutWatch(report=["html=modes.html", "json=modes.json"])],
)
trainer.fit(Module(), torch.utils.data.DataLoader(BATCHES, batch_size=None))
"""


@pytest.mark.skipif(os.name != "posix", reason="signals end processes in another way there")
@pytest.mark.parametrize("package", PACKAGES)
def test_a_lightning_run_that_is_killed_leaves_page_and_json(package: str, tmp_path: Path) -> None:
    pytest.importorskip(package)
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED.format(package=PACKAGES[package], name=package)],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=300,
    )
    data = json.loads((tmp_path / "modes.json").read_text("utf-8"))
    assert "SIGTERM" in data["ended"]
    assert [finding["name"] for finding in data["findings"]] == ["train-step-in-eval-mode"]
    assert (tmp_path / "modes.html").read_text("utf-8").rstrip().endswith("</html>")


RANKS = """
import sys
import torch
import pytorch_lightning as lightning
from dropout_lint.runtime.callbacks.pytorch_lightning import DropoutWatch
from tests.runtime.callbacks.trainings import BATCHES, net

class Module(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.backbone = net().eval()
    def training_step(self, batch, index):
        return self.backbone(batch).square().mean()
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

trainer = lightning.Trainer(
    max_epochs=2, accelerator="cpu", devices=2, strategy="ddp", logger=False, enable_checkpointing=False,
    enable_progress_bar=False, callbacks=[DropoutWatch(report="json=modes.json")],
)
trainer.fit(Module(), torch.utils.data.DataLoader(BATCHES, batch_size=None))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="gloo between processes of one machine")
def test_of_two_processes_each_writes_its_own_file_and_one_logs(tmp_path: Path) -> None:
    pytest.importorskip("pytorch_lightning")
    (tmp_path / "train.py").write_text(RANKS)
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "train.py"],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.stderr.count("DRP303") == 1
    reports = {path.name: json.loads(path.read_text("utf-8")) for path in tmp_path.glob("*.json")}
    assert {name: report["rank"] for name, report in reports.items()} == {"modes.json": 0, "modes.rank1.json": 1}
    assert all(len(report["findings"]) == 1 for report in reports.values())
