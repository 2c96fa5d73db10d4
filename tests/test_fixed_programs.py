"""A program that was fixed is right when it runs: its evaluation is deterministic, and its training still drops."""

from __future__ import annotations

import contextlib
import warnings
from typing import Any

import pytest

from dropout_lint.driver.fix_rounds import fix_text
from dropout_lint.lint.file_check import lint_text
from dropout_lint.lint.registry import all_rules

torch = pytest.importorskip("torch")

HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n"
MODULE = """class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rate = 0.5
        {init}

    def forward(self, x):
        {forward}


net = Net()
"""


def module(forward: str, init: str = "pass", after: str = "") -> str:
    return HEAD + MODULE.format(forward=forward, init=init) + after


PROGRAMS = {
    "DRP101": module("return self.drop(x)", "self.drop = nn.Dropout(30)"),
    "DRP104": module("return self.drop(x)", "self.drop = nn.Dropout(rate=0.5)"),
    "DRP110": module("return self.rnn(x)[0]", "self.rnn = nn.LSTM(8, 8, 2, 0.5)"),
    "DRP201": module("return F.dropout(x, self.rate)"),
    "DRP202": module("return F.scaled_dot_product_attention(x, x, x, dropout_p=self.rate)"),
    "DRP203": module("return F.dropout(x, self.training)"),
    "DRP204": module("return F.dropout(x, 0.5, training=self.train)"),
    "DRP205": module("return nn.Dropout(0.5)(x)"),
    "DRP206": module("return F.alpha_dropout(x, 0.5)"),
    "DRP212": module("return F.dropout(x, self.rate, training=not self.training)"),
    "DRP305": module("return self.drop(x)", "self.drop = nn.Dropout(0.5)", "net.training = False\n"),
    "DRP401": module(
        "for drop in self.drops:\n            x = drop(x)\n        return x",
        "self.drops = [nn.Dropout(0.5) for _ in range(2)]",
    ),
    "DRP402": module("self.drop(x)\n        return x", "self.drop = nn.Dropout(0.5)"),
    "DRP404": module("return self.drop(x)", "self.drop = nn.Dropout(0.5)").replace(
        "    def forward", "    def train(self, mode=True):\n        super().train(mode)\n\n    def forward"
    ),
    "DRP406": module(
        "return checkpoint(self.drop, x, preserve_rng_state=False, use_reentrant=False)",
        "self.drop = nn.Dropout(0.5)",
    ).replace("\n\n\n", "\nfrom torch.utils.checkpoint import checkpoint\n\n\n", 1),
    "DRP408": module(
        "return self.drop(torch.sigmoid(self.linear(x)))",
        "self.linear = nn.Linear(8, 8)\n        self.drop = nn.Dropout(0.5, inplace=True)",
    ),
}
WITHOUT_A_FIX_THAT_IS_SEEN_AT_RUN_TIME = {"DRP105", "DRP108", "DRP302"}
"""`False` becomes `0.0`; an argument without effect goes; the mode of a script is not that of a module."""
NEED_ANOTHER_LIBRARY = {"DRP208", "DRP209"}


def fixed(text: str, code: str) -> str:
    rules = [rule for rule in all_rules() if rule.code == code]
    return fix_text(text, lambda text: lint_text("net.py", text, rules).findings, unsafe=True).text


def run(text: str) -> bool:
    """Whether the module ``net`` of the program keeps what the modes promise."""
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(text, "net.py", "exec"), names)
        net, x = names["net"], torch.ones(1, 64, 8)
        evaluated = net.eval()
        is_deterministic = evaluated is net and torch.equal(net(x), net(x))
        trained = net.train()
        is_random = trained is net and not torch.equal(net(x), net(x)) and bool(net(x).abs().sum() > 0)
        if any(parameter.requires_grad for parameter in net.parameters()):
            net(x).sum().backward()
    return is_deterministic and is_random


@pytest.mark.parametrize("code", PROGRAMS)
def test_a_fixed_program_keeps_what_the_modes_promise(code: str) -> None:
    text = fixed(PROGRAMS[code], code)
    assert text != PROGRAMS[code]
    assert run(text)


@pytest.mark.parametrize("code", sorted(set(PROGRAMS) - {"DRP305", "DRP406"}))
def test_before_the_fix_it_does_not(code: str) -> None:
    with contextlib.suppress(RuntimeError, TypeError, ValueError, AttributeError):  # or the misuse raises
        assert not run(PROGRAMS[code])


def test_a_flag_on_the_root_leaves_the_children_training_until_it_is_fixed() -> None:
    for text, expected in ((PROGRAMS["DRP305"], True), (fixed(PROGRAMS["DRP305"], "DRP305"), False)):
        names: dict[str, Any] = {}
        exec(compile(text, "net.py", "exec"), names)
        assert names["net"].drop.training is expected


def test_every_fix_is_run() -> None:
    fixable = {rule.code for rule in all_rules() if rule.fixable is not None and not rule.code.startswith("DRP0")}
    local = {code for code in fixable if not code.startswith("DRP3") or code in ("DRP302", "DRP305")}
    assert local - set(PROGRAMS) == WITHOUT_A_FIX_THAT_IS_SEEN_AT_RUN_TIME | NEED_ANOTHER_LIBRARY
