"""A script is watched, and its files are then checked with the report: one part reads what the other wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Run

NET = """import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)
        self.drop = nn.Dropout(0.3)

    def forward(self, x):
        x = self.drop(self.fc(x))
        return F.dropout(x, 0.5)


class Never(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5)
"""

SCRIPT = """import sys

import torch
from net import Net

DATA = [torch.randn(4, 8) for _ in range(3)]


def validate(model):
    with torch.no_grad():
        return sum(model(x).sum().item() for x in DATA)


def main():
    model = Net()
    if "eval" in sys.argv:
        model.eval()
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    for _ in range(2):
        for x in DATA:
            optimizer.zero_grad()
            model(x).sum().backward()
            optimizer.step()
        print(validate(model))


main()
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """A project with two reports: `train.json` of a run that forgot `eval()`, `eval.json` of one in eval mode."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "net.py").write_text(NET, "utf-8")
    (folder / "train.py").write_text(SCRIPT, "utf-8")
    for mode in ("train", "eval"):
        done = run("-m", "dropout_lint.runtime", "-q", "--report", f"json={mode}.json", "train.py", mode, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder


def marks(project: Path, run: Run, *reports: str) -> dict[tuple[str, str, str], str]:
    """What the check says, by file, code and the text of the line."""
    words = [word for name in reports for word in ("--with-runtime", name)]
    done = run("-m", "dropout_lint", "check", "--no-cache", "--output-format", "json", ".", *words, cwd=project)
    assert done.returncode == 1, done.stderr
    found = {}
    for finding in json.loads(done.stdout):
        path = Path(finding["filename"])
        line = path.read_text("utf-8").splitlines()[finding["location"]["row"] - 1].strip()
        found[path.name, finding["code"], line] = finding["runtime"]
    return found


def test_a_run_that_forgot_eval(project: Path, run: Run) -> None:
    found = marks(project, run, "train.json")
    assert found["train.py", "DRP301", "return sum(model(x).sum().item() for x in DATA)"] in ("confirmed", "run only")
    assert "refuted" not in found.values()


def test_a_run_in_eval_mode(project: Path, run: Run) -> None:
    found = marks(project, run, "eval.json")
    assert found["train.py", "DRP303", "model(x).sum().backward()"] in ("confirmed", "run only")
    assert found.get(("train.py", "DRP301", "return sum(model(x).sum().item() for x in DATA)"), "refuted") == "refuted"


def test_dropout_in_forward_and_a_class_that_never_ran(project: Path, run: Run) -> None:
    done = run(
        "-m", "dropout_lint", "check", "--no-cache", "--output-format", "concise", "net.py",
        "--with-runtime", "eval.json", cwd=project,
    )  # fmt: skip
    first, second = done.stdout.splitlines()[:2]
    assert first.startswith("net.py:13:")
    assert first.endswith("[confirmed at run time]")
    assert second.startswith("net.py:18:")
    assert second.endswith("[not reached at run time]")
