"""What was measured, as rows of a file: one for each call."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from benchmarks.library_modes import effects
from benchmarks.library_modes.effects import Seen
from benchmarks.library_modes.registry import Probe

WHERE = ("date", "python", "torch", "version")
"""When and with what it was measured."""
COLUMNS = ("field", "library", "callee", "call", "effect", "during", "returns", "buffers", "error", *WHERE)
Row = dict[str, str]


def row(probe: Probe, where: Mapping[str, str], seen: Seen) -> Row:
    """The row of one probe."""
    return {
        "field": probe.field,
        "library": probe.library,
        "callee": probe.callee,
        "call": probe.call,
        "effect": effects.effect(seen),
        "during": effects.during(seen),
        "returns": effects.returned(seen),
        "buffers": effects.changed(seen),
        "error": effects.errors(seen),
        **{name: where[name] for name in WHERE},
    }


def to_csv(rows: Iterable[Row]) -> str:
    """The text of the file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def from_csv(text: str) -> list[Row]:
    """The rows of a file."""
    return list(csv.DictReader(io.StringIO(text)))


def ordered(rows: Iterable[Row]) -> list[Row]:
    """``rows`` in the order of the file."""
    return sorted(rows, key=lambda one: (one["field"], one["library"].lower(), one["callee"], one["call"]))
