"""Watching changes nothing: results bit by bit, fast paths, compiled graphs; and it can be switched at any time."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.overhead import PLAIN, SUBJECTS, WATCHED
from dropout_lint.runtime import DropoutMonitor
from tests.conftest import ROOT, Run, clean_environment

FINGERPRINTS = """
import sys
from benchmarks.overhead import fingerprints
print(*fingerprints(sys.argv[1]), sep="\\n")
"""

TOGGLES = """
import sys
import threading
import torch
import torch.nn.functional as F
from dropout_lint.runtime import DropoutMonitor, install

sys.setswitchinterval(1e-4)  # threads take turns more often: more interleavings, and no long waits for the lock
install()
torch.set_num_threads(1)
stop = threading.Event()
counts = [0] * 4


def work(number):
    x = torch.ones(64)
    while not stop.is_set():
        F.dropout(x, 0.5)
        counts[number] += 1


threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for _ in range(5000):
    with DropoutMonitor(no_grad="report"):
        pass
stop.set()
for thread in threads:
    thread.join()
assert min(counts) > 0, counts
print("survived")
"""


def fingerprints(variant: str, run: Run) -> list[str]:
    """A digest of the outputs and gradients of each model and step of the overhead benchmark, from a fresh process."""
    environment = clean_environment(PYTHONPATH=str(ROOT))
    done = run(sys.executable, "-c", FINGERPRINTS, variant, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.checkout
def test_outputs_and_gradients_are_bitwise_equal(run: Run) -> None:
    plain = fingerprints(PLAIN, run)
    assert len(plain) == len(SUBJECTS)
    assert fingerprints(WATCHED, run) == plain


class Operators(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The names of the operators that reach the dispatcher's lowest layer."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seen: set[str] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        self.seen.add(func.overloadpacket.__name__)
        return func(*args, **(kwargs or {}))


def test_the_fast_path_of_the_transformer_is_kept() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.5, batch_first=True).eval()
    with torch.no_grad(), DropoutMonitor(no_grad="report") as monitor, Operators() as operators:
        layer(torch.ones(1, 4, 8))
    assert "_transformer_encoder_layer_fwd" in operators.seen
    assert monitor.events == ()


class Compiled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc, self.drop, self.norm = nn.Linear(8, 8), nn.Dropout(0.5), nn.BatchNorm1d(8)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(F.dropout(self.drop(self.fc(x)), 0.1, self.training))
        return y


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
@pytest.mark.parametrize("when", ["on before it is compiled", "on after it was compiled"])
def test_nothing_breaks_a_compiled_graph(backend: str, when: str) -> None:
    torch._dynamo.reset()
    model = Compiled().eval()
    compiled = torch.compile(model, backend=backend, fullgraph=True)  # raises at a graph break
    x = torch.rand(4, 8)
    with torch.no_grad():
        expected = model(x)
        if when == "on after it was compiled":
            compiled(x)
        with DropoutMonitor(no_grad="report") as monitor:
            assert torch.equal(compiled(x), expected)
    assert monitor.events == ()


def test_it_can_be_switched_five_thousand_times_while_four_threads_drop(run: Run, tmp_path: Path) -> None:
    done = run(sys.executable, "-c", TOGGLES, cwd=ROOT, env=clean_environment(PYTHONPATH=str(ROOT)))
    assert done.stdout.strip() == "survived", (done.returncode, done.stderr[-2000:])
