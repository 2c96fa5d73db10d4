"""What was found, sent to where the rest of the run is logged: TensorBoard, Weights & Biases and their like.

Nothing is imported for it: what a logger can do is seen by its methods.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

COUNT, TEXT = "dropout_lint/findings", "dropout_lint/finding"
"""The names of the chart and of the text."""

_log = logging.getLogger("dropout_lint")


def send(logger: Any, count: int, texts: Sequence[str], step: int | None) -> None:
    """Send the ``count`` of all findings so far, and the ``texts`` of new ones, to ``logger``.

    ``logger`` is a logger of Lightning, a SummaryWriter of TensorBoard, a run of Weights & Biases, or what else has
    `log(values, step=...)`.  That it fails is logged, and is no reason for the training to fail.
    """
    try:
        if _has(logger, "log_metrics"):
            logger.log_metrics({COUNT: float(count)}, step=step)
            _send_text(logger, texts, step)
        elif _has(logger, "add_scalar"):
            logger.add_scalar(COUNT, count, step)
            for text in texts:
                logger.add_text(TEXT, text, step)
        else:
            told: dict[str, int | str] = {COUNT: count}
            if texts:
                told[TEXT] = "\n".join(texts)
            logger.log(told, step=step)
    except Exception as error:
        _log.warning("findings could not be sent to %s: %s", type(logger).__name__, error)


def _send_text(logger: Any, texts: Sequence[str], step: int | None) -> None:
    """Text has no common method among the loggers of Lightning."""
    if not texts:
        return
    if _has(logger, "log_text"):
        logger.log_text(TEXT, columns=["finding"], data=[[text] for text in texts], step=step)
    elif _has(getattr(logger, "experiment", None), "add_text"):
        for text in texts:
            logger.experiment.add_text(TEXT, text, step)


def _has(logger: Any, method: str) -> bool:
    return callable(getattr(logger, method, None))
