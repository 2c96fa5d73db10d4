"""Makes a call on small models and reads their flags."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from benchmarks.library_modes.effects import STARTS, Observation, Start, mode
from benchmarks.library_modes.registry import Probe

_SEEN: list[tuple[bool, bool]] = []


class _Watch(nn.Module):
    """Reads its flag, as layers that people write do."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        _SEEN.append((self.training, torch.is_grad_enabled()))
        return x


class _Raise(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("the model raises")


class Net(nn.Module):
    """A body that some start with frozen, and a head."""

    def __init__(self, *last: nn.Module) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(4, 2), *last)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One row of logits per image."""
        return self.head(self.body(x))  # type: ignore[no-any-return]


def observe(probe: Probe) -> dict[Start, Observation]:
    """The call made from every start."""
    return {start: _observe(probe, start) for start in STARTS}


def _observe(probe: Probe, start: Start) -> Observation:
    torch.manual_seed(0)
    last: list[nn.Module] = [_Watch()] if probe.watched else []
    model = Net(*last, *([_Raise()] if start == "raising" else []))
    model.train(start != "eval")
    if start == "frozen":
        model.body.eval()
    modules = list(model.modules())  # these, also when the call puts others into their places
    before = tuple(module.training for module in modules)
    buffers = {name: value.clone() for name, value in model.named_buffers()}
    _SEEN.clear()
    error, returned = "", ""
    try:
        result = probe.run(model, torch.rand(4, 3, 8, 8))
    except Exception as raised:
        error = type(raised).__name__
    else:
        returned = _returned(result, model)
    now = dict(model.named_buffers())
    return Observation(
        before,
        tuple(module.training for module in modules),
        frozenset(_SEEN),
        returned,
        tuple(sorted(name for name in {*buffers, *now} if not _same(buffers.get(name), now.get(name)))),
        error,
    )


def _returned(result: Any, model: nn.Module) -> str:
    if result is model:
        return "itself"
    if not isinstance(result, nn.Module):
        return ""
    return f"another in {mode(tuple(module.training for module in result.modules()))}"


def _same(old: torch.Tensor | None, new: torch.Tensor | None) -> bool:
    return old is not None and new is not None and torch.equal(old, new)
