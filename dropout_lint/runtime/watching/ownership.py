"""Which layers of a root are among parameters that an optimizer trains.

A dropout layer has no parameters.  It belongs to the smallest module around it that has some.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn

from dropout_lint.runtime.modules.module_paths import user_path
from dropout_lint.runtime.record.events import Trained
from dropout_lint.runtime.watching.frozen_parts import around, frozen_parts
from dropout_lint.runtime.watching.models import Model


@dataclass(eq=False)
class _Owned:
    """What one optimizer has of one root."""

    size: int  # how many parameters the optimizer had
    layers: int  # identity of the root's layers
    parameters: list[tuple[str, weakref.ref[torch.Tensor]]]
    with_gradient: list[str] | None = None  # the names of those that had a gradient at the last look
    trained: Trained | None = None


class Ownership:
    """Remembers, for each optimizer and root, which layers are trained, as long as nothing changes."""

    def __init__(self) -> None:
        self._numbers: weakref.WeakKeyDictionary[torch.optim.Optimizer, int] = weakref.WeakKeyDictionary()
        self._count = itertools.count()
        self._owned: dict[tuple[int, int], _Owned] = {}  # by optimizer and root

    def number(self, optimizer: torch.optim.Optimizer) -> int:
        """A number for ``optimizer``, as long as it lives."""
        number = self._numbers.get(optimizer)
        if number is None:
            number = self._numbers[optimizer] = next(self._count)
        return number

    def trained(self, optimizer: torch.optim.Optimizer, model: Model) -> Trained | None:
        """What ``optimizer`` is about to change of ``model``; None if nothing."""
        size = sum(len(group["params"]) for group in optimizer.param_groups)
        key = (self.number(optimizer), model.root.number)
        owned = self._owned.get(key)
        module = model.module()
        if module is None:
            return None
        if owned is None or owned.size != size or owned.layers != id(model.root):
            ids = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
            parameters: list[tuple[str, weakref.ref[torch.Tensor]]] = [
                (user_path(module, name), weakref.ref(p)) for name, p in module.named_parameters() if id(p) in ids
            ]
            owned = self._owned[key] = _Owned(size, id(model.root), parameters)
        names = [name for name, reference in owned.parameters if (p := reference()) is not None and p.grad is not None]
        if names != owned.with_gradient:
            owned.with_gradient = names
            mask = trained_layers([layer.path for layer in model.root.layers], _names(module), names)
            frozen = frozen_parts(module, model.root.layers) if names else ()
            owned.trained = Trained(model.root.number, mask, frozen) if names else None
        return owned.trained


def _names(module: nn.Module) -> list[str]:
    """The names of all parameters, without what wrappers inside insert."""
    return [user_path(module, name) for name, _ in module.named_parameters()]


def trained_layers(layers: Iterable[str], all_names: Iterable[str], trained_names: Iterable[str]) -> tuple[bool, ...]:
    """For each layer, by its path: does the smallest module around it that has parameters have a trained one?"""
    having, training = around(all_names), around(trained_names)
    return tuple(_is_trained(path, having, training) for path in layers)


def _is_trained(path: str, having: set[str], training: set[str]) -> bool:
    while path and path not in having:
        path = path.rpartition(".")[0]
    return path in training
