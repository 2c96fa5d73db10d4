"""What a call returned: whether gradients can flow through it, and a way to learn whether they ever do.

A hook on the last node of each tensor's graph is told of a backward pass, and freed with the node.  It returns nothing,
so gradients stay what they are.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from dropout_lint.runtime.record.reach import Reach

_DEEPEST = 6  # containers in containers: the cache of a language model is a list in an object in a mapping
_MOST_PARTS = 256  # that are looked at
_MOST_NODES = 16  # that get a hook


@dataclass(eq=False)
class _Tensors:
    """The tensors in a result."""

    any: bool = False
    connected: list[Tensor] = field(default_factory=list)  # gradients can flow through them
    left: int = _MOST_PARTS
    complete: bool = True  # nothing was passed over


class _Witness:
    """Held by nodes alone, and called when a backward pass goes through one of them."""

    __slots__ = ("__weakref__", "reach")

    def __init__(self) -> None:
        self.reach = Reach(weakref.ref(self))

    def __call__(self, *gradients: object) -> None:
        self.reach.reached = True


def is_connected(result: object, module: nn.Module) -> bool:
    """Whether gradients can flow from ``result``; for a result that cannot be looked into, whether ``module`` has
    parameters that want them."""
    return _is_connected(_tensors(result), module)


def followed(result: object, module: nn.Module) -> tuple[bool, Reach | None]:
    """The same, and what tells whether a backward pass comes; None where that cannot be seen."""
    if type(result) is Tensor:  # most models return one: no time is lost on it
        graph = result.requires_grad
        return graph, _reach([result]) if graph else None
    tensors = _tensors(result)
    return _is_connected(tensors, module), _reach(tensors.connected, complete=tensors.complete)


def _is_connected(tensors: _Tensors, module: nn.Module) -> bool:
    if not tensors.any:
        return any(parameter.requires_grad for parameter in module.parameters())
    return bool(tensors.connected)


def _reach(connected: list[Tensor], *, complete: bool = True) -> Reach | None:
    witness = _Witness()
    reach, followed = witness.reach, False
    reach.sure = complete and len(connected) <= _MOST_NODES
    for tensor in connected[:_MOST_NODES]:
        node = None if _is_transformed(tensor) else tensor.grad_fn
        if node is None:  # a parameter itself, or a tensor below `torch.func`
            reach.sure = False
        else:
            node.register_prehook(witness)
            followed = True
    return reach if followed else None


_is_transformed: Callable[[Tensor], bool] = getattr(
    torch._C._functorch, "is_functorch_wrapped_tensor", lambda tensor: type(tensor) is not Tensor
)
"""Whether this is a tensor inside `torch.func.grad`, `vmap` and the like, whose graph is none of autograd's."""


def _tensors(result: object) -> _Tensors:
    tensors = _Tensors()
    _collect(result, _DEEPEST, tensors)
    return tensors


_NOTHING_INSIDE = (str, bytes, int, float, complex, type(None), torch.Size, torch.dtype, torch.device)


def _collect(value: object, depth: int, tensors: _Tensors) -> None:
    if isinstance(value, Tensor):
        tensors.any = True
        if value.requires_grad:
            tensors.connected.append(value)
        return
    if isinstance(value, _NOTHING_INSIDE):
        return
    parts = _parts(value)
    tensors.left -= 1
    if parts is None or not depth or tensors.left < 0:
        tensors.complete = False
        return
    for part in parts:
        _collect(part, depth - 1, tensors)


def _parts(value: object) -> list[object] | None:
    """What ``value`` holds; None if it does not show."""
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, (list, tuple)):
        return list(value)
    if hasattr(value, "__dict__") and not isinstance(value, (nn.Module, type)):
        return list(vars(value).values())
    return None
