"""Where a budget ended an analysis, it is said on request: in words, and with a count in JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Run

EVALUATION = """\
import torch


@torch.no_grad()
def evaluate(model, loader):
    for x in loader:
        print(model(x).argmax(1))
"""
SCRIPT = """\
from torch import nn

from evaluation import evaluate

model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
model.eval()
evaluate(model, [])
"""
LONG = (
    "from torch import nn\nimport torch\n"
    + "x = 1\n" * 700
    + "model = nn.Dropout(0.5)\nwith torch.no_grad():\n    model(x)\n"
)


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A project in which thirty scripts import one file."""
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'hub'\n", "utf-8")
    (tmp_path / "evaluation.py").write_text(EVALUATION, "utf-8")
    for number in range(30):
        (tmp_path / f"run{number:02}.py").write_text(SCRIPT, "utf-8")
    return tmp_path


def test_verbose_says_which_analysis_ended_early_and_why(hub: Path, run: Run) -> None:
    done = run("-m", "dropout_lint", "check", "--verbose", "--no-cache", ".", cwd=hub)
    assert done.returncode == 0
    assert done.stderr == (
        "note: evaluation.py: of the files that import this one, only the nearest were followed\n"
        "1 analysis ended early: more may be wrong there than was found.\n"
    )


def test_without_verbose_the_output_is_as_it_was(hub: Path, run: Run) -> None:
    done = run("-m", "dropout_lint", "check", "--no-cache", ".", cwd=hub)
    assert (done.stdout, done.stderr) == ("All checks passed!\n", "")
    plain = run("-m", "dropout_lint", "check", "--no-cache", "--output-format", "json", ".", cwd=hub)
    assert json.loads(plain.stdout) == []


def test_json_counts_what_ended_early_cached_or_not(hub: Path, run: Run) -> None:
    told = [run("-m", "dropout_lint", "check", "-v", "--output-format", "json", ".", cwd=hub).stdout for _ in range(2)]
    assert told[0] == told[1]
    assert json.loads(told[0]) == {
        "findings": [],
        "limits": {
            "count": 1,
            "places": [
                {
                    "filename": str(hub / "evaluation.py"),
                    "kind": "importers",
                    "message": "of the files that import this one, only the nearest were followed",
                    "row": None,
                }
            ],
        },
    }


def test_a_program_that_is_given_up_is_told_of(tmp_path: Path, run: Run) -> None:
    (tmp_path / "long.py").write_text(LONG, "utf-8")
    done = run("-m", "dropout_lint", "check", "-v", "--no-cache", ".", cwd=tmp_path)
    assert done.stderr.splitlines()[0] == (
        "note: long.py: the program that starts here was given up: so far, it had made or run no model"
    )


def test_where_nothing_ended_early_verbose_says_so(tmp_path: Path, run: Run) -> None:
    (tmp_path / "one.py").write_text("import torch\n", "utf-8")
    done = run("-m", "dropout_lint", "check", "-v", "--no-cache", ".", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "Every analysis came to its end.\n")


def test_quiet_and_verbose_do_not_go_together(tmp_path: Path, run: Run) -> None:
    done = run("-m", "dropout_lint", "check", "-q", "-v", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "error: --quiet and --verbose do not go together\n")


def test_a_file_that_stars_too_many_others_is_told_so(tmp_path: Path, run: Run) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'stars'\n", "utf-8")
    for number in range(45):
        (tmp_path / f"part{number:02}.py").write_text(f"def part{number}():\n    pass\n", "utf-8")
    every = "".join(f"from part{number:02} import *\n" for number in range(45))
    (tmp_path / "parts.py").write_text(every, "utf-8")
    (tmp_path / "main.py").write_text(f"from parts import *\n{EVALUATION}", "utf-8")
    done = run("-m", "dropout_lint", "check", "--verbose", "--no-cache", ".", cwd=tmp_path)
    assert done.stderr == (
        "note: main.py: this file imports all names of too many files: not all of them were looked into\n"
        "1 analysis ended early: more may be wrong there than was found.\n"
    )
