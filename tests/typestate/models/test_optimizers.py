"""What counts as training, and what does not: steps of optimizers, of schedulers, optimizers that never step."""

from __future__ import annotations

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import rule_by_code
from tests.nets import NET_AND_TORCH

TRAINING = """
import library
from torch.optim.lr_scheduler import ReduceLROnPlateau

def train(model, loader, optimizer, scheduler):
    for x, y in loader:
        optimizer.zero_grad()
        (model(x) - y).sum().backward()
        optimizer.step()

def validate(model, loader, optimizer, scheduler, other):
    losses = []
    with torch.no_grad():
        for x, y in loader:
            losses.append((model(x) - y).sum().item())
            STEP
    return losses

def main(loader, held_out, other):
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = ReduceLROnPlateau(optimizer)
    for epoch in range(3):
        train(model, loader, optimizer, scheduler)
        validate(model, held_out, optimizer, scheduler, other)

main([], [], library.make())
"""


def codes(text: str) -> list[str]:
    return [finding.code for finding in check("a.py", NET_AND_TORCH + text, [rule_by_code("DRP301")])]


@pytest.mark.parametrize(
    "name", ["scheduler", "other.lr_scheduler", "other.schedulers[0]", "other.warmup_sched", "other.exp_lr"]
)
def test_the_step_of_a_scheduler_trains_nothing(name: str) -> None:
    assert codes(TRAINING.replace("STEP", f"{name}.step(losses[-1])")) == ["DRP301"]


@pytest.mark.parametrize("name", ["optimizer", "other", "other.scheduled_optimizer", "other.opts[0]"])
def test_any_other_step_may_train(name: str) -> None:
    assert codes(TRAINING.replace("STEP", f"{name}.step()")) == []


PREDICTION = """
import library

model = Net()
optimizer = torch.optim.Adam(
    model.parameters(),
    lr=0.001,
)
checkpoint = torch.load("net.pt")
model.load_state_dict(checkpoint["model"])
optimizer.load_state_dict(checkpoint["optimizer"])
LINE
for picture in pictures:
    print(model(picture).argmax())
"""


@pytest.mark.parametrize("line", ["", "other = torch.optim.SGD([model.drop.scale], lr=0.1)"])
def test_an_optimizer_that_is_only_restored_trains_nothing(line: str) -> None:
    assert codes(PREDICTION.replace("LINE", line)) == ["DRP301"]
    assert codes(PREDICTION.replace("LINE", f"{line}\nmodel.eval()")) == []


@pytest.mark.parametrize(
    "line",
    [
        "library.adapt(model, optimizer)",
        "library.adapt(o=[optimizer])",
        "learner.optimizer = library.make(model)",
        "optimizer.step()",
        "other = optimizer",
        "library.make(model).sum().backward()",
    ],
)
def test_one_that_is_used_may_train(line: str) -> None:
    assert codes(PREDICTION.replace("LINE", line)) == []


def test_one_that_is_made_out_of_sight_may_train() -> None:
    start, _, rest = PREDICTION.partition("optimizer = ")
    text = start + "library.build_optim(model)\n" + rest[rest.index("checkpoint = ") :]
    text = text.replace('optimizer.load_state_dict(checkpoint["optimizer"])\nLINE', "")
    assert codes(text) == []
    assert codes(text.replace("library.build_optim(model)", "")) == ["DRP301"]
