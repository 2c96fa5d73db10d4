"""The fallback where kernels cannot be overridden: torch's Python functions are replaced, to notify observers.

`F.dropout` looks `torch._VF.dropout` up at each call, so it is seen however it was imported; TorchScript and C++ never
call them, and neither do calls of a function that was bound to another name before.  Like the kernels, the
replacements are never taken back.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch

from dropout_lint.runtime.hooks import observers
from dropout_lint.runtime.hooks.deliberate_modes import is_compiling
from dropout_lint.runtime.modules.operators import OPERATORS, Operator

BLIND_SPOTS = (
    "dropout inside TorchScript and C++",
    "`scaled_dot_product_attention` imported by name before the monitor was installed",
    "graphs that were compiled before",
)

_PARAMETERS = {
    "dropout": ("input", "p", "train"),
    "scaled_dot_product_attention": ("query", "key", "value", "attn_mask", "dropout_p"),
    "rrelu": ("input", "lower", "upper", "training"),
    "batch_norm": ("input", "weight", "bias", "running_mean", "running_var", "training"),
    "instance_norm": ("input", "weight", "bias", "running_mean", "running_var", "use_input_stats"),
}
"""Names under which callers may pass what an operator is judged by; dropout's family shares one entry."""


def patch() -> None:
    """Replace the functions, wherever torch itself looks them up."""
    from torch.jit import _builtins

    for operator in OPERATORS:
        if operator.name.endswith(".data"):
            continue  # the same Python function takes both overloads
        for holder in (torch._VF, torch, torch.nn.functional):
            original = getattr(holder, operator.short, None)
            if callable(original) and not hasattr(original, "__code__"):  # Python functions call these in turn
                notifying = _notifying(original, operator)
                setattr(holder, operator.short, notifying)
                # TorchScript finds builtins by identity, and would try to compile a Python function.
                _builtins._register_builtin(notifying, f"aten::{operator.short}")


def _notifying(original: Callable[..., Any], operator: Operator) -> Callable[..., Any]:
    short = operator.short.rstrip("_")
    names = _PARAMETERS.get(short, _PARAMETERS["dropout"] if "dropout" in short else ())

    @functools.wraps(original)
    def function(*args: Any, **kwargs: Any) -> Any:
        if observers.entries and not observers.thread.inside and not is_compiling():
            given = _in_order(args, kwargs, names)
            called = _overload(operator, given)
            if _is_active(called, given):
                observers.tell(called.short, called.p(given), given)
                observers.thread.inside = True
                try:
                    return original(*args, **kwargs)
                finally:
                    observers.thread.inside = False
        return original(*args, **kwargs)

    return function


def _in_order(args: tuple[Any, ...], kwargs: dict[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
    """The arguments by position, up to the last that was given by name; None for those in between."""
    named = [at for at, name in enumerate(names) if name in kwargs]
    return (*args, *(kwargs.get(name) for name in names[len(args) : max(named, default=-1) + 1]))


_PACKED = {operator.short: operator for operator in OPERATORS if operator.name.endswith(".data")}


def _overload(operator: Operator, args: tuple[Any, ...]) -> Operator:
    """Recurrent functions of packed sequences take `batch_sizes` second, so their weights come one place later."""
    if operator.short in _PACKED and len(args) > 3 and isinstance(args[3], (list, tuple)):
        return _PACKED[operator.short]
    return operator


def _is_active(operator: Operator, args: tuple[Any, ...]) -> bool:
    """Never raises: what is called wrongly is left to torch to complain about."""
    try:
        return operator.active(args)
    except (IndexError, TypeError):
        return False
