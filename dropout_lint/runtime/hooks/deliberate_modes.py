"""Which dropout layers are in train mode on purpose: by `train()` on the layer itself, or by its flag after `eval()`.

That is how Monte Carlo dropout is written.  A layer that is in train mode because it was never switched (PEFT adds
such to a model in eval mode), because `train()` was called on a part that holds it, or because an override of
`train` in its model always sets it, is not meant.  A
recorder in the place of `nn.Module.train` knows of switches from its installation on, and calls the original.
"""

from __future__ import annotations

import functools
import sys
import threading
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

import torch
from torch import nn

is_compiling: Callable[[], bool] = getattr(torch.compiler, "is_compiling", None) or torch._utils.is_compiling
"""Whether `torch.compile` is tracing this call.  It moved in torch 2.2."""


class _Thread(threading.local):
    depth = 0  # `train()` calls that are running: parents call those of their children


_thread = _Thread()
_single: dict[int, weakref.ref[nn.Module]] = {}
"""Layers without parts whose last switch was to eval mode, or was made on the layer itself."""


def record() -> None:
    """Put the recorder in place, once in a process."""
    original = nn.Module.train
    if hasattr(original, "_dropout_lint_records"):
        return

    @functools.wraps(original)
    def train(self: Any, mode: bool = True) -> Any:
        if is_compiling():
            return original(self, mode)
        _thread.depth += 1
        try:
            return original(self, mode)
        finally:
            _thread.depth -= 1
            if not self._modules and not self._parameters:
                alone = _thread.depth == 0 and not _is_set_by_another(self, sys._getframe(1))
                _note(self, on_purpose=not mode or alone)

    train._dropout_lint_records = True  # type: ignore[attr-defined]
    nn.Module.train = train  # type: ignore[method-assign]


def _is_set_by_another(module: nn.Module, frame: FrameType | None) -> bool:
    """Whether an override of `train` or `eval` of a module that holds ``module`` is what sets it, whatever it was asked
    for."""
    while frame is not None:
        code = frame.f_code
        if code.co_name in ("train", "eval") and code.co_argcount:
            holder = frame.f_locals.get(code.co_varnames[0])
            if issubclass(type(holder), nn.Module) and holder is not module:
                return any(part is module for part in nn.Module.modules(holder))  # type: ignore[arg-type]
        frame = frame.f_back
    return False


def _note(module: nn.Module, *, on_purpose: bool) -> None:
    key = id(module)
    if on_purpose:
        _single[key] = weakref.ref(module, lambda _: _single.pop(key, None))
    else:
        _single.pop(key, None)


def is_deliberate(module: nn.Module) -> bool:
    """Whether ``module``, which is in train mode inside a model in eval mode, was put there on purpose."""
    known = _single.get(id(module))
    return known is not None and known() is module
