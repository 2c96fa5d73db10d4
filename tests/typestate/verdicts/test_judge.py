"""Training in the eval mode that a loader or a constructor has left: it was meant for predictions."""

from __future__ import annotations

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import rule_by_code

PROGRAM = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(8, 8)
        INIT

    @classmethod
    def from_pretrained(cls, path):
        net = cls()
        net.load_state_dict(torch.load(path))
        net.eval()
        return net

    def forward(self, x):
        return self.fc(self.drop(x))

def load_net(path):
    net = Net()
    net.load_state_dict(torch.load(path))
    COMMENT
    net.eval()
    return net

def frozen(path):
    net = Net()
    net.load_state_dict(torch.load(path))
    net.eval()
    return net

net = MAKE
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for x in torch.load("batches.pt"):
    SWITCH
    net(x).sum().backward()
    optimizer.step()
"""


def codes(make: str, *, init: str = "pass", comment: str = "pass", switch: str = "pass") -> list[str]:
    text = PROGRAM.replace("MAKE", make).replace("INIT", init).replace("COMMENT", comment).replace("SWITCH", switch)
    return [finding.code for finding in check("a.py", text, [rule_by_code("DRP303")])]


@pytest.mark.parametrize("make", ["load_net('net.pt')", "Net.from_pretrained('net.pt')"])
def test_a_loader_leaves_eval_mode_for_predictions(make: str) -> None:
    assert codes(make) == ["DRP303"]
    assert codes(make, switch="net.train()") == []


def test_so_does_a_constructor() -> None:
    assert codes("Net()", init="self.eval()") == ["DRP303"]
    assert codes("Net()") == []


def test_eval_mode_that_a_comment_explains_or_the_training_sets_is_meant() -> None:
    assert codes("load_net('net.pt')", comment="# dropout stays off while we fine-tune") == []
    assert codes("Net()", init="self.eval()  # no dropout at all") == []
    assert codes("Net()", switch="net.eval()") == []
    assert codes("frozen('net.pt')") == []
