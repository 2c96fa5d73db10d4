"""Facts about one call of a module: is its result trainable, and in which state are the random generators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType, FunctionType
from typing import Any, cast

import torch
from torch import nn

from dropout_lint.runtime.record.events import Modes, Place
from dropout_lint.runtime.watching.models import Model


@dataclass(frozen=True, slots=True)
class Begun:
    """A call of a root that is under way."""

    model: Model
    modes: Modes
    place: Place
    frame: FrameType | None  # the caller's
    grad_enabled: bool
    randomness: int | None

    @property
    def is_training(self) -> bool:
        """Whether every layer is in train mode, and gradients are on."""
        return self.grad_enabled and self.modes.root and all(self.modes.layers)


def leave_to_python(function: Callable[..., Any]) -> None:
    """Keep the compiler from starting a graph of its own at ``function`` where it left the caller to Python.

    Inside a graph that it builds anyway, it goes through it as before.
    """
    try:
        from torch._C._dynamo.eval_frame import skip_code  # type: ignore[attr-defined]
    except ImportError:  # another version of torch: a graph more, and the same results
        return
    skip_code(cast(FunctionType, function).__code__)


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
    if torch.cuda.is_initialized() and not torch.cuda.is_current_stream_capturing():  # type: ignore[no-untyped-call]
        digest = hash((digest, tuple(torch.cuda.get_rng_state().tolist())))
    return digest
