"""Assertions for tests of PyTorch models: mode, dropout, randomness; and for tests of rules, in `rules`.

They read like those of `torch.testing`: the model first, options by keyword, ``msg`` a text or a function of the
generated one.  Each leaves the model's modes and buffers, and all random generators, as they were.  They need torch:
``pip install 'dropout-lint[torch]'``.  It is imported at the first use of a name, because `dropout_lint.testing.rules`,
for tests of rules, needs none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_HOMES = {
    "forwards": (
        "assert_deterministic",
        "assert_dropout_active",
        "assert_eval_is_identity",
        "assert_no_active_dropout",
    ),
    "modes": ("assert_eval_mode", "assert_eval_propagates", "assert_mode_restored", "assert_train_mode"),
}
"""Module -> the public names that it defines."""

_HOME = {name: home for home, names in _HOMES.items() for name in names}

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


def __getattr__(name: str) -> object:
    """Import the module that defines ``name``.  Raises ImportError that names the extra where torch is missing."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value: object = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    except ImportError as error:
        if error.name != "torch":  # torch is there, and broken: its own words help more than ours
            raise
        raise ImportError(f"{__name__} needs torch: pip install 'dropout-lint[torch]'", name="torch") from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
