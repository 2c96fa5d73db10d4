"""A switch that every caller leaves on is no mode guard; it is one where code that is not analysed may call."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import rule_by_code
from dropout_lint.semantic.project import Project
from tests.conftest import Run

NET = """import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        return {call}

    def encode(self, x, active=True):
        if active:
            x = F.dropout(x, 0.5)
        return x
"""


def is_found(folder: Path, text: str, others: str = "") -> bool:
    """Whether DRP201 speaks of ``text``, a file in a project with one more file that says ``others``."""
    (folder / "pyproject.toml").write_text("")
    path = folder / "net.py"
    path.write_text(text)
    (folder / "script.py").write_text(others)
    return bool(check(str(path), text, [rule_by_code("DRP201")], project=Project()))


ON = {
    "left at the default": "self.encode(x)",
    "passed by place": "self.encode(x, True)",
    "passed by name": "self.encode(x, active=True)",
    "twice": "self.encode(self.encode(x), True)",
}


@pytest.mark.parametrize("call", ON.values(), ids=ON)
def test_a_switch_that_every_call_leaves_on_is_no_gate(call: str, tmp_path: Path) -> None:
    assert is_found(tmp_path, NET.format(call=call))


MAY_BE_OFF = {
    "the mode": "self.encode(x, self.training)",
    "off in one call": "self.encode(self.encode(x), False)",
    "always off": "self.encode(x, active=False)",
    "handed on as a value": "list(map(self.encode, x))",
    "unpacked": "self.encode(x, **options)",
    "starred": "self.encode(*x)",
    "by name": 'getattr(self, "encode")(x) + self.encode(x)',
    "something else": "self.encode(x, x.requires)",
}


@pytest.mark.parametrize("call", MAY_BE_OFF.values(), ids=MAY_BE_OFF)
def test_a_switch_that_may_be_off_is_a_gate(call: str, tmp_path: Path) -> None:
    assert not is_found(tmp_path, NET.format(call=call))


def test_a_file_that_imports_the_module_may_switch_it_off(tmp_path: Path) -> None:
    text = NET.format(call="self.encode(x)")
    assert not is_found(tmp_path, text, "from net import Net\n\nNet().encode(1, False)\n")


def test_a_file_that_imports_the_module_and_never_names_the_function_does_not(tmp_path: Path) -> None:
    assert is_found(tmp_path, NET.format(call="self.encode(x)"), "from net import Net\n\nNet()(1)\n")


def test_a_kept_result_is_dropped_when_another_file_begins_to_call_it(tmp_path: Path, run: Run) -> None:
    (tmp_path / "net.py").write_text(NET.format(call="self.encode(x)"))
    (tmp_path / "script.py").write_text("x = 1\n")
    check_it = ["-m", "dropout_lint", "check", "--isolated", "--select", "DRP201", "--output-format", "concise", "."]
    assert "DRP201" in run(*check_it, cwd=tmp_path).stdout
    (tmp_path / "script.py").write_text("from net import Net\n\nNet().encode(1, False)\n")
    assert "DRP201" not in run(*check_it, cwd=tmp_path).stdout


def test_a_decorator_may_pass_anything(tmp_path: Path) -> None:
    text = NET.format(call="self.encode(x)").replace("    def encode", "    @wrapped\n    def encode")
    assert not is_found(tmp_path, text)


def test_a_parameter_that_is_assigned_may_be_anything(tmp_path: Path) -> None:
    text = NET.format(call="self.encode(x)").replace(
        "        if active", "        active = x.flag()\n        if active"
    )
    assert not is_found(tmp_path, text)


def test_forward_is_called_by_others(tmp_path: Path) -> None:
    text = NET.format(call="x").replace("def forward(self, x)", "def other(self, x)").replace("encode", "forward")
    assert not is_found(tmp_path, text)


def test_a_function_that_calls_itself_comes_to_an_end(tmp_path: Path) -> None:
    text = NET.format(call="self.encode(x)").replace("return x\n", "return self.encode(x, active)\n")
    assert not is_found(tmp_path, text)


IN_TRAINING = {
    "conditional expression": "        return self.encode(x) if self.training else x",
    "and": "        return self.training and self.encode(x)",
    "or": "        return not self.training or self.encode(x)",
    "if": "        if self.training and x.any():\n            x = self.encode(x)\n        return x",
    "else": "        if not self.training:\n            pass\n        else:\n"
    "            x = self.encode(x)\n        return x",
    "left before": "        if not self.training:\n            return x\n        return self.encode(x)",
    "left before, in else": "        if self.training:\n            y = x\n        else:\n            return x\n"
    "        return self.encode(y)",
    "a local": "        on = self.training\n        if on:\n            x = self.encode(x)\n        return x",
}
IN_BOTH = {
    "evaluation only": "        return x if self.training else self.encode(x)",
    "an option": "        if self.option:\n            x = self.encode(x)\n        return x",
    "either": "        if self.training or x.any():\n            x = self.encode(x)\n        return x",
    "an assertion": "        assert x.any()\n        return self.encode(x)",
    "left in training": "        if self.training:\n            return x\n        return self.encode(x)",
}


def plain(body: str) -> str:
    """A module whose ``forward`` is ``body``, and whose ``encode`` drops."""
    return NET.replace("        return {call}", body).replace(", active=True", "").replace("if active", "if x.all()")


@pytest.mark.parametrize("body", IN_TRAINING.values(), ids=IN_TRAINING)
def test_a_method_that_forward_calls_in_training_only_does_not_run_at_inference(body: str, tmp_path: Path) -> None:
    assert not is_found(tmp_path, plain(body))


@pytest.mark.parametrize("body", IN_BOTH.values(), ids=IN_BOTH)
def test_a_method_that_may_run_in_evaluation_is_looked_at(body: str, tmp_path: Path) -> None:
    assert is_found(tmp_path, plain(body))


def test_the_finding_points_at_a_call(tmp_path: Path) -> None:
    text = NET.format(call="self.encode(x)")
    (finding,) = check(str(tmp_path / "_.py"), text.replace("encode", "_encode"), [rule_by_code("DRP201")])
    assert [(note.span and note.span.start.line, note.message) for note in finding.notes] == [
        (7, "every call leaves the switch on, as this one does")
    ]
