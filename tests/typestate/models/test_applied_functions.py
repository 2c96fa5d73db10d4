"""``apply(function)``: an initialiser leaves modes as they are, and what switches some of them makes all unknown."""

from __future__ import annotations

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import rule_by_code

PROGRAM = """
import torch
from functools import partial
from torch import nn
from library import dropout_off, initialised, register

def fill(module):
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)

def filled_by_another(module):
    fill(module)

def off(module):
    if isinstance(module, nn.Dropout):
        module.eval()

def off_by_another(module):
    off(module)

def flag(module):
    setattr(module, "training", isinstance(module, nn.Linear))

def never_drops(module):
    if isinstance(module, nn.Dropout):
        module.p = 0.0

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(4, 4)
        self.apply(FUNCTION)

    def _init_weights(self, module):
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)

    def _freeze(self, module):
        self._off(module)

    def _off(self, module):
        if isinstance(module, nn.Dropout):
            module.eval()

    def forward(self, x):
        return self.fc(self.drop(x))

model = Net()
model.load_state_dict(torch.load("net.pt"))
with torch.no_grad():
    for x in torch.load("batches.pt"):
        print(model(x).argmax(1))
"""


def codes(function: str) -> list[str]:
    return [finding.code for finding in check("a.py", PROGRAM.replace("FUNCTION", function), [rule_by_code("DRP301")])]


@pytest.mark.parametrize(
    "function",
    [
        "self._init_weights",
        "fill",
        "filled_by_another",
        "partial(fill)",
        "lambda module: fill(module)",
        "initialised",
        "partial(initialised, std=0.02)",
        "register(1)",
    ],
)
def test_an_initialiser_keeps_the_modes(function: str) -> None:
    assert codes(function) == ["DRP301"]


@pytest.mark.parametrize(
    "function",
    [
        "self._freeze",
        "off",
        "off_by_another",
        "partial(off)",
        "lambda module: off(module)",
        "flag",
        "never_drops",
        "dropout_off",
        "partial(dropout_off, True)",
    ],
)
def test_one_that_may_switch_the_modes_of_some_makes_them_unknown(function: str) -> None:
    assert codes(function) == []


def test_one_that_switches_them_all_is_followed() -> None:
    assert codes("lambda module: module.eval()") == []
    assert codes("lambda module: module.train()") == ["DRP301"]
