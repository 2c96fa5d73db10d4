"""Assertions for tests of PyTorch models: their mode, their dropout, their randomness.

They read like those of `torch.testing`: the model first, options by keyword, ``msg`` a text or a function of the
generated one.  Each leaves the model's modes and buffers, and all random generators, as they were.  Needs torch:
``pip install 'dropout-lint[torch]'``.
"""

from __future__ import annotations

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    if error.name != "torch":  # torch is there, and broken: its own words help more than ours
        raise
    raise ImportError(f"{__name__} needs torch: pip install 'dropout-lint[torch]'", name="torch") from error

from dropout_lint.testing.forwards import (
    assert_deterministic,
    assert_dropout_active,
    assert_eval_is_identity,
    assert_no_active_dropout,
)
from dropout_lint.testing.modes import (
    assert_eval_mode,
    assert_eval_propagates,
    assert_mode_restored,
    assert_train_mode,
)

__all__ = [
    "assert_deterministic",
    "assert_dropout_active",
    "assert_eval_is_identity",
    "assert_eval_mode",
    "assert_eval_propagates",
    "assert_mode_restored",
    "assert_no_active_dropout",
    "assert_train_mode",
]
