"""`DropoutWatch` for a training loop of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any, TypeVar

from dropout_lint.runtime.callbacks.base import TrainerWatch

_Self = TypeVar("_Self", bound="DropoutWatch")


class DropoutWatch(TrainerWatch):
    """Watches a training loop, logs what is found, and reports at the end of the block:

        with DropoutWatch(report=["text", "html=modes.html"]) as watching:
            for epoch in range(epochs):
                watching.log(epoch=epoch)
                for x, y in batches:
                    ...
                    watching.log(loss=loss)

    Without `with` it reports when Python exits.  ``logger``: a SummaryWriter of TensorBoard, or a run of Weights &
    Biases, that gets what is found.  The other parameters are those of `dropout_lint.runtime.watch`.
    """

    def __init__(
        self,
        *,
        report: str | Iterable[str] = "text",
        logger: Any = None,
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
        self._logger = logger

    def __enter__(self: _Self) -> _Self:
        self._listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(error)

    def log(self, *, epoch: float | None = None, loss: Any = None, step: int | None = None) -> None:
        """Put the epoch that begins, or the loss (a number, or a tensor of one), on the timeline of the report.

        ``step`` is what the ``logger`` counts by.  A loss on an accelerator is read once in a second at most.
        """
        self._progress(epoch=epoch, loss=loss)
        if self._logger is not None:
            self._send(self._logger, step)

    def close(self, error: BaseException | None = None) -> None:
        """Listen no more, and write the reports; ``error`` is what ended the run, if anything did."""
        super().close(error)
        if self._logger is not None:
            self._send(self._logger, None)
