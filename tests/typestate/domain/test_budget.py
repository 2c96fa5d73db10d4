"""Pathological programs end within the budget of steps, and say nothing rather than something wrong."""

from __future__ import annotations

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import all_rules
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate import analysis
from dropout_lint.typestate.analysis import runs
from dropout_lint.typestate.domain import budget
from dropout_lint.typestate.evaluation.interpreter import Interpreter

HEAD = """
import torch
from torch import nn

model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5))
optimizer = torch.optim.SGD(model.parameters(), 0.1)
"""
EVALUATION = "with torch.no_grad():\n    model(x)\n"


def nested_loops(depth: int) -> str:
    """Loops in loops, as deep as Python's own parser accepts, over and over."""
    lines = [f"{'  ' * level}for x{level} in data:" for level in range(depth)]
    return "def f(data):\n" + "\n".join(f"  {line}" for line in lines) + f"\n{'  ' * (depth + 1)}model.train()\n"


LONG = "def f(x):\n" + "".join(f"    x{n} = model(x)\n    model.train()\n" for n in range(2500))
LOOPS = "".join(nested_loops(18).replace("def f", f"def f{n}") for n in range(11)) + "".join(
    f"f{n}([])\n" for n in range(11)
)
RECURSION = "".join(
    f"def f{n}(x):\n    f{(n + 1) % 100}(x)\n    f{(n + 7) % 100}(x)\n    model.train()\n" for n in range(100)
)
WIDE = "".join(f"def f{n}(x):\n    f{n + 1}(x)\n    f{n + 1}(x)\n" for n in range(30)) + "def f30(x):\n    model(x)\n"


@pytest.mark.parametrize("text", [LONG, LOOPS, RECURSION, WIDE], ids=["long", "loops", "recursion", "doubling"])
def test_a_pathological_program_ends_within_the_budget(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spent: list[Interpreter] = []
    release = Interpreter.release

    def counted(self: Interpreter) -> None:
        spent.append(self)
        release(self)

    monkeypatch.setattr(Interpreter, "release", counted)
    runs(SourceFile("a.py", HEAD + text + EVALUATION))
    assert all(each.steps <= budget.MOST_STEPS + 1 for each in spent)
    assert sum(each.steps for each in spent) <= analysis.MOST_STEPS + budget.MOST_STEPS + 1


def test_beyond_the_budget_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEAD + "for x in data:\n    model(x).backward()\n    optimizer.step()\nwith torch.no_grad():\n    model(x)\n"
    rules = [rule for rule in all_rules() if rule.code == "DRP301"]
    assert [finding.code for finding in check("a.py", text, rules)] == ["DRP301"]
    monkeypatch.setattr(budget, "MOST_STEPS", 3)
    assert check("a.py", text, rules) == ()


def test_a_module_that_is_made_is_worth_more_steps() -> None:
    wait = "".join(f"x{n} = 1\n" for n in range(budget.OF_SCRIPT.until_run - 100))
    make, run = "model = nn.Sequential(nn.Dropout(0.5))\n", "model(x1)\n"
    assert not any(run.events for run in runs(SourceFile("a.py", f"from torch import nn\n{wait}{make}{run}")))
    assert any(run.events for run in runs(SourceFile("a.py", f"from torch import nn\n{make}{wait}{run}")))


def test_a_function_comes_to_its_model_sooner_than_a_script() -> None:
    late = "from torch import nn\ndef score(data):\n"
    late += "".join(f"    x{n} = data\n" for n in range(budget.OF_FUNCTION.until_run))
    late += "    model = nn.Sequential(nn.Dropout(0.5))\n    model(data)\n"
    assert not any(run.events for run in runs(SourceFile("a.py", late)))
    assert any(run.events for run in runs(SourceFile("a.py", late + "score(data)\n")))
