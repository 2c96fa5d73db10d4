"""Which way of watching works here: each is tried on a tiny tensor before it is trusted."""

from __future__ import annotations

from typing import Any

import torch

from dropout_lint.runtime import kernels, nesting, patching
from dropout_lint.runtime.kernels import Mechanism


def first_that_works() -> Mechanism:
    """Install the kernels, or where this torch cannot, the patch of its Python functions."""
    before = _sample()
    try:
        kernels.override()
        _check(before)
    except Exception as error:
        kernels.withdraw()
        reason = f"torch {torch.__version__} cannot override kernels: {type(error).__name__}: {error}"
    else:
        return Mechanism("kernel")
    patching.patch()
    _check(before)
    return Mechanism("patch", patching.BLIND_SPOTS, reason)


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
    """Raise RuntimeError unless one dropout is told exactly once, and computes what it did ``before``."""
    told: list[str] = []

    def observer(op: str, p: float | None, args: tuple[Any, ...]) -> None:
        told.append(op)

    nesting.enter(observer, claims=lambda: False)  # this thread alone
    try:
        after = _sample()
    finally:
        nesting.leave(observer)
    if told != ["dropout"]:
        raise RuntimeError(f"self-test: one dropout was told as {told}")
    if not all(torch.equal(a, b) for a, b in zip(before, after)):
        raise RuntimeError("self-test: dropout computes something else when it is watched")
