"""Passes that are inference, told from those that belong to a training."""

from __future__ import annotations

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import rule_by_code

NET = """\
import copy
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(self.fc(x))


model = Net()
"""
TRAINED = """\
{name} = copy.deepcopy(model)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x in torch.load("batches.pt"):
    with torch.no_grad():
        wanted = {name}(x)
    (model(x) - wanted).square().sum().backward()
    optimizer.step()
"""
EVALUATED = """\
with torch.no_grad():
    for x in torch.load("test.pt"):
        print({name}(x).argmax(1))
"""
LOADED = """\
model.load_state_dict(torch.load("net.pt"))
out = model(torch.load("batch.pt"))
print(out.size())
"""


def lines(text: str, filename: str = "program.py") -> list[int]:
    return [finding.span.start.line for finding in check(filename, text, [rule_by_code("DRP301")])]


def test_an_average_of_the_weights_that_is_evaluated_alone_is_reported() -> None:
    text = NET + TRAINED.format(name="ema") + EVALUATED.format(name="ema")
    assert lines(text) == [len(text.splitlines())]


@pytest.mark.parametrize("name", ["ema", "teacher"])
def test_a_second_model_beside_the_training_is_not(name: str) -> None:
    assert lines(NET + TRAINED.format(name=name)) == []


def test_a_result_with_a_name_in_a_notebook_is_looked_at() -> None:
    assert len(lines(NET + LOADED, "program.ipynb")) == 1


def test_a_result_of_which_a_program_asks_the_shape_is_not() -> None:
    assert lines(NET + LOADED) == []
    assert lines(NET + LOADED.replace('torch.load("batch.pt")', "torch.randn(2, 8)"), "program.ipynb") == []


def test_a_model_that_is_prepared_for_quantisation_stays_in_train_mode() -> None:
    prepared = "prepared = torch.ao.quantization.prepare_qat(model)\nprepared.load_state_dict(torch.load('net.pt'))\n"
    assert len(lines(NET + prepared + EVALUATED.format(name="prepared"))) == 1
    assert lines(NET + prepared + "prepared.eval()\n" + EVALUATED.format(name="prepared")) == []
