"""Dropout functions that are kept and called later: found where they are kept."""

from __future__ import annotations

import pytest

from dropout_lint.testing.rules import assert_findings, assert_no_findings

HEAD = """from functools import partial

import torch.nn.functional as F
from torch import nn
from torch.nn.functional import dropout

later = partial(F.dropout, p=0.2){of_module}


class Net(nn.Module):
    def __init__(self, p=0.0):
        super().__init__()
        {init}

    def forward(self, x):
        {forward}
"""


def program(init: str, forward: str, of_module: str = "") -> str:
    return HEAD.format(init=init, forward=forward, of_module=of_module)


KEPT = {
    "a partial": ("self.drop = partial(F.dropout, p=0.3)  # DRP201", "return self.drop(x)"),
    "one of two": ("self.drop = partial(F.dropout, p=p) if p > 0 else nn.Identity()  # DRP201", "return self.drop(x)"),
    "the function itself": ("self.drop = F.dropout  # DRP201", "return self.drop(x, 0.2)"),
    "by its own name": ("self.drop = partial(dropout, p=0.1)  # DRP201", "return self.drop(x)"),
    "in a dict": ("self.acts = {'relu': F.relu, 'drop': F.dropout}  # DRP201", "return self.acts['drop'](x)"),
    "put into a dict": ("self.acts = {}; self.acts['drop'] = F.dropout  # DRP201", "return self.acts['drop'](x)"),
    "in a list": ("self.acts = [F.relu, partial(F.dropout, p=0.1)]  # DRP201", "return self.acts[1](x)"),
    "in a loop": (
        "self.acts = [F.relu, F.dropout]  # DRP201",
        "for act in self.acts:\n            x = act(x)\n        return x",
    ),
    "under a local name": ("self.drop = F.dropout  # DRP201", "drop = self.drop\n        return drop(x)"),
    "of a method": ("pass", "drop = partial(F.dropout, p=0.3)  # DRP201\n        return drop(x)"),
}


@pytest.mark.parametrize(("init", "forward"), KEPT.values(), ids=KEPT)
def test_a_kept_function_that_is_called_without_the_mode_is_found(init: str, forward: str) -> None:
    assert_findings(program(init, forward))


def test_one_that_the_module_keeps_is_found_too() -> None:
    assert_findings(program("pass", "return later(x)", "  # DRP201"))


FINE = {
    "the mode is passed": ("self.drop = partial(F.dropout, p=0.3)", "return self.drop(x, training=self.training)"),
    "the mode is passed by place": ("self.drop = F.dropout", "return self.drop(x, 0.2, self.training)"),
    "it is told already": ("self.drop = partial(F.dropout, p=0.3, training=False)", "return self.drop(x)"),
    "it drops nothing": ("self.drop = partial(F.dropout, p=0.0)", "return self.drop(x)"),
    "it is called in training": ("self.drop = F.dropout", "return self.drop(x) if self.training else x"),
    "nobody calls it": ("self.drop = F.dropout", "return x"),
    "what is called may be something else": ("self.acts = [F.relu, F.dropout]", "return self.other[1](x)"),
    "alpha dropout is off by default": ("self.drop = partial(F.alpha_dropout, p=0.3)", "return self.drop(x)"),
    "arguments that are not seen": ("self.drop = partial(F.dropout, **vars(self))", "return self.drop(x)"),
    "it is handed on": ("self.drop = wrap(F.dropout)", "return self.drop(x)"),
    "it is meant": ("self.drop = F.dropout", "# Monte Carlo\n        return self.drop(x)"),
}


@pytest.mark.parametrize(("init", "forward"), FINE.values(), ids=FINE)
def test_other_kept_functions_are_left_alone(init: str, forward: str) -> None:
    assert_no_findings(program(init, forward))


FREE = """import torch.nn.functional as F
from torch import nn


def shake(x, rate, on=True):
    {body}


class Net(nn.Module):
    def __init__(self, p=0.1):
        super().__init__()
        self.p = p

    def forward(self, x):
        return {call}
"""


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("rate = rate * 2; return F.dropout(x, rate)", "shake(x, self.p)"),
        ("return F.dropout(x, rate)", "shake(*x)"),
        ("return F.dropout(x, rate)", "shake(x, config.rate)"),
        ("return F.dropout(x, rate) if on else x", "shake(x, self.p, self.training)"),
        ("return F.dropout(x, rate)", "map(shake, x)"),
    ],
)
def test_a_function_whose_rate_or_callers_are_not_certain_is_left_alone(body: str, call: str) -> None:
    assert_no_findings(FREE.format(body=body, call=call))
