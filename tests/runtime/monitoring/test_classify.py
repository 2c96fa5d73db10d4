"""What is told apart: dropout that somebody put on by hand, and dropout that `eval()` should have switched off."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.nn.utils import parametrize  # noqa: E402

from tests.runtime.nets import Good, codes_of  # noqa: E402


class DropsInCall(Good):
    """Drops behind its own `forward`."""

    def __call__(self, x: Tensor) -> Tensor:
        return F.dropout(super().__call__(x), 0.5)


class OnlyCall(nn.Module):
    """Goes past `forward`, and past the `__call__` of its base."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def __call__(self, x: Tensor) -> Tensor:
        out: Tensor = self.drop(x)
        return out


class KeepsOn(Good):
    """An override of `train` that switches a layer on whatever it is asked for."""

    def train(self, mode: bool = True) -> KeepsOn:
        super().train(mode)
        self.part.drop.train()
        return self


class OnBySetting(Good):
    """The same in an override of `eval`, by a method that is called there."""

    def eval(self) -> OnBySetting:
        super().eval()
        self._sample()
        return self

    def _sample(self) -> None:
        self.part.drop.train()


class DroppedWeight(nn.Module):
    """Computes a weight."""

    def forward(self, weight: Tensor) -> Tensor:
        return F.dropout(weight, 0.5, self.training)


def parametrized(**options: Any) -> nn.Module:
    layer = nn.Linear(4, 4)
    parametrize.register_parametrization(layer, "weight", DroppedWeight(), **options)
    return nn.Sequential(layer)


def test_dropout_in_a_call_of_the_root_s_own_is_its_own() -> None:
    assert codes_of(DropsInCall().eval()) == [("DRP201", "")]
    assert codes_of(nn.Sequential(DropsInCall()).eval()) == [("DRP201", "0")]
    assert codes_of(OnlyCall().eval()) == []


def test_a_layer_that_a_call_of_the_root_s_own_runs_is_in_a_model_in_eval_mode() -> None:
    model = nn.Sequential(OnlyCall())
    model.eval()
    model[0].train()
    assert codes_of(model) == [("DRP305", "0.drop")]


@pytest.mark.parametrize("kind", [KeepsOn, OnBySetting])
def test_an_override_that_keeps_dropout_on_is_not_what_the_caller_meant(kind: type[nn.Module]) -> None:
    assert codes_of(kind().eval()) == [("DRP305", "part.drop")]


def test_a_layer_that_is_switched_on_from_outside_is_meant() -> None:
    model = Good().eval()
    model.part.drop.train()
    assert codes_of(model) == []


def test_a_parametrization_that_is_put_back_in_train_mode_is_not_meant() -> None:
    model = parametrized().eval()
    assert codes_of(model) == []
    model[0].parametrizations.weight[0].train()  # type: ignore[index]
    assert codes_of(model) == [("DRP305", "0.parametrizations.weight.0")]
