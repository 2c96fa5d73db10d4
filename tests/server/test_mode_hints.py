"""Which calls get a hint, and what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dropout_lint.semantic.project import Project
from dropout_lint.server.mode_hints import mode_hints

HEAD = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.3)

    def forward(self, x):
        return self.drop(x)


net = Net()
with torch.no_grad():  # what makes the mode matter: programs without such a place are not analysed
    net(torch.load("x.pt")).argmax()
"""


def hints(folder: Path, body: str) -> list[str]:
    """The lines of ``body`` with hints, each up to its hint."""
    text = HEAD + body
    path = folder / "program.py"
    path.write_text(text)
    lines = text.splitlines()
    found = [
        hint for hint in mode_hints(str(path), text.encode(), Project()) if hint.place.line > len(HEAD.splitlines())
    ]
    return [f"{lines[hint.place.line - 1][: hint.place.column - 1]}<{hint.mode}>" for hint in found]


CASES = {
    "a new model": ("net(1)\n", ["net(1)<train>"]),
    "after eval": ("net.eval()\ny = net(1).argmax()\n", ["y = net(1)<eval>"]),
    "by path": ("if torch.rand(1) > 0:\n    net.eval()\nnet(1)\n", ["net(1)<train/eval>"]),
    "in both modes, by caller": (
        "def run(model):\n    return model(1)\n\n\nrun(net)\nnet.eval()\nrun(net)\n",
        ["    return model(1)<train/eval>"],
    ),
    "no model": ("torch.relu(net.drop.weight)\n", []),
    "of unknown mode": ("net.train(flag)\nnet(1)\n", []),
    "known in one program, and unknown in another": (
        "def run(model):\n    return model(1)\n\n\nrun(net)\nnet.train(flag)\nrun(net)\n",
        [],
    ),
}


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=CASES)
def test_a_call_of_a_model_is_marked_with_its_mode(body: str, expected: list[str], tmp_path: Path) -> None:
    assert hints(tmp_path, body) == expected


def test_a_file_of_tests_gets_none(tmp_path: Path) -> None:
    text = HEAD + "\n\ndef test_net():\n    assert net(1)\n"
    path = tmp_path / "test_net.py"
    path.write_text(text)
    assert mode_hints(str(path), text.encode(), Project()) == ()


def test_what_is_no_python_gets_none(tmp_path: Path) -> None:
    assert hints(tmp_path, "net(1\n") == []


def test_a_hint_in_a_notebook_is_in_its_cell(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": text} for text in (HEAD, "# a title\nnet(1)\n")]
    data = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    _, hint = mode_hints(str(tmp_path / "a.ipynb"), data, Project())
    assert (hint.cell, hint.place.line, hint.place.column, hint.mode) == (2, 2, 7, "train")
