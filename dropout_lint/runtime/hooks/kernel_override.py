"""Sees every active dropout of the process: the kernels of a few operators notify and call the original.

An override in the dispatcher is seen from Python, TorchScript and C++, in every thread, under autograd and functorch;
it costs other operators nothing, breaks no graph of `torch.compile`, and changes no result.  It is installed once and
never removed: freeing a kernel while another thread is in it crashes the process.  What is switched is a tuple of
observers (`observers`).

A kernel must not raise: TorchScript would turn the exception into another one, in the middle of the user's forward.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch

from dropout_lint.runtime.hooks import observers
from dropout_lint.runtime.modules.operators import OPERATORS, Operator

COMPOSITE = "CompositeImplicitAutograd"
FUNCTORCH = "FuncTorchDynamicLayerFrontMode"
_UNUSED = torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)
BACKENDS = ("CPU", "CUDA", "MPS", "XPU", "HPU", "PrivateUse1")


_libraries: list[Any] = []  # kept for the life of the process: the kernels go when these go


def override() -> None:
    """Register the notifying kernels.  Raises whatever a torch that cannot do it raises."""
    library = torch.library.Library("aten", "IMPL")  # type: ignore[no-untyped-call]
    _libraries.append(library)
    for operator in OPERATORS:
        if operator.composite:
            _register(library, operator, COMPOSITE)
            if operator.transformed:
                _register(library, operator, FUNCTORCH)
        else:
            for backend in BACKENDS:
                if torch._C._dispatch_has_kernel_for_dispatch_key(f"aten::{operator.name}", backend):
                    _register(library, operator, backend)


def withdraw() -> None:
    """Take back an override that failed; only before anything else can be inside one of its kernels."""
    while _libraries:
        library = _libraries.pop()
        if hasattr(library, "_destroy"):  # before torch 2.2, letting go of it does that
            library._destroy()


def _register(library: Any, operator: Operator, key: str) -> None:
    name, _, overload = operator.name.partition(".")
    packet = getattr(torch.ops.aten, name)
    # Taken before the override, else it would be the override itself.  A composite kernel serves every backend.
    original = torch.library.get_kernel(
        getattr(packet, overload or "default"), "CPU" if key == COMPOSITE else key
    ).call_boxed
    short, active, rate = operator.short, operator.active, operator.p

    def kernel(keyset: Any, *args: Any, **kwargs: Any) -> Any:
        if observers.entries and not observers.thread.inside and active(args):
            observers.tell(short, rate(args), args)
            # Attention and recurrent operators call dropout themselves: one event, not three.
            observers.thread.inside = True
            try:
                return original(keyset, *args, **kwargs)
            finally:
                observers.thread.inside = False
        return original(keyset, *args, **kwargs)

    def light(*args: Any, **kwargs: Any) -> Any:
        if observers.entries:
            return kernel(_UNUSED, *args, **kwargs)
        return original(_UNUSED, *args, **kwargs)

    # What is paid by those who are not watched: handing the keys to Python is a tenth of it, and a composite kernel
    # of torch has no use for them, since it calls other operators, which are dispatched anew.
    keyless = key == COMPOSITE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "Overriding a previously registered kernel": that is the purpose
        library.impl(operator.name, light if keyless else kernel, key, with_keyset=not keyless)
