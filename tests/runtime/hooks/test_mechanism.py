"""Where torch cannot override kernels, its Python functions are patched, and the report says what is not seen then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Run, clean_environment

pytest.importorskip("torch")

from dropout_lint.runtime.hooks.mechanism import Mechanism
from dropout_lint.testing.blind_spots import tell_blind_spots

PROGRAM = """
import torch, warnings
from torch import nn
import torch.nn.functional as F
vars(torch.library).pop("get_kernel", None)  # as in torch before 2.9
from dropout_lint.runtime import DropoutMonitor, install
mechanism = install()
assert mechanism.name == "patch", mechanism
assert "TorchScript" in str(mechanism) and "get_kernel" in str(mechanism), mechanism

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = [nn.LSTM(4, 4, 2, dropout=0.2), nn.GRU(4, 4, 2, dropout=0.1), nn.BatchNorm1d(4), nn.RReLU()]

    def forward(self, x):
        x = self.hidden[0](x)[0]
        x = self.hidden[0](nn.utils.rnn.pack_sequence([x]))[0].data
        for layer in self.hidden[2:]:
            x = layer(x)
        x = self.hidden[1](x)[0]
        F.scaled_dot_product_attention(x[None], x[None], x[None], dropout_p=0.1)
        F.alpha_dropout(x, 0.3, training=True)
        return F.dropout(x, 0.5)

model = Net().eval()
with torch.no_grad(), DropoutMonitor() as monitor:
    model(torch.ones(3, 4))
print(*[f"{event.op}:{event.p}" for event in monitor.events])
good = nn.Sequential(nn.Linear(4, 4), nn.Dropout(), nn.BatchNorm1d(4), nn.LSTM(4, 4, 2, dropout=0.2)).eval()
with DropoutMonitor() as monitor:
    good(torch.ones(3, 4))
    torch.compile(good[:3], backend="eager", fullgraph=True)(torch.ones(3, 4))
    torch.jit.script(good[:3])(torch.ones(3, 4))
    good.train()(torch.ones(3, 4))[0].sum().backward()
assert monitor.events == (), monitor.events
"""


ASSERTING = """
import torch, warnings
from torch import nn
vars(torch.library).pop("get_kernel", None)
from dropout_lint import BlindSpotWarning
from dropout_lint.testing import assert_no_active_dropout

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for _ in range(2):
        assert_no_active_dropout(nn.Dropout().eval(), torch.ones(3))
for warning in caught:
    assert warning.category is BlindSpotWarning, warning
    print(warning.filename, warning.message)
"""


def test_an_assertion_that_holds_says_once_what_it_could_not_see(tmp_path: Path, run: Run) -> None:
    (tmp_path / "check.py").write_text(ASSERTING, "utf-8")
    done = run(sys.executable, "check.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert "check.py dropout is watched by patch" in line
    assert "dropout inside TorchScript and C++" in line
    assert "`assert_deterministic` sees more" in line


def test_where_kernels_are_overridden_an_assertion_has_nothing_to_say(recwarn: pytest.WarningsRecorder) -> None:
    tell_blind_spots(Mechanism("kernel"))
    assert not recwarn


def test_the_patch_sees_what_the_kernels_see_from_python() -> None:
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=clean_environment(),
    )
    assert result.returncode == 0, result.stderr
    expected = "lstm:0.2 lstm:0.2 batch_norm:None rrelu:None gru:0.1 scaled_dot_product_attention:0.1"
    assert result.stdout.split("\n")[0] == f"{expected} alpha_dropout:0.3 dropout:0.5"
