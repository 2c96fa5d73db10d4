"""Facts about one call of a module: in which modes it began, and in which state the random generators are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType, FunctionType
from typing import Any, cast

import torch

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


def random_state() -> int:
    """A digest of the default generators' states: of the CPU's, and of the current CUDA device's if it is in use."""
    state = torch.get_rng_state()
    digest = hash(tuple(state.view(torch.int64).tolist() if state.numel() % 8 == 0 else state.tolist()))
    if torch.cuda.is_initialized() and not torch.cuda.is_current_stream_capturing():  # type: ignore[no-untyped-call]
        digest = hash((digest, tuple(torch.cuda.get_rng_state().tolist())))
    return digest
