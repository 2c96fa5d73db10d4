"""Command line, editor and hook agree on a file, also where the evidence is in another file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.conftest import Run

BASE = """import torch.nn as nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.rate = 0.1


class PlainLSTM(nn.Module):
    def __init__(self, width, layers, dropout):
        super().__init__()
        self.rnn = nn.LSTM(width, width, layers, dropout=dropout)
"""
NET = """import torch.nn.functional as F

from .layers import Block, PlainLSTM


class Head(Block):
    def forward(self, x):
        return F.dropout(x, self.rate)


def build():
    return PlainLSTM(8, 1, 0.3)
"""
EXPECTED = [("DRP201", 8, 16), ("DRP108", 12, 12)]
SELECT = "DRP108,DRP201"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A package whose module ``net`` misuses what ``layers`` defines.  torch is named nowhere but in its imports."""
    package = tmp_path / "pack"
    package.mkdir()
    (tmp_path / "pyproject.toml").write_text("", "utf-8")
    (package / "__init__.py").write_text("", "utf-8")
    (package / "layers.py").write_text(BASE, "utf-8")
    (package / "net.py").write_text(NET, "utf-8")
    return tmp_path


def from_json(text: str) -> list[tuple[str, int, int]]:
    found = [(e["code"], e["location"]["row"], e["location"]["column"]) for e in json.loads(text)]
    return sorted(found, key=lambda each: each[1])


CHECK = ["-m", "dropout_lint", "check", "--isolated", "--no-cache", "--select", SELECT, "--output-format", "json"]


@pytest.mark.parametrize("what", [".", "pack", "pack/net.py"], ids=["project", "folder", "file"])
def test_the_command_line_finds_it_however_it_is_called(project: Path, run: Run, what: str) -> None:
    assert from_json(run(*CHECK, what, cwd=project).stdout) == EXPECTED


def test_what_an_editor_sends_on_stdin_is_judged_by_its_place(project: Path, run: Run) -> None:
    result = run(*CHECK, "-", "--stdin-filename", "pack/net.py", cwd=project, stdin=NET)
    assert from_json(result.stdout) == EXPECTED


@pytest.mark.parametrize("from_stdin", [False, True], ids=["file", "stdin"])
def test_flake8_finds_the_same_places(project: Path, run: Run, from_stdin: bool) -> None:
    pytest.importorskip("flake8")
    command = ["-m", "flake8", "--isolated", "--select", SELECT]
    what = ["--stdin-display-name", "pack/net.py", "-"] if from_stdin else ["pack/net.py"]
    result = run(*command, *what, cwd=project, stdin=NET if from_stdin else "")
    found = re.findall(r":(\d+):(\d+): (DRP\d+)", result.stdout)
    assert [(code, int(line), int(column)) for line, column, code in found] == EXPECTED


def test_without_the_other_file_they_are_silent_together(project: Path, run: Run) -> None:
    (project / "pack" / "layers.py").unlink()
    assert from_json(run(*CHECK, "pack/net.py", cwd=project).stdout) == []
    assert run("-m", "flake8", "--isolated", "--select", SELECT, "pack/net.py", cwd=project).stdout == ""


SWITCHED = """import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        return self.encode(x)

    def encode(self, x, active=True):
        return F.dropout(x, 0.5) if active else x
"""


@pytest.mark.parametrize("is_switched_off", [False, True], ids=["left on", "switched off elsewhere"])
def test_they_agree_on_a_switch_that_another_file_may_use(project: Path, run: Run, is_switched_off: bool) -> None:
    pytest.importorskip("flake8")
    net = project / "pack" / "net.py"
    net.write_text(SWITCHED, "utf-8")
    call = "Net().encode(1, False)" if is_switched_off else "Net()(1)"
    (project / "script.py").write_text(f"from pack.net import Net\n\n{call}\n", "utf-8")
    expected = [] if is_switched_off else [("DRP201", 10, 16)]
    assert from_json(run(*CHECK, ".", cwd=project).stdout) == expected
    stdin = run(*CHECK, "-", "--stdin-filename", "pack/net.py", cwd=project, stdin=SWITCHED)
    assert from_json(stdin.stdout) == expected
    flake8 = run("-m", "flake8", "--isolated", "--select", SELECT, "pack/net.py", cwd=project)
    assert re.findall(r":(\d+):(\d+): (DRP\d+)", flake8.stdout) == [(str(r), str(c), code) for code, r, c in expected]
