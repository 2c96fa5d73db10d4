"""Small networks, one that is right and some that drop where they should not, for tests of what wraps them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from dropout_lint.runtime import DropoutEvent, DropoutMonitor  # noqa: E402

BATCH = torch.linspace(-1, 1, 20).reshape(5, 4)


class Part(nn.Module):
    """A layer with dropout behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.drop = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.drop(self.linear(x))
        return out


class Good(nn.Module):
    """Follows its mode."""

    def __init__(self) -> None:
        super().__init__()
        self.part = Part()
        self.norm = nn.BatchNorm1d(4)

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(self.norm(self.part(x)), 0.3, training=self.training)


class Bad(Good):
    """Drops in both modes."""

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(self.norm(self.part(x)), 0.3)


class Block(nn.Module):
    """Runs ``body`` between two layers."""

    def __init__(self, body: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        return self.body(self.linear(x))


def failure(assertion: Callable[..., None], *args: Any, **options: Any) -> str:
    """What ``assertion``, which must fail, says."""
    with pytest.raises(AssertionError) as caught:
        assertion(*args, **options)
    return str(caught.value)


def events_of(model: nn.Module, *inputs: Tensor, grad: bool = False) -> tuple[DropoutEvent, ...]:
    """What a monitor sees in one forward of ``model``."""
    with torch.set_grad_enabled(grad), DropoutMonitor() as monitor:
        model(*(inputs or (BATCH,)))
    return monitor.events


def codes_of(model: nn.Module, *, grad: bool = False) -> list[tuple[str, str]]:
    """The code and the path of each event of one forward."""
    return [(event.code, event.module) for event in events_of(model, grad=grad)]


def paths_of(model: nn.Module) -> list[str]:
    """The paths in the mode report of ``model``, in order."""
    from dropout_lint.runtime import mode_report

    return [layer.path for layer in mode_report(model)]
