"""Whether the steps of optimizers are still seen: up to torch 2.1, importing its compiler removes their hooks."""

from __future__ import annotations

import torch

from dropout_lint.runtime.modules.decorated import layers

NOTICE = (
    f"torch {torch.__version__} takes the hooks of optimizers away once something is compiled or exported, so steps "
    "were not seen, and nothing is said about modes in training and evaluation"
)


def steps_are_hidden() -> bool:
    """Whether `step` is marked as one that runs hooks, and does not: what `torch._dynamo` 2.1 makes of it."""
    step = torch.optim.SGD.step
    codes = [getattr(layer, "__code__", None) for layer in layers(step)]  # others may have put decorators around it
    runs_hooks = any("_global_optimizer_pre_hooks" in getattr(code, "co_names", ()) for code in codes)
    return bool(getattr(step, "hooked", False)) and not runs_hooks
