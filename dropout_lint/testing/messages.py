"""What a failed assertion says, in layers: what was expected, what was found, which rule it is, and the cure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NoReturn

from dropout_lint.io.printable import printable
from dropout_lint.runtime.modules.mode_report import LayerState
from dropout_lint.runtime.monitoring.event import DropoutEvent
from dropout_lint.runtime.monitoring.harm import Harm
from dropout_lint.runtime.monitoring.randomness import Draw

Msg = str | Callable[[str], str] | None
"""As in `torch.testing`: a text that replaces the generated one, or a function that is given it."""

_MOST = 10  # lines of evidence; a model has thousands of layers


def fail(
    claim: str,
    *,
    expected: str,
    found: str,
    evidence: Sequence[str] = (),
    code: str,
    cure: str,
    harm: Harm | None = None,
    msg: Msg = None,
) -> NoReturn:
    """Raise AssertionError with these layers, or with what ``msg`` makes of them."""
    __tracebackhide__ = True
    lines = [claim, f"  expected: {expected}", f"  found: {found}"]
    lines += [f"    {line}" for line in evidence[:_MOST]]
    if len(evidence) > _MOST:
        lines.append(f"    ... and {len(evidence) - _MOST} more")
    if harm is not None:
        lines.append(f"  harm: {harm}")
    lines += [f"  rule: {code}", f"  help: {cure}"]
    text = "\n".join(map(printable, lines))
    if msg is not None:
        text = msg(text) if callable(msg) else msg
    raise AssertionError(text)


def of_layers(layers: Sequence[LayerState]) -> list[str]:
    """One line for each layer: path, class, p, mode."""
    rows = []
    for layer in layers:
        rate = "" if layer.p is None else f"p={layer.p:g}"
        hidden = "" if layer.registered else "unregistered"
        rows.append((layer.path or "(the model itself)", layer.type, rate, f"in {layer.mode} mode", hidden))
    return _table(rows)


def of_events(events: Sequence[DropoutEvent]) -> list[str]:
    """One line for each event: path, class, p, operator, place, rule."""
    rows = []
    for event in events:
        rate = "" if event.p is None else f"p={event.p:g}"
        path = event.module or "(the model itself)"
        rows.append((path, event.module_type, rate, event.op, event.place, event.code))
    return _table(rows)


def of_draws(draws: Sequence[Draw]) -> list[str]:
    """One line for each draw: path, class, what drew, place."""
    return _table(
        [
            (
                draw.module or "(the model itself)",
                draw.module_type,
                draw.what,
                f"{draw.file}:{draw.line}" if draw.file else "",
            )
            for draw in draws
        ]
    )


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    rows = [tuple(map(printable, row)) for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths) if width).rstrip() for row in rows]
