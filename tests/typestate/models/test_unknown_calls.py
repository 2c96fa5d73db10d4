"""Libraries that nothing is known of: most leave the mode of a model as it is, and the others say so in their names."""

from __future__ import annotations

import pytest

from dropout_lint.finding import Confidence
from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import rule_by_code
from tests.nets import NET_AND_TORCH

PROGRAM = """
import somelib
from somelib.tools import Looker, Trainer

model = Net()
model.load_state_dict(torch.load("net.pt"))
CALL
with torch.no_grad():
    for x in torch.load("batches.pt"):
        print(model(x).argmax(1))
"""


def found(call: str) -> list[Confidence]:
    text = NET_AND_TORCH + PROGRAM.replace("CALL", call)
    return [finding.confidence for finding in check("a.py", text, [rule_by_code("DRP301")])]


@pytest.mark.parametrize(
    "call", ["somelib.look(model)", "Looker(model)", "looker = Looker(model, 3)", "somelib.look(model=model, depth=2)"]
)
def test_a_call_whose_name_speaks_of_nothing_that_switches_keeps_the_mode(call: str) -> None:
    assert found(call) == [Confidence.MEDIUM]
    assert found("pass") == [Confidence.HIGH]


@pytest.mark.parametrize(
    "call",
    [
        "Trainer(model)",
        "somelib.profile_it(model)",
        "somelib.GradCAM(model)",
        "somelib.evaluate(model)",
        "somelib.eval_utils.look(model)",
        "Looker(model).fit()",
        "looker = Looker(model)\nlooker.look_at(3)",
        "somelib.look(model, torch.optim.SGD(model.parameters(), lr=0.1))",
        "somelib.look(model, lambda: model.eval())",
        "somelib.look([model])",
        "somelib.look()(model)",
        "somelib(model)",
    ],
)
def test_all_else_makes_it_unknown(call: str) -> None:
    assert found(call) == []
