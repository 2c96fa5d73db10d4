"""A monitor changes nothing of what it watches: results, gradients, random numbers, exported graphs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402

from dropout_lint.runtime import DropoutMonitor  # noqa: E402
from tests.conftest import ROOT, clean_environment  # noqa: E402
from tests.runtime.nets import BATCH, Bad, Good  # noqa: E402

SEQUENCE = torch.linspace(-1, 1, 2 * 5 * 8).reshape(2, 5, 8)


class First(nn.Module):
    """The first output of ``inner``."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.inner(x)[0]
        return out


MODELS: dict[str, tuple[Callable[[], nn.Module], Tensor]] = {
    "functional": (Bad, BATCH),
    "layers": (Good, BATCH),
    "LSTM": (lambda: First(nn.LSTM(8, 8, 2, dropout=0.3)), SEQUENCE),
    "GRU": (lambda: First(nn.GRU(8, 8, 2, dropout=0.3)), SEQUENCE),
    "encoder": (lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), SEQUENCE),
    "dropout2d": (lambda: nn.Sequential(nn.Conv1d(5, 5, 1), nn.Dropout1d(), nn.AlphaDropout()), SEQUENCE),
    "rrelu": (lambda: nn.Sequential(nn.Linear(8, 8), nn.RReLU(), nn.Dropout(inplace=True)), SEQUENCE),
}


def step(make: Callable[[], nn.Module], batch: Tensor, *, train: bool) -> list[Tensor]:
    """Output, gradients, buffers and the generator's state after one step, and what autograd calls its last node."""
    torch.manual_seed(0)
    model = make().train(train)
    x = batch.clone().requires_grad_()
    out = model(x)
    out.square().sum().backward()
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    assert x.grad is not None
    return [
        out.detach(),
        x.grad,
        *gradients,
        *model.buffers(),
        torch.get_rng_state(),
        torch.tensor(hash(type(out.grad_fn))),
    ]


@pytest.mark.parametrize("train", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize(("make", "batch"), MODELS.values(), ids=MODELS.keys())
def test_results_and_gradients_are_bitwise_equal(make: Callable[[], nn.Module], batch: Tensor, train: bool) -> None:
    plain = step(make, batch, train=train)
    with DropoutMonitor(everything=True):
        watched = step(make, batch, train=train)
    assert len(plain) == len(watched)
    assert all(torch.equal(one, other) for one, other in zip(plain, watched))


def test_compiling_is_not_taken_for_running() -> None:
    torch._dynamo.reset()
    model = torch.compile(Bad().eval(), backend="aot_eager", fullgraph=True)
    with torch.no_grad(), DropoutMonitor() as monitor:
        model(BATCH)
        model(BATCH)
    assert [(event.code, event.count) for event in monitor.events] == [("DRP201", 2)]


def test_exported_graphs_are_the_same() -> None:
    model = Bad().eval()
    plain = torch.export.export(model, (BATCH,))
    with DropoutMonitor(everything=True):
        watched = torch.export.export(model, (BATCH,))
    assert str(plain.graph) == str(watched.graph)


def test_installing_prints_no_warning() -> None:
    code = "from dropout_lint.runtime import install; import torch; print(install()); torch.nn.Dropout()(torch.ones(2))"
    result = subprocess.run(
        [sys.executable, "-W", "always", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=clean_environment(),
    )
    assert result.stderr == ""
