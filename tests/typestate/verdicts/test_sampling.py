"""A model that is given the same input again and again is sampled on purpose, and not told to be in eval mode."""

from __future__ import annotations

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import rule_by_code
from tests.nets import NET_AND_TORCH

PROGRAM = """
from tqdm import tqdm

@torch.no_grad()
def run(model, x, samples):
    found = []
    LOOP
    return torch.stack(found).mean(0), torch.stack(found).var(0)

model = Net()
model.load_state_dict(torch.load("net.pt"))
for x in torch.load("batches.pt"):
    print(run(model, x, 10))
"""


def codes(loop: str) -> list[str]:
    text = NET_AND_TORCH + PROGRAM.replace("LOOP", loop)
    return [finding.code for finding in check("a.py", text, [rule_by_code("DRP301")])]


@pytest.mark.parametrize(
    "loop",
    [
        "for i in range(samples):\n        found.append(model(x).softmax(dim=1).cpu())",
        "for i in tqdm(range(samples)):\n        found.append(model(x.cuda()).softmax(dim=1))",
        "found = [model(x) for _ in range(samples)]",
    ],
)
def test_one_input_in_many_turns_is_sampled(loop: str) -> None:
    assert codes(loop) == []


@pytest.mark.parametrize(
    "loop",
    [
        "for i in range(samples):\n        x = x - model(x)\n        found.append(x)",
        "for i in range(samples):\n        found.append(model(x[i]))",
        "for i in range(samples):\n        out = model(x)\n        x[0, i] = out.argmax()",
        "for part in x:\n        found.append(model(part))",
        "found.append(model(x))",
    ],
)
def test_an_input_that_changes_is_not(loop: str) -> None:
    assert codes(loop) == ["DRP301"]
