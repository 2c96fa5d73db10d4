"""What can be told about one call of a module: is it under way, can its result be trained through, where do random
numbers stand."""

from __future__ import annotations

from collections.abc import Mapping
from types import FrameType

import torch
from torch import nn

_CALL_IMPL = nn.Module._call_impl.__code__


def calls_under_way(module: nn.Module, frame: FrameType | None) -> int:
    """How many calls of ``module`` ``frame`` is inside of.

    Only frames of torch itself are looked into: reading the locals of others would keep their tensors alive.
    """
    count = 0
    while frame is not None:
        if frame.f_code is _CALL_IMPL and frame.f_locals.get("self") is module:
            count += 1
        frame = frame.f_back
    return count


def is_connected(result: object, module: nn.Module) -> bool:
    """Whether gradients can flow from ``result``; for a result that cannot be looked into, whether ``module`` has
    parameters that want them."""
    answer = _wants_gradient(result, 3)
    if answer is None:
        return any(parameter.requires_grad for parameter in module.parameters())
    return answer


def _wants_gradient(result: object, depth: int) -> bool | None:
    """None: nothing in ``result`` says."""
    if isinstance(result, torch.Tensor):
        return result.requires_grad
    if not depth:
        return None
    parts: list[object]
    if isinstance(result, Mapping):
        parts = list(result.values())
    elif isinstance(result, (list, tuple)):
        parts = list(result)
    elif hasattr(result, "__dict__") and not isinstance(result, nn.Module):
        parts = list(vars(result).values())
    else:
        return None
    answers = {_wants_gradient(part, depth - 1) for part in parts[:64]}
    return True if True in answers else False if False in answers else None


def random_state() -> int:
    """A digest of the default generators' states: of the CPU's, and of the current CUDA device's if it is in use."""
    state = torch.get_rng_state()
    digest = hash(tuple(state.view(torch.int64).tolist() if state.numel() % 8 == 0 else state.tolist()))
    if torch.cuda.is_available() and torch.cuda.is_initialized() and not torch.cuda.is_current_stream_capturing():
        digest = hash((digest, tuple(torch.cuda.get_rng_state().tolist())))
    return digest
