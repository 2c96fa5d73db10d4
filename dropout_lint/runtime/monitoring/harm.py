"""How much random numbers change what a model predicts: two results for one input, compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from dropout_lint.runtime.monitoring.preservation import untouched


@dataclass(frozen=True)
class Harm:
    """By how much two results for one input differ."""

    largest: float  # absolute difference of two numbers at the same place
    flipped: int = 0  # predictions whose class is another one
    predictions: int = 0  # that are choices among classes; 0 where there are none

    def __str__(self) -> str:
        if not self.largest and not self.flipped:
            return "two passes on the same input give equal results"
        text = f"two passes on the same input differ by up to {self.largest:.3g}"
        if self.predictions:
            share = 100 * self.flipped / self.predictions
            text += f"; {self.flipped:,} of {self.predictions:,} predictions ({share:.2g} %) fall on another class"
        return text


def of_two_passes(model: nn.Module, call: Callable[[], object]) -> Harm | None:
    """What differs between two runs of ``call``, which runs ``model``; both are as if they had not been."""
    with untouched(model):
        first = copied(call())
        return compared(first, call())


def copied(result: object) -> list[Tensor]:
    """The tensors of numbers in ``result``, as they are now."""
    return [tensor.detach().clone() for tensor in _numbers(result)]


def compared(first: list[Tensor], second: object) -> Harm | None:
    """``first``, from `copied`, beside another result; None if they do not have the same shapes, or hold no numbers."""
    other = [tensor.detach() for tensor in _numbers(second)]
    if not first or [tensor.shape for tensor in first] != [tensor.shape for tensor in other]:
        return None
    largest, flipped, predictions = 0.0, 0, 0
    for one, two in zip(first, other):
        difference = (one.double() - two.double()).abs()
        difference = difference[~difference.isnan()]
        if difference.numel():
            largest = max(largest, float(difference.max()))
        at = _classes(one)
        if at is not None and not predictions:  # of the first that are choices: logits come before what they are from
            changed = one.argmax(at) != two.argmax(at)
            flipped, predictions = int(changed.sum()), changed.numel()
    return Harm(largest, flipped, predictions)


def _classes(result: Tensor) -> int | None:
    """The dimension along which ``result`` lists classes: rows of scores, also for each token, and maps of scores."""
    at = {2: 1, 3: 2, 4: 1, 5: 1}.get(result.dim())
    return at if at is not None and result.shape[at] > 1 and result.numel() else None


def _numbers(result: object) -> Iterator[Tensor]:
    for leaf in pytree.tree_leaves(result):
        values = [leaf] if isinstance(leaf, Tensor) else list(getattr(leaf, "__dict__", {}).values())
        for value in values:
            if isinstance(value, Tensor) and value.is_floating_point() and value.layout is torch.strided:
                yield value
