"""The size of the harm: what two passes on one input differ by, and nothing is left behind by measuring it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from dropout_lint.runtime.monitoring.harm import Harm, compared, copied, of_two_passes  # noqa: E402
from dropout_lint.testing import assert_deterministic, assert_no_active_dropout  # noqa: E402
from tests.runtime.nets import BATCH, Bad, Good, failure  # noqa: E402

SCORES = torch.tensor([[1.0, 2.0], [3.0, 1.0], [0.0, 5.0]])


@dataclass
class Answer:
    scores: Tensor


@pytest.mark.parametrize(
    "wrap",
    [lambda x: x, lambda x: {"logits": x, "size": 3}, lambda x: (None, [x]), Answer],
    ids=["tensor", "mapping", "nested", "object"],
)
def test_the_largest_difference_and_the_flipped_classes_are_counted(wrap: object) -> None:
    assert callable(wrap)
    first = copied(wrap(SCORES))
    harm = compared(first, wrap(SCORES + torch.tensor([[1.5, 0.0], [0.0, 0.0], [0.25, 0.0]])))
    assert harm == Harm(1.5, 1, 3)
    assert str(harm) == (
        "two passes on the same input differ by up to 1.5; 1 of 3 predictions (33 %) fall on another class"
    )


def test_results_that_cannot_be_compared_give_no_figure() -> None:
    assert compared(copied(SCORES), SCORES[:2]) is None
    assert compared(copied("text"), "text") is None
    assert compared(copied(torch.tensor([1])), torch.tensor([2])) is None


def test_what_is_not_a_number_is_left_out() -> None:
    one = torch.tensor([float("nan"), float("inf"), 1.0])
    assert compared(copied(one), torch.tensor([float("nan"), float("inf"), 1.5])) == Harm(0.5)


def test_measuring_leaves_nothing_behind() -> None:
    model = Bad()
    before = [buffer.clone() for buffer in model.buffers()]
    state = torch.get_rng_state()
    harm = of_two_passes(model, lambda: model(BATCH))
    assert harm is not None
    assert harm.largest > 0
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(one, other) for one, other in zip(before, model.buffers()))


def test_the_assertion_says_how_much_predictions_differ() -> None:
    torch.manual_seed(0)
    text = failure(assert_deterministic, Bad().eval(), BATCH)
    assert "  harm: two passes on the same input differ by up to " in text
    assert " of 5 predictions (" in text
    assert "harm:" not in failure(assert_no_active_dropout, Bad().eval(), BATCH)
    assert_deterministic(Good().eval(), BATCH)


def test_masks_that_are_made_by_hand_are_measured_too() -> None:
    class Mask(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = x * (torch.rand_like(x) > 0.5)
            return out

    assert "  harm: two passes" in failure(assert_deterministic, Mask(), torch.ones(2, 9))


def test_random_numbers_without_effect_are_said_to_have_none() -> None:
    class Drawing(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            torch.rand(1)
            return F.relu(x)

    assert "give equal results" in failure(assert_deterministic, Drawing(), BATCH)
