"""What can be told about one call of a module: can its result be trained through, where do random numbers stand."""

from __future__ import annotations

from collections.abc import Mapping
from types import CodeType

import torch
from torch import nn


def leave_to_python(code: CodeType) -> None:
    """Keep the compiler from starting a graph of its own at ``code`` where it left the caller to Python.

    Inside a graph that it builds anyway, it goes through ``code`` as before.
    """
    try:
        from torch._C._dynamo.eval_frame import skip_code
    except ImportError:  # another version of torch: a graph more, and the same results
        return
    skip_code(code)


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
