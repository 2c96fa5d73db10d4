"""Layers, classes, scripts and models may have any name; what is said of them at run time is printable."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from dropout_lint.cli import main  # noqa: E402
from dropout_lint.render import formats  # noqa: E402
from dropout_lint.runtime import mode_report, monte_carlo_dropout  # noqa: E402
from dropout_lint.runtime.watching.outputs import FORMATS  # noqa: E402
from dropout_lint.testing import (  # noqa: E402
    assert_deterministic,
    assert_dropout_active,
    assert_eval_is_identity,
    assert_eval_mode,
    assert_eval_propagates,
    assert_mode_restored,
    assert_no_active_dropout,
    assert_train_mode,
)
from tests.conftest import ROOT, clean_environment  # noqa: E402
from tests.hostile_text import ESCAPES, NAME, acts  # noqa: E402
from tests.runtime.nets import events_of  # noqa: E402

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")

LAYER = NAME.replace(".", "")


class _Always(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(x, 0.5)


class _Renames(nn.Sequential):
    def eval(self) -> _Renames:
        raise RuntimeError(NAME)


def named(cls: type[nn.Module], *layers: nn.Module) -> nn.Module:
    """A module of a class, and with layers, that are called as a stranger likes."""
    module: nn.Module = type(NAME, (cls,), {})()
    for number, layer in enumerate(layers):
        module.add_module(f"{LAYER}{number}", layer)
    return module


def net() -> nn.Module:
    return named(nn.Sequential, named(nn.Dropout), named(_Always), nn.BatchNorm1d(4))


def _switched() -> None:
    model = net()
    with assert_mode_restored(model):
        model.eval()


def _mc() -> None:
    with monte_carlo_dropout(named(nn.Sequential)):
        pass


FAILING: dict[str, Callable[[], None]] = {
    "eval mode": lambda: assert_eval_mode(net()),
    "train mode": lambda: assert_train_mode(net().eval()),
    "propagates": lambda: assert_eval_propagates(named(_Renames, nn.Dropout())),
    "restored": _switched,
    "active": lambda: assert_no_active_dropout(net(), torch.ones(2, 4)),
    "not active": lambda: assert_dropout_active(named(nn.Sequential, named(nn.Identity)), torch.ones(2, 4)),
    "identity": lambda: assert_eval_is_identity(named(_Always)),
    "deterministic": lambda: assert_deterministic(named(_Always), torch.ones(2, 4)),
    "Monte Carlo": _mc,
}


@pytest.mark.parametrize("fails", FAILING.values(), ids=FAILING)
def test_assertions_and_errors_name_layers_printable(fails: Callable[[], None]) -> None:
    with pytest.raises((AssertionError, ValueError)) as caught:
        fails()
    assert acts(str(caught.value)) == []


def test_reports_and_events_are_printed_printable_and_keep_the_names() -> None:
    report = mode_report(net())
    assert acts(str(report)) == []
    assert len(str(report).splitlines()) == 2 + len(report.effective)
    assert next(layer.path for layer in report.layers) == f"{LAYER}0"
    (event,) = events_of(named(nn.Sequential, named(_Always)).eval(), torch.ones(2, 4))
    assert acts(str(event)) == []
    assert event.module == f"{LAYER}0"


SCRIPT = f"""
import sys
import torch
from torch import nn
NAME = {NAME!r}
LAYER = NAME.replace(".", "")
torch.manual_seed(0)
model = type(NAME, (nn.Sequential,), {{}})()
for number, layer in enumerate([nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1)]):
    model.add_module(LAYER + str(number), layer)
optimizer = torch.optim.SGD(model.parameters(), 0.1)
for epoch in range(2):
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.randn(4, 4)).pow(2).mean().backward(); _ = "{ESCAPES.replace(chr(0x2028), "")}"
        optimizer.step()
    model.eval()
    with torch.no_grad():
        scores = [float(model(torch.randn(4, 4)).mean()) for _ in range(2)]
raise ValueError(NAME) if len(sys.argv) > 1 else SystemExit
"""


def watch(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-W", "ignore", "-m", "dropout_lint.runtime", *words]
    environment = clean_environment(OMP_NUM_THREADS="1", PYTHONPATH=str(ROOT))
    return subprocess.run(command, cwd=folder, capture_output=True, env=environment, check=False)


def test_a_watched_run_is_reported_printable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / f"folder {LAYER}"
    folder.mkdir()
    (folder / NAME).write_text(SCRIPT, "utf-8")
    wanted = [word for name in FORMATS for word in ("--report", f"{name}={LAYER}.{name}")]
    done = watch(folder, *wanted, NAME)
    told = done.stderr.decode()
    assert "DRP303" in told
    assert "wrote" in told
    assert acts(told) == []
    for name in FORMATS:
        text = (folder / f"{LAYER}.{name}").read_text("utf-8")
        assert "DRP303" in text
        assert acts(text) == []
    report = json.loads((folder / f"{LAYER}.json").read_text("utf-8"))
    assert report["findings"][0]["file"] == str(folder / NAME)  # data stays what it is

    for name in formats():
        words = ["--with-runtime", str(folder / f"{LAYER}.json"), str(folder / NAME)]
        main(["check", "--isolated", "--no-cache", "--output-format", name, *words])
        out, err = capsys.readouterr()
        assert "DRP303" in out
        assert (acts(out), acts(err)) == ([], [])


@pytest.mark.parametrize(
    "words", [(NAME,), (f"--{NAME}",), ("--report", NAME, "x.py"), ("--report", f"html=no/{NAME}", "x.py")]
)
def test_what_is_typed_wrong_is_told_printable(words: tuple[str, ...], tmp_path: Path) -> None:
    done = watch(tmp_path, *words)
    assert done.returncode == 2
    assert acts((done.stdout + done.stderr).decode()) == []


PYTEST = f"""
import pytest
import torch
import torch.nn.functional as F
from torch import nn

NAME = {NAME!r}


class Net(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5)


def test_it():
    model = type(NAME, (nn.Sequential,), {{}})()
    model.add_module(NAME.replace(".", ""), type(NAME, (Net,), {{}})())
    model.eval()(torch.ones(3))
"""


@pytest.mark.parametrize("mode", ["fail", "warn", NAME])
def test_the_pytest_plugin_speaks_printable(mode: str, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(PYTEST, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--dropout-guard={mode}", "test_it.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, env=clean_environment(), check=False)
    told = (done.stdout + done.stderr).decode()
    assert "DRP201" in told or "unknown mode" in told
    assert acts(told) == []


def pickled(path: Path) -> None:
    cls = type(LAYER, (nn.Sequential,), {"__module__": __name__})
    globals()[LAYER] = cls  # where pickle looks for it
    model = cls()
    for number in range(3):
        model.add_module(f"{LAYER}{number}", nn.Dropout())
    torch.save(model, path, pickle_protocol=4)  # earlier ones know ASCII only


def onnx(path: Path) -> None:
    helper = pytest.importorskip("onnx").helper
    floats, truth = 1, 9
    value = helper.make_tensor_value_info
    constants = [helper.make_tensor("ratio", floats, [], [0.25]), helper.make_tensor("mode", truth, [], [True])]
    nodes = [
        helper.make_node("Dropout", ["x", "ratio", "mode"], [f"y{number}"], name=f"/{LAYER}{number}/Dropout")
        for number in range(3)
    ]
    nodes.append(helper.make_node("RandomNormal", [], [NAME], name=NAME, shape=[1]))
    graph = helper.make_graph(nodes, NAME, [value("x", floats, [1])], [value("y0", floats, [1])], constants)
    path.write_bytes(helper.make_model(graph, producer_name=NAME).SerializeToString())


def scripted(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(nn.Sequential(nn.Linear(4, 4), nn.Dropout())), path)


@pytest.mark.parametrize("make", [pickled, onnx, scripted], ids=lambda make: make.__name__)
@pytest.mark.parametrize("name", formats())
def test_the_layers_of_exported_models_are_told_printable(
    name: str, make: Callable[[Path], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"{NAME}{'.onnx' if make is onnx else '.pt'}"
    make(tmp_path / "model")
    (tmp_path / "model").rename(path)
    assert main(["artifacts", str(path), "--output-format", name]) == 1
    out, err = capsys.readouterr()
    assert "DRP306" in out
    assert (acts(out), acts(err)) == ([], [])
