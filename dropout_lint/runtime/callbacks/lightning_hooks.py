"""What `DropoutWatch` does at the hooks of Lightning's trainer, of whichever of its two packages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dropout_lint.runtime.callbacks.base import TrainerWatch


class LightningHooks(TrainerWatch):
    """The hooks, without the base class that the trainer wants."""

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Any work of the trainer begins."""
        self._listen()

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """An epoch begins."""
        self._progress(epoch=trainer.current_epoch)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """A batch has been trained with."""
        self._progress(loss=outputs.get("loss") if isinstance(outputs, Mapping) else outputs)
        self._pass_on(trainer)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """An epoch ends, with its validation."""
        self._pass_on(trainer, always=True)

    def on_test_end(self, trainer: Any, pl_module: Any) -> None:
        """A test ends."""
        self._pass_on(trainer)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """The work ends early; `teardown` is not called then."""
        self._ended(exception)

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """The work is done."""
        self._ended()

    def _pass_on(self, trainer: Any, *, always: bool = False) -> None:
        if trainer.is_global_zero:
            self._send_to(trainer.loggers, trainer.global_step, always=always)
