"""What a running model shows: the real mode of its layers, and dropout that fires where it should not.

Needs torch, and nothing of the linter: install it with ``pip install 'dropout-lint[torch]'``.  torch is imported at the
first use of a name, because a script that is run under the watcher may have to set its environment before.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dropout_lint.runtime.callbacks.loop import DropoutWatch
    from dropout_lint.runtime.hooks.mechanism import Mechanism, install
    from dropout_lint.runtime.modules.mode_report import LayerKind, LayerState, ModeReport, mode_report
    from dropout_lint.runtime.modules.unregistered import find_unregistered_modules
    from dropout_lint.runtime.monitoring.contexts import eval_mode, monte_carlo_dropout, train_mode
    from dropout_lint.runtime.monitoring.event import DropoutEvent, EventKind
    from dropout_lint.runtime.monitoring.monitor import DropoutMonitor, expected_dropout, is_expected, quiet
    from dropout_lint.runtime.watching.handle import Watch, watch

_HOMES = {
    "callbacks.loop": ("DropoutWatch",),
    "monitoring.contexts": ("eval_mode", "monte_carlo_dropout", "train_mode"),
    "monitoring.event": ("DropoutEvent", "EventKind"),
    "hooks.mechanism": ("Mechanism", "install"),
    "modules.mode_report": ("LayerKind", "LayerState", "ModeReport", "mode_report"),
    "monitoring.monitor": ("DropoutMonitor", "expected_dropout", "is_expected", "quiet"),
    "modules.unregistered": ("find_unregistered_modules",),
    "watching.handle": ("Watch", "watch"),
}
"""Module -> the public names that it defines."""

_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "DropoutEvent",
    "DropoutMonitor",
    "DropoutWatch",
    "EventKind",
    "LayerKind",
    "LayerState",
    "Mechanism",
    "ModeReport",
    "Watch",
    "eval_mode",
    "expected_dropout",
    "find_unregistered_modules",
    "install",
    "is_expected",
    "mode_report",
    "monte_carlo_dropout",
    "quiet",
    "train_mode",
    "watch",
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
