"""Copies of a module, and averages of its weights, are trained along with it and keep its mode."""

from __future__ import annotations

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import rule_by_code
from tests.nets import NET_AND_TORCH

PROGRAM = """
import copy
from torch.optim.swa_utils import AveragedModel, update_bn

class Own(torch.optim.Adam):
    pass

class Plan:
    def __init__(self, parameters):
        self.parameters = parameters

model, other = Net(), Net()
COPY
parameters = list(model.parameters())
parameters += list(other.parameters())
optimizer = OPTIMIZER
batches = torch.load("batches.pt")
for epoch in range(3):
    for x in batches:
        model(x).sum().backward()
        optimizer.step()
    averaged.update_parameters(model)
    EVAL
    with torch.no_grad():
        for x in torch.load("held_out.pt"):
            print(TESTED(x).argmax(1))
"""


def codes(code: str, *, copy: str, optimizer: str, tested: str, switch: str = "pass") -> list[str]:
    text = PROGRAM.replace("COPY", copy).replace("OPTIMIZER", optimizer).replace("TESTED", tested)
    return [each.code for each in check("a.py", NET_AND_TORCH + text.replace("EVAL", switch), [rule_by_code(code)])]


@pytest.mark.parametrize("made", ["copy.deepcopy(model)", "AveragedModel(model)", "AveragedModel(model, device='cpu')"])
def test_a_copy_is_in_the_mode_of_the_original_and_trained_along_with_it(made: str) -> None:
    options = {"copy": f"averaged = {made}", "optimizer": "torch.optim.SGD(parameters, lr=0.1)", "tested": "averaged"}
    assert codes("DRP301", **options) == ["DRP301"]
    assert codes("DRP301", **options, switch="averaged.eval()") == []
    assert codes("DRP301", **options, switch="model.eval()") == ["DRP301"]


@pytest.mark.parametrize("optimizer", ["Own(model.parameters())", "Own(parameters)", "torch.optim.Adam(parameters)"])
def test_an_optimizer_of_the_project_and_a_list_that_grows_train_their_modules(optimizer: str) -> None:
    options = {"copy": "averaged = torch.load('a.pt')", "optimizer": optimizer, "tested": "model"}
    assert codes("DRP303", **options, switch="model.eval()") == ["DRP303"]
    assert codes("DRP303", **options, switch="other.eval()") == []


def test_a_class_that_only_holds_parameters_is_no_optimizer() -> None:
    options = {"copy": "averaged = torch.load('a.pt')", "optimizer": "Plan(parameters)", "tested": "model"}
    assert codes("DRP303", **options, switch="model.eval()") == []
