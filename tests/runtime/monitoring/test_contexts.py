"""Contexts that switch the mode put every flag back, and Monte Carlo dropout switches dropout alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from dropout_lint.runtime import DropoutMonitor, eval_mode, monte_carlo_dropout, train_mode  # noqa: E402
from tests.runtime.nets import BATCH, Good  # noqa: E402


def flags(model: nn.Module) -> list[bool]:
    return [module.training for module in model.modules()]


@pytest.mark.parametrize("context", [eval_mode, train_mode, monte_carlo_dropout])
def test_every_flag_is_put_back(context: Callable[..., Any]) -> None:
    model = Good().train()
    model.part.eval()
    before = flags(model)
    with context(model) as same:
        assert same is model
        assert flags(model) != before
    assert flags(model) == before


def test_flags_are_put_back_after_an_exception() -> None:
    model = Good().train()
    with pytest.raises(ZeroDivisionError), eval_mode(model):
        flags(model)[0] / 0
    assert all(flags(model))


def test_flags_are_put_back_past_an_override_of_train() -> None:
    class Frozen(Good):
        def train(self, mode: bool = True) -> Frozen:
            super().train(mode)
            self.norm.eval()
            return self

    model = Frozen().train()
    model.norm.train()
    with eval_mode(model):
        pass
    assert all(flags(model))


def test_script_modules_are_switched_too() -> None:
    model = torch.jit.script(Good().train())
    with eval_mode(model):
        assert not any(flags(model))
    assert all(flags(model))


def test_monte_carlo_dropout_leaves_batch_norm_alone() -> None:
    model = Good().train()
    statistics = model.norm.running_mean.clone()  # type: ignore[union-attr]
    with monte_carlo_dropout(model), torch.no_grad(), DropoutMonitor() as outer:
        samples = [model(BATCH) for _ in range(4)]
    assert not torch.equal(samples[0], samples[1])
    assert torch.equal(model.norm.running_mean, statistics)
    assert [event.code for event in outer.events] == []


def test_monte_carlo_dropout_is_quiet_for_a_monitor_around_it() -> None:
    with torch.no_grad(), DropoutMonitor(monte_carlo="report") as monitor, monte_carlo_dropout(model := Good()):
        model(BATCH)
    assert monitor.events == ()


def test_monte_carlo_dropout_without_dropout_layers_is_refused() -> None:
    with pytest.raises(ValueError, match="no dropout layer"), monte_carlo_dropout(nn.Sequential(nn.LSTM(1, 1))):
        pass
