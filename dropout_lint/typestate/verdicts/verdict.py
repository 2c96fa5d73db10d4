"""What may be wrong with a mode, and what is known of one case."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from dropout_lint.finding import Confidence
from dropout_lint.typestate.domain.frames import Event
from dropout_lint.typestate.domain.modes import Origin


class Misuse(Enum):
    """What is wrong, by rule code."""

    MISSING_EVAL = "DRP301"
    TRAINING_IN_EVAL = "DRP303"
    TRAIN_IN_INFERENCE = "DRP304"
    EXPORT_IN_TRAIN = "DRP306"
    MODE_NOT_RESTORED = "DRP307"
    PART_LEFT_IN_TRAIN = "DRP308"
    MONTE_CARLO = "DRP310"
    FROZEN_IN_TRAIN = "DRP311"
    SAMPLES_WITHOUT_DROPOUT = "DRP312"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One misuse: the event, the places that gave the object its mode, and how sure that is."""

    misuse: Misuse
    event: Event
    origins: tuple[Origin, ...]
    confidence: Confidence = Confidence.HIGH
    always: bool = True  # on every path
