"""How active dropout is seen in this process: each way is tried on a tiny tensor before it is trusted."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import torch

from dropout_lint.runtime.hooks import deliberate_modes, kernel_override, observers, python_patch
from dropout_lint.runtime.hooks.observers import Claims, Observer


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


_lock = threading.RLock()
_mechanism: Mechanism | None = None


def observe(observer: Observer, *, claims: Claims | None = None, silences: bool = False) -> None:
    """Notify ``observer`` of active operators, in place of those that came before it; see `observers.enter`."""
    install()
    observers.enter(observer, claims=claims, silences=silences)


def install() -> Mechanism:
    """Install the kernels, once in a process; best before other threads run operators.

    Returns how dropout is seen from now on.  What this torch can do is found by trying, not by its version.
    """
    global _mechanism
    with _lock:
        if _mechanism is None:
            deliberate_modes.record()
            observers.record()
            _mechanism = _first_that_works()
        return _mechanism


def _first_that_works() -> Mechanism:
    """Install the kernels, or where this torch cannot, the patch of its Python functions."""
    before = _sample()
    try:
        kernel_override.override()
        _check(before)
    except Exception as error:
        kernel_override.withdraw()
        reason = f"torch {torch.__version__} cannot override kernels: {type(error).__name__}: {error}"
    else:
        return Mechanism("kernel")
    python_patch.patch()
    _check(before)
    return Mechanism("patch", python_patch.BLIND_SPOTS, reason)


def _sample() -> tuple[torch.Tensor, torch.Tensor]:
    """The result and the gradient of one dropout, with random numbers that are put back."""
    state = torch.random.get_rng_state()
    try:
        with torch.inference_mode(False), torch.enable_grad():
            x = torch.ones(8, device="cpu", dtype=torch.float32, requires_grad=True)
            y = torch.nn.functional.dropout(x, 0.5, training=True)
            torch.autograd.backward(y.sum())
            assert x.grad is not None
            return y.detach(), x.grad
    finally:
        torch.random.set_rng_state(state)


def _check(before: tuple[torch.Tensor, torch.Tensor]) -> None:
    """Raise RuntimeError unless one dropout is reported exactly once, and computes what it did ``before``."""
    told: list[str] = []

    def observer(op: str, p: float | None, args: tuple[Any, ...]) -> None:
        told.append(op)

    observers.enter(observer, claims=lambda: False)  # this thread alone
    try:
        after = _sample()
    finally:
        observers.leave(observer)
    if told != ["dropout"]:
        raise RuntimeError(f"self-test: one dropout was told as {told}")
    if not all(torch.equal(a, b) for a, b in zip(before, after)):
        raise RuntimeError("self-test: dropout computes something else when it is watched")
