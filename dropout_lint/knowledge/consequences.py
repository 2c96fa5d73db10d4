"""What the wrong mode does to the layers that a module holds: one sentence for rules, watched runs and artefacts."""

from __future__ import annotations

DROPOUT_STAYS_ON = "dropout stays on"


def in_train_mode(*, dropout: bool, batch_norm: bool) -> str:
    """What train mode does to an evaluation; "" if the layers are neither."""
    return _joined([DROPOUT_STAYS_ON] * dropout + ["batch norm uses the statistics of the batch"] * batch_norm)


def in_eval_mode(*, dropout: bool, batch_norm: bool) -> str:
    """What eval mode does to a training step; "" if the layers are neither."""
    return _joined(["dropout is off"] * dropout + ["batch norm learns no statistics"] * batch_norm)


def of_frozen_layers(*, dropout: bool, batch_norm: bool) -> str:
    """What train mode does to layers whose parameters are frozen; "" if the layers are neither."""
    return _joined(["their batch norm goes on learning statistics"] * batch_norm + ["their dropout stays on"] * dropout)


def _joined(words: list[str]) -> str:
    return " and ".join(words)
