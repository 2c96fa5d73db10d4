"""`DropoutWatch` for loops with an `Accelerator`; accelerate itself is not imported."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from dropout_lint.runtime.callbacks.loop import DropoutWatch as _LoopWatch

_LOSSES = ("loss", "train_loss", "train/loss")


class DropoutWatch(_LoopWatch):
    """Watches a training loop with accelerate, and sends what is found to its trackers:

        with DropoutWatch(accelerator):
            ...  # the loop, unchanged

    What the loop passes to `accelerator.log` as "epoch" and "loss" (or "train_loss", "train/loss") stands on the
    timeline of the report; other things do with `log`.
    """

    def __init__(
        self,
        accelerator: Any,
        *,
        report: str | Iterable[str] = "text",
        min_consecutive: int = 2,
        min_confidence: str = "low",
        quiet: bool = False,
        live: bool = False,
        measure: bool = False,
    ) -> None:
        super().__init__(
            report=report,
            min_consecutive=min_consecutive,
            min_confidence=min_confidence,
            quiet=quiet,
            live=live,
            measure=measure,
        )
        self._accelerator = accelerator
        original = accelerator.log
        self._logger = _Trackers(original)

        @functools.wraps(original)
        def log(values: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(values, *args, **kwargs)
            self._logged(values, args[0] if args else kwargs.get("step"))
            return result

        self._replacement = accelerator.log = log

    def close(self, error: BaseException | None = None) -> None:
        """Listen no more, and write the reports; `accelerator.log` is again what it was."""
        super().close(error)
        if vars(self._accelerator).get("log") is self._replacement:
            del self._accelerator.log

    def _logged(self, values: Any, step: int | None) -> None:
        if isinstance(values, Mapping):
            losses = (values[name] for name in _LOSSES if name in values)
            self.log(epoch=values.get("epoch"), loss=next(losses, None), step=step)


class _Trackers:
    """The trackers of an accelerator, without what listens to them."""

    def __init__(self, log: Any) -> None:
        self.log = log
