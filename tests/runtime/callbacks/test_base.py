"""What all watches of trainers share: nothing is imported that the program does not import, and one rank logs."""

from __future__ import annotations

import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")

from dropout_lint.runtime.callbacks.base import TrainerWatch  # noqa: E402
from tests.conftest import ROOT  # noqa: E402
from tests.runtime.callbacks.trainings import loop  # noqa: E402


def test_no_trainer_is_imported_for_a_loop_or_for_accelerate() -> None:
    code = (
        "import sys\nfrom dropout_lint.runtime import DropoutWatch\nimport dropout_lint.runtime.callbacks.accelerate\n"
        "trainers = {'lightning', 'pytorch_lightning', 'transformers', 'accelerate', 'tensorboard'}\n"
        "assert not trainers & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_other_ranks_do_not_log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    watching = TrainerWatch(report=())
    loop()
    watching.close()
    assert len(watching.findings) == 1
    assert caplog.records == []


def test_a_loss_on_a_device_is_read_only_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    watching = TrainerWatch(report=())
    watching.close()
    fake = type("Loss", (torch.Tensor,), {"device": torch.device("cuda")})
    loss = torch.ones(()).as_subclass(fake)
    assert [watching._read(loss), watching._read(loss)] == [1.0, None]
