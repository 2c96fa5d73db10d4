"""What `DropoutWatch` does at the events of the trainer of transformers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

from dropout_lint.runtime.callbacks.base import TrainerWatch
from dropout_lint.runtime.callbacks.loggers import COUNT, TEXT

_TAKE_TEXT = ("TensorBoardCallback", "WandbCallback")  # the others take numbers alone, and complain


class TransformersHooks(TrainerWatch):
    """The events, without the base class that the trainer wants."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Training begins."""
        self._listen()

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """An epoch begins."""
        self._progress(epoch=state.epoch)

    def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """The trainer logs.  Whoever it reports to gets what is new from here: a callback may not log by itself."""
        logs = kwargs.get("logs") or {}
        self._progress(loss=logs.get("loss"))
        if "loss" in logs and state.log_history:
            state.log_history[-1][COUNT] = self._count
        reporters = _reporters(sys._getframe(1))
        targets = [_Reporter(reporter, (args, state, control), kwargs) for reporter in reporters]
        self._send_to(targets, state.global_step, always="loss" in logs)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Training ends well."""
        self._ended()


def _reporters(frame: FrameType) -> Iterator[Any]:
    """The callbacks of transformers that report to TensorBoard and the like.

    A callback is not given the trainer; its caller has the list of all.
    """
    for callback in getattr(frame.f_locals.get("self"), "callbacks", ()):
        if type(callback).__module__.startswith("transformers.integrations"):
            yield callback


class _Reporter:
    """One of them, as something to log to."""

    def __init__(self, callback: Any, positional: tuple[Any, Any, Any], keywords: dict[str, Any]) -> None:
        self._callback = callback
        self._positional, self._keywords = positional, keywords

    def log(self, values: dict[str, int | str], step: int | None) -> None:
        """Report ``values`` as the trainer would."""
        takes_text = type(self._callback).__name__ in _TAKE_TEXT
        logs = {name: value for name, value in values.items() if name != TEXT or takes_text}
        self._callback.on_log(*self._positional, **{**self._keywords, "logs": logs})
