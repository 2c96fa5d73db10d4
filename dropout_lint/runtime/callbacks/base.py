"""What the watches of all trainers have in common: when they listen, what they log, and how far the run is."""

from __future__ import annotations

import contextlib
import logging
import os
import time
import weakref
from collections.abc import Iterable
from typing import Any

import torch

from dropout_lint.runtime.callbacks import loggers
from dropout_lint.runtime.watching.handle import Watch
from dropout_lint.runtime.watching.judging.findings import Confidence, RunFinding
from dropout_lint.runtime.watching.reporting.as_text import headline

_log = logging.getLogger("dropout_lint")
_PAUSE = 1.0  # seconds between two readings of a loss that lies on an accelerator: each waits for the device

_idle: weakref.WeakSet[TrainerWatch] = weakref.WeakSet()
"""Those whose trainer has ended: they listen to what follows, until somebody else does."""


class TrainerWatch:
    """Listens from the line on which it is made until the process ends, to all models of the process.

    Each finding is logged once, as soon as it is certain, to the logger `dropout_lint`; the reports are written when
    the trainer ends, also by an exception, and again when the process ends, also by a signal.
    """

    def __init__(
        self,
        *,
        report: str | Iterable[str] = "text",
        min_consecutive: int = 2,
        min_confidence: str = "low",
        quiet: bool = False,
        live: bool = False,
        measure: bool = False,
    ) -> None:
        """The parameters are those of `dropout_lint.runtime.watch`."""
        self._options: dict[str, Any] = {
            "report": report if isinstance(report, str) else tuple(report),
            "min_consecutive": min_consecutive,
            "min_confidence": min_confidence,
            "quiet": quiet,
            "live": live,
            "measure": measure,
        }
        self._watch: Watch | None = None
        self._new: list[RunFinding] = []  # that the trainer's loggers have not got
        self._count = 0
        self._next_reading = 0.0
        self._listen()

    def __getstate__(self) -> dict[str, Any]:
        """For the processes that a trainer starts: each listens for itself, from the beginning of its run."""
        return self._options

    def __setstate__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._watch = None
        self._new, self._count, self._next_reading = [], 0, 0.0

    def close(self, error: BaseException | None = None) -> None:
        """Listen no more, and write the reports; ``error`` is what ended the run, if anything did."""
        _idle.discard(self)
        if self._watch is not None:
            self._watch.finish(error)

    @property
    def findings(self) -> tuple[RunFinding, ...]:
        """What was found so far."""
        return () if self._watch is None else self._watch.findings

    def _listen(self) -> Watch:
        """The watch, which begins now unless it has begun.  It ends those of trainers that are through."""
        _idle.discard(self)
        if self._watch is None or self._watch.is_over:
            for other in list(_idle):
                other.close()
            self._watch = Watch(**self._options, on_finding=self._found)
        return self._watch

    def _found(self, finding: RunFinding) -> None:
        self._count += 1
        self._new.append(finding)
        if self._watch is None or not self._watch.rank:
            level = logging.INFO if finding.confidence is Confidence.LOW else logging.WARNING
            _log.log(level, "%s", headline(finding, os.getcwd()))

    def _progress(self, *, epoch: object = None, loss: object = None) -> None:
        """Put the epoch that begins, or the training loss, on the timeline."""
        known, value = _number(epoch), self._read(loss)
        if self._watch is not None and (known is not None or value is not None):
            self._watch.progress(epoch=known, loss=value)
            if known is not None:
                self._watch.announce()

    def _read(self, loss: object) -> float | None:
        if not isinstance(loss, torch.Tensor):
            return _number(loss)
        if loss.device.type != "cpu":
            now = time.monotonic()
            if now < self._next_reading:
                return None
            self._next_reading = now + _PAUSE
        with contextlib.suppress(RuntimeError, ValueError):  # no number: several of them, or no storage
            return float(loss.detach())
        return None

    def _send(self, logger: Any, step: int | None, *, always: bool = False) -> None:
        self._send_to([logger], step, always=always)

    def _send_to(self, targets: Iterable[Any], step: int | None, *, always: bool = False) -> None:
        """Send what is new to ``targets``; the number of findings ``always``."""
        new, self._new = self._new, []
        if new or always:
            texts = [headline(finding, os.getcwd()) for finding in new]
            for target in targets:
                loggers.send(target, self._count, texts, step)

    def _ended(self, error: BaseException | None = None) -> None:
        """The trainer is through; the process may go on."""
        if self._watch is not None:
            self._watch.write(error)
            _idle.add(self)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
