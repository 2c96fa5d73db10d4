"""Mode guards: every spelling of "only in training", and what is none."""

from __future__ import annotations

import ast
import textwrap

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import rule_by_code
from dropout_lint.semantic.mode_guards import guards_of
from dropout_lint.syntax.source import SourceFile

HEAD = "import enum\nimport torch\nimport torch.nn.functional as F\nfrom torch import nn\n"


def module(forward: str, init: str = "self.p = 0.5", more: str = "", arguments: str = "self, x") -> str:
    """A module whose ``forward`` has the body ``forward``; ``site(x)`` in it is the call under test."""
    body = textwrap.indent(textwrap.dedent(forward).strip("\n"), " " * 8)
    text = f"{HEAD}class Net(nn.Module):\n    def __init__(self, config=None):\n        super().__init__()\n"
    text += textwrap.indent(textwrap.dedent(init).strip("\n"), " " * 8) + "\n"
    text += f"    def forward({arguments}):\n{body}\n"
    text += textwrap.indent(textwrap.dedent(more).strip("\n"), " " * 4) + "\n"
    return text.replace("site(", "F.dropout(")


def may_guard(text: str) -> bool:
    """Whether a gate may stand around the only dropout call of ``text``."""
    source = SourceFile("net.py", text)
    (call,) = (
        node for node in ast.walk(source.tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "F.dropout"
    )
    return guards_of(source).may_guard(call)


GATES = {
    "if": "if self.training:\n    x = site(x)\nreturn x",
    "else of not": "if not self.training:\n    pass\nelse:\n    x = site(x)\nreturn x",
    "conditional expression": "return site(x) if self.training else x",
    "early return": "if not self.training:\n    return x\nreturn site(x)",
    "early return after a positive test": "if self.training:\n    x = x + 1\nelse:\n    return x\nreturn site(x)",
    "early raise": "if not self.training:\n    raise RuntimeError\nreturn site(x)",
    "assert": "assert self.training\nreturn site(x)",
    "continue in a loop": "for i in range(2):\n    if not self.training:\n        continue\n    x = site(x)\nreturn x",
    "and": "return self.training and site(x)",
    "or": "return not self.training or site(x)",
    "and in a test": "if self.p > 0 and self.training:\n    x = site(x)\nreturn x",
    "or in a test": "if self.training or self.p > 1:\n    x = site(x)\nreturn x",
    "local": "train = self.training\nif train:\n    x = site(x)\nreturn x",
    "local with another name": "active = self.training and self.p > 0\nif active:\n    x = site(x)\nreturn x",
    "local under a test": "on = 0\nif self.training:\n    on = 1\nif on:\n    x = site(x)\nreturn x",
    "walrus": "if (on := self.training):\n    x = site(x)\nreturn x",
    "gradients": "if torch.is_grad_enabled():\n    x = site(x)\nreturn x",
    "match": "match self.training:\n    case True:\n        x = site(x)\nreturn x",
    "while": "while self.training:\n    x = site(x)\nreturn x",
    "nested": "if self.p > 0:\n    for _ in range(2):\n        if self.training:\n            x = site(x)\nreturn x",
}


@pytest.mark.parametrize("forward", GATES.values(), ids=GATES)
def test_a_gate_is_seen_in_any_spelling(forward: str) -> None:
    assert may_guard(module(forward))


@pytest.mark.parametrize(
    ("forward", "init"),
    [
        ("if self.active:\n    x = site(x)\nreturn x", "self.active = config.is_training"),
        ("if self.flash:\n    x = site(x)\nreturn x", "self.p = 0.5\nself.flash = self.p == 0.0"),
        ("if self.flash:\n    x = site(x)\nreturn x", "self.p = 0.5\nself.flash = not self.p"),
        ("if self.p == 0.0:\n    x = site(x)\nreturn x", "self.p = 0.5"),
        ("if not self.p:\n    x = site(x)\nreturn x", "self.p = 0.5"),
    ],
    ids=["attribute from a flag", "alias of rate == 0", "alias of not rate", "rate == 0", "not rate"],
)
def test_attributes_and_zero_rates_gate(forward: str, init: str) -> None:
    assert may_guard(module(forward, init))


@pytest.mark.parametrize(
    ("arguments", "test"),
    [
        ("self, x, training=True", "training"),
        ("self, x, deterministic=False", "not deterministic"),
        ("self, x, is_train=False", "is_train"),
        ("self, x, flag=False", "flag"),
        ("self, x, stage='fit'", "stage == Stage.TRAIN"),
        ("self, x, mode='train'", "mode == 'train'"),
    ],
)
def test_a_parameter_that_may_carry_the_mode_gates(arguments: str, test: str) -> None:
    assert may_guard(module(f"if {test}:\n    x = site(x)\nreturn x", arguments=arguments))


def test_a_property_that_asks_for_the_mode_gates() -> None:
    more = "@property\ndef active(self):\n    return self.training and self.p > 0"
    assert may_guard(module("if self.active:\n    x = site(x)\nreturn x", more=more))


def test_a_function_of_the_file_that_asks_for_the_mode_gates() -> None:
    text = module("if wants(self):\n    x = site(x)\nreturn x") + "def wants(net):\n    return net.training\n"
    assert may_guard(text)


def test_a_method_that_is_named_after_training_gates() -> None:
    text = f"{HEAD}class Net(nn.Module):\n    def forward_train(self, x):\n        return F.dropout(x)\n"
    assert may_guard(text)


NO_GATES = {
    "nothing": "return site(x)",
    "rate above zero": "if self.p > 0:\n    x = site(x)\nreturn x",
    "rate for truth": "if self.p:\n    x = site(x)\nreturn x",
    "rate is not None": "if self.p is not None:\n    x = site(x)\nreturn x",
    "shape": "if x.dim() == 3:\n    x = site(x)\nreturn x",
    "the other side of a gate": "if self.training:\n    x = x + 1\nreturn site(x)",
    "mode asked later": "x = site(x)\nif not self.training:\n    return x\nreturn x + 1",
    "configuration": "if self.kind == 'deep':\n    x = site(x)\nreturn x",
    "loop": "for _ in range(2):\n    x = site(x)\nreturn x",
}


@pytest.mark.parametrize("forward", NO_GATES.values(), ids=NO_GATES)
def test_what_asks_for_something_else_is_no_gate(forward: str) -> None:
    assert not may_guard(module(forward, "self.p = 0.5\nself.kind = config"))


def test_a_parameter_that_says_what_to_return_is_no_gate() -> None:
    assert not may_guard(
        module("if not return_mask:\n    x = site(x)\nreturn x", arguments="self, x, return_mask=False")
    )


RATES = {
    "conditional expression": ("return site(x, self.p if self.training else 0.0)", True),
    "product": ("return site(x, self.p * self.training)", True),
    "local": ("p = self.p if self.training else 0\nreturn site(x, p)", True),
    "local under a test": ("p = self.p\nif not self.training:\n    p = 0\nreturn site(x, p)", True),
    "attribute": ("return site(x, self.p)", False),
    "literal": ("return site(x, 0.5)", False),
    "copied attribute": ("p = self.p\nreturn site(x, p)", False),
}


@pytest.mark.parametrize(("forward", "depends"), RATES.values(), ids=RATES)
def test_a_rate_depends_on_the_mode_in_any_spelling(forward: str, depends: bool) -> None:
    source = SourceFile("net.py", module(forward))
    (rate,) = (
        node.args[1]
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "F.dropout"
    )
    assert guards_of(source).depends_on_mode(rate) is depends


def found(text: str) -> list[int]:
    """The lines at which attention dropout is reported."""
    return [finding.span.start.line for finding in check("net.py", text, [rule_by_code("DRP202")])]


WRAPPER = """
import torch.nn.functional as F
from torch import nn

class Core(nn.Module):
    def forward(self, q, rate):
        return F.scaled_dot_product_attention(q, q, q, dropout_p=rate)

class Owner(nn.Module):
    def __init__(self):
        super().__init__()
        self.core = Core()
        self.rate = 0.1
    def forward(self, q):
        return self.core(q, self.rate if self.training else 0.0)
"""


def test_a_wrapper_that_passes_a_rate_on_is_not_blamed() -> None:
    assert found(WRAPPER) == []


def test_the_owner_of_the_rate_is_blamed() -> None:
    owned = WRAPPER.replace("def forward(self, q, rate):", "def forward(self, q):\n        rate = self.p").replace(
        "class Core(nn.Module):", "class Core(nn.Module):\n    p = 0.1"
    )
    assert found(owned) == [9]
