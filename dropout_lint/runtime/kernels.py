"""Sees every active dropout of the process: the kernels of a few operators are overridden to tell and call on.

An override in the dispatcher is seen from Python, TorchScript and C++, in every thread, under autograd and functorch;
it costs other operators nothing, breaks no graph of `torch.compile`, and changes no result.  It is installed once and
never removed: freeing a kernel while another thread is in it crashes the process.  What is switched is a tuple of
observers (`nesting`).

A kernel must not raise: TorchScript would turn the exception into another one, in the middle of the user's forward.
"""

from __future__ import annotations

import threading
import warnings
from dataclasses import dataclass
from typing import Any

import torch

from dropout_lint.runtime import nesting, switching
from dropout_lint.runtime.nesting import Claims, Observer
from dropout_lint.runtime.operators import OPERATORS, Operator

COMPOSITE = "CompositeImplicitAutograd"
FUNCTORCH = "FuncTorchDynamicLayerFrontMode"
_UNUSED = torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)
BACKENDS = ("CPU", "CUDA", "MPS", "XPU", "HPU", "PrivateUse1")


@dataclass(frozen=True)
class Mechanism:
    """How active dropout is seen in this process."""

    name: str  # "kernel", or "patch" where this torch cannot override kernels
    blind_spots: tuple[str, ...] = ()  # what it does not see
    reason: str = ""  # why it is not the kernel

    def __str__(self) -> str:
        if not self.blind_spots:
            return f"dropout is watched by {self.name}"
        return f"dropout is watched by {self.name} ({self.reason}); not seen: {', '.join(self.blind_spots)}"


class _Thread(threading.local):
    inside = False  # below an operator that was told already, or in a part that wants no look


thread = _Thread()
_lock = threading.RLock()
_libraries: list[Any] = []  # kept for the life of the process: the kernels go when these go
_mechanism: Mechanism | None = None


def observe(observer: Observer, *, claims: Claims | None = None, silences: bool = False) -> None:
    """Let ``observer`` be told of active operators, in place of those that came before it; see `nesting.enter`."""
    install()
    nesting.enter(observer, claims=claims, silences=silences)


def install() -> Mechanism:
    """Install the kernels, once in a process; best before other threads run operators.

    Returns how dropout is seen from now on.  What this torch can do is found by trying, not by its version.
    """
    global _mechanism
    with _lock:
        if _mechanism is None:
            from dropout_lint.runtime import selftest  # late: it watches with what is made here

            switching.record()
            nesting.record()
            _mechanism = selftest.first_that_works()
        return _mechanism


def override() -> None:
    """Register the telling kernels.  Raises whatever a torch that cannot do it raises."""
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
        if nesting.entries and not thread.inside and active(args):
            tell(short, rate(args), args)
            # Attention and recurrent operators call dropout themselves: one event, not three.
            thread.inside = True
            try:
                return original(keyset, *args, **kwargs)
            finally:
                thread.inside = False
        return original(keyset, *args, **kwargs)

    def light(*args: Any, **kwargs: Any) -> Any:
        if nesting.entries:
            return kernel(_UNUSED, *args, **kwargs)
        return original(_UNUSED, *args, **kwargs)

    # What is paid by those who are not watched: handing the keys to Python is a tenth of it, and a composite kernel
    # of torch has no use for them, since it calls other operators, which are dispatched anew.
    keyless = key == COMPOSITE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "Overriding a previously registered kernel": that is the purpose
        library.impl(operator.name, light if keyless else kernel, key, with_keyset=not keyless)


def tell(op: str, p: float | None, args: tuple[Any, ...]) -> None:
    """Tell those who watch this thread."""
    for observer in nesting.told():
        observer(op, p, args)
