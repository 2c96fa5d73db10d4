"""Assertions on one forward: what they see, what they name, and that they leave nothing behind."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from dropout_lint.testing import (  # noqa: E402
    assert_deterministic,
    assert_dropout_active,
    assert_eval_is_identity,
    assert_no_active_dropout,
)
from tests.conftest import Run  # noqa: E402
from tests.runtime.nets import Block, failure  # noqa: E402
from tests.testing.test_modes import net  # noqa: E402

pytestmark = pytest.mark.usefixtures("broken_monitors_raise")

ONES = torch.ones(3, 4)


def test_a_model_that_drops_nothing_in_eval_passes() -> None:
    assert_no_active_dropout(net().eval(), ONES)
    assert_deterministic(net().eval(), ONES)


def test_functional_dropout_is_named_with_its_line() -> None:
    text = failure(assert_no_active_dropout, Block(lambda x: F.dropout(x, 0.25)).eval(), ONES)
    assert text.startswith("dropout is active in `Block`: `F.dropout` ignores `eval()`")
    assert f"p=0.25  dropout  {__file__}:" in text
    assert "rule: DRP201" in text


@pytest.mark.parametrize("grad", [True, False])
def test_a_model_in_train_mode_fails_whatever_the_grad_mode(grad: bool) -> None:
    with torch.set_grad_enabled(grad):
        text = failure(assert_no_active_dropout, net(), ONES)
    assert "1  Dropout" in text
    assert "2  BatchNorm1d" in text


BY_HAND: dict[str, Callable[[Tensor], Tensor]] = {
    "bernoulli": lambda x: x * torch.bernoulli(torch.full_like(x, 0.5)),
    "rand": lambda x: x * (torch.rand_like(x) > 0.5),
    "generator": lambda x: x * torch.rand(x.shape, generator=torch.Generator().manual_seed(1)),
    "random": lambda x: x if random.random() < 2 else -x,
    "numpy": lambda x: x * torch.from_numpy(np.random.rand(4)).float(),
}


@pytest.mark.parametrize("body", BY_HAND.values(), ids=BY_HAND.keys())
def test_masks_made_by_hand_are_seen_by_the_strict_assertion_alone(body: Callable[[Tensor], Tensor]) -> None:
    model = Block(body).eval()
    assert_no_active_dropout(model, ONES)
    assert "`Block` draws random numbers" in failure(assert_deterministic, model, ONES)


def test_a_draw_is_named_with_its_line() -> None:
    text = failure(assert_deterministic, Block(BY_HAND["rand"]).eval(), ONES)
    assert f"aten.rand_like  {__file__}:" in text


def test_lazy_layers_may_draw_their_first_values() -> None:
    assert_deterministic(nn.Sequential(nn.LazyLinear(4), nn.Dropout()).eval(), ONES)


def test_dropout_that_drops_in_train_mode_passes_from_either_mode() -> None:
    assert_dropout_active(net().eval(), ONES)
    assert_dropout_active(Block(lambda x: F.dropout(x, training=True)), ONES)


@pytest.mark.parametrize(
    "model",
    [nn.Sequential(nn.Dropout(0.0)), nn.Sequential(nn.Linear(4, 4)), nn.Sequential(nn.BatchNorm1d(4))],
    ids=["p=0", "no dropout", "batch norm alone"],
)
def test_dropout_that_never_drops_fails(model: nn.Module) -> None:
    assert "dropout is not active in `Sequential`" in failure(assert_dropout_active, model, ONES)


class Skips(nn.Module):
    """Has a dropout that it does not call."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.3)

    def forward(self, x: Tensor) -> Tensor:
        return x


def test_a_layer_that_is_never_called_is_named() -> None:
    assert "drop  Dropout  p=0.3" in failure(assert_dropout_active, Skips(), ONES)


class Always(nn.Module):
    """A dropout layer that knows no mode."""

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(x, 0.5)


def test_a_dropout_layer_is_the_identity_in_eval_mode() -> None:
    assert_eval_is_identity(nn.Dropout(0.9))
    assert_eval_is_identity(nn.Dropout2d(), torch.full((2, 3, 4, 4), float("nan")))
    assert "values differ" in failure(assert_eval_is_identity, Always())
    assert "instead of" in failure(assert_eval_is_identity, nn.Flatten(), torch.ones(2, 3, 4))


def state(model: nn.Module) -> tuple[Any, ...]:
    return (
        {name: value.clone() for name, value in model.state_dict().items()},
        [module.training for module in model.modules()],
        torch.get_rng_state(),
        random.getstate(),
        np.random.get_state()[1].copy(),  # type: ignore[index]
    )


@pytest.mark.parametrize(
    "assertion", [assert_no_active_dropout, assert_dropout_active, assert_deterministic], ids=lambda a: a.__name__
)
@pytest.mark.parametrize("train", [True, False])
def test_an_assertion_leaves_model_and_generators_as_they_were(assertion: Callable[..., None], train: bool) -> None:
    model = nn.Sequential(net(), *(Block(body) for body in BY_HAND.values())).train(train)
    before = state(model)
    with contextlib.suppress(AssertionError):
        assertion(model, ONES)
    after = state(model)
    assert before[0].keys() == after[0].keys()
    assert all(torch.equal(value, after[0][name]) for name, value in before[0].items())
    assert before[1] == after[1]
    assert torch.equal(before[2], after[2])
    assert before[3] == after[3]
    assert (before[4] == after[4]).all()


FAILING = """
from torch import nn
from dropout_lint.testing import assert_eval_mode

def test():
    assert_eval_mode(nn.Dropout())
"""


def test_a_failure_points_at_the_line_of_the_test(tmp_path: Path, run: Run) -> None:
    (tmp_path / "test_it.py").write_text(FAILING, "utf-8")
    output = run("-m", "pytest", "-p", "no:cacheprovider", "test_it.py", cwd=tmp_path).stdout
    assert "test_it.py:6: AssertionError" in output
    assert "`Dropout` is not in eval mode" in output
    assert "modes.py" not in output
