"""Dropout that a project writes itself is a layer with a mode: it asks for ``self.training``, and draws."""

from __future__ import annotations

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import rule_by_code

PROGRAM = """
import torch
from torch import nn

class NAME(nn.Module):
    def __init__(self, p=0.2):
        super().__init__()
        self.p = p

    def forward(self, x):
        BODY

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)
        self.own = NAME()

    def forward(self, x):
        return self.own(self.fc(x))

model = Net()
model.load_state_dict(torch.load("net.pt"))
SWITCH
with torch.no_grad():
    for x in torch.load("batches.pt"):
        print(model(x).argmax(1))
"""
DROPS = "return x * (torch.rand(x.shape) > self.p) if self.training else x"


def found(body: str, *, name: str = "Drop", switch: str = "pass") -> list[str]:
    text = PROGRAM.replace("BODY", body).replace("NAME", name).replace("SWITCH", switch)
    return [finding.message for finding in check("a.py", text, [rule_by_code("DRP301")])]


@pytest.mark.parametrize(
    "body",
    [
        DROPS,
        "if not self.training or self.p == 0:\n            return x\n        return x * torch.rand_like(x).gt(self.p)",
        "if self.training:\n            x = x * x.new_empty(x.shape).bernoulli_(1 - self.p)\n        return x",
    ],
)
def test_what_draws_in_training_only_has_a_mode(body: str) -> None:
    assert found(body) == ["`model` is in train mode here, so dropout stays on"]
    assert found(body, switch="model.eval()") == []


def test_what_is_not_called_dropout_is_not_taken_for_it() -> None:
    assert found(DROPS, name="Noise") == [
        "`model` is in train mode here, so layers that depend on the mode work as in training"
    ]


@pytest.mark.parametrize(
    "body",
    [
        "return x * (torch.rand(x.shape) > self.p)",
        "return x * 2 if self.training else x",
        "return x * torch.rand_like(x) if self.p else x",
    ],
)
def test_what_does_the_same_in_both_modes_or_draws_nothing_has_none_that_we_know(body: str) -> None:
    assert found(body) == []
