"""What a file says about one layer or one operation that depends on the mode."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What the mode changes."""

    DROPOUT = "dropout"
    ATTENTION = "attention dropout"  # inside scaled_dot_product_attention and similar operators
    RECURRENT = "dropout between the layers of an RNN"
    BATCH_STATISTICS = "batch statistics"  # batch norm, and instance norm that keeps running statistics
    RANDOM_SLOPE = "random slopes"  # RReLU
    NOISE = "noise"  # random numbers that are drawn in train mode only, for whatever purpose


class Hold(Enum):
    """How firmly the training behaviour sits in the file."""

    BAKED = "baked"  # in the graph: once the file is loaded, nothing switches it off
    STORED = "stored"  # a flag says so, and `eval()` on the loaded model clears it
    OFF = "off"  # it is off, or it can do no harm


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the source that the exporter ran."""

    filename: str
    line: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """One layer, or one operation in a graph."""

    kind: Kind
    hold: Hold
    rate: float | None = None  # the drop probability, where there is one and the file says it
    layer: str | None = None  # the dotted name below the root; "" is the root itself
    owner: str | None = None  # the class of the layer, dotted
    operation: str | None = None  # what the graph calls, such as `aten.dropout`; None for a flag
    place: Place | None = None
    always: bool = True  # False: on some paths only, or depending on what the caller passes


@dataclass(frozen=True, slots=True)
class Content:
    """All that a file says: what it is, the evidence in it, and remarks on what it does not show."""

    what: str  # such as "TorchScript module"
    evidence: tuple[Evidence, ...] = ()
    remarks: tuple[str, ...] = ()
