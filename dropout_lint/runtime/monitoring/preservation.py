"""A look that leaves no trace: modes, buffers and random generators are afterwards what they were before."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from dropout_lint.runtime.monitoring.contexts import kept_modes
from dropout_lint.runtime.monitoring.randomness import kept_generators


@contextlib.contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Run ``model`` in here without changing its modes, its buffers (batch norm writes them) or any generator."""
    with kept_generators(), kept_modes(model), _kept_buffers(model), _eager():
        yield


@contextlib.contextmanager
def _kept_buffers(model: nn.Module) -> Iterator[None]:
    before = [(buffer, buffer.detach().clone()) for buffer in model.buffers() if _has_values(buffer)]
    try:
        yield
    finally:
        for buffer, values in before:
            if not _equal(buffer, values):
                with torch.no_grad(), torch.inference_mode(buffer.is_inference()):
                    buffer.copy_(values)


def _has_values(buffer: Tensor) -> bool:
    return not nn.parameter.is_lazy(buffer) and buffer.device.type != "meta"


def _equal(one: Tensor, other: Tensor) -> bool:
    """Bitwise, so that a NaN equals itself."""
    if one.shape != other.shape:
        return False
    return bool(((one == other) | ((one != one) & (other != other))).all())


@contextlib.contextmanager
def _eager() -> Iterator[None]:
    """Run what `torch.compile` has compiled in eager mode, where every operator shows."""
    set_stance = getattr(torch.compiler, "set_stance", None)  # since torch 2.6
    if set_stance is None or "torch._dynamo" not in sys.modules:  # nothing is compiled: importing it takes a second
        yield
    else:
        with set_stance("force_eager"):
            yield


def warm_up(model: nn.Module, *args: object, **kwargs: object) -> None:
    """Let lazy layers of ``model`` take their shapes from one forward, whose initialisation draws random numbers."""
    if any(nn.parameter.is_lazy(parameter) for parameter in model.parameters()):
        with torch.no_grad():
            model(*args, **kwargs)
