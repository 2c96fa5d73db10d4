"""Whether optimizers still tell of their steps: up to torch 2.1, importing its compiler takes their hooks away."""

from __future__ import annotations

import torch

NOTICE = (
    f"torch {torch.__version__} takes the hooks of optimizers away once something is compiled or exported, so steps "
    "were not seen, and nothing is said about modes in training and evaluation"
)


def steps_are_hidden() -> bool:
    """Whether `step` is marked as one that runs hooks, and does not: what `torch._dynamo` 2.1 makes of it."""
    step = torch.optim.SGD.step
    code = getattr(step, "__code__", None)
    return bool(getattr(step, "hooked", False)) and "_global_optimizer_pre_hooks" not in getattr(code, "co_names", ())
