"""Small trainings with a mistake: the first epoch is in train mode, the others in eval mode, as after a validation.

Each returns all that must not change: the parameters, and the losses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

Result = tuple[list[Tensor], list[float]]
BATCHES = [torch.arange(12, dtype=torch.float32).reshape(4, 3) / 12 + shift for shift in (0.0, 0.5, 1.0)]


def net() -> nn.Sequential:
    """The same weights each time; and the same random state after it."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))


def state(model: nn.Module) -> list[Tensor]:
    """Parameters, buffers, and the state of the random generator."""
    return [*(value.clone() for value in model.state_dict().values()), torch.get_rng_state()]


def same(one: Result, other: Result) -> bool:
    """Bit by bit."""
    return one[1] == other[1] and all(map(torch.equal, one[0], other[0])) and len(one[0]) == len(other[0])


def loop(
    epochs: int = 3,
    *,
    each: Callable[[Tensor], object] = lambda loss: None,
    begin: Callable[[int], object] = lambda epoch: None,
    backward: Callable[[Tensor], object] = torch.autograd.backward,
    prepare: Callable[..., Any] = lambda *parts: parts,
) -> Result:
    """A loop of one's own that forgets `train()` after the validation."""
    model = net()
    model, optimizer = prepare(model, torch.optim.SGD(model.parameters(), 0.1))
    losses = []
    for epoch in range(epochs):
        begin(epoch)
        for batch in BATCHES:
            optimizer.zero_grad()
            loss = model(batch).square().mean()
            backward(loss)
            optimizer.step()
            losses.append(float(loss.detach()))
            each(loss)
        model.eval()
        with torch.no_grad():
            for batch in BATCHES:
                model(batch)
    return state(model), losses
