"""What an analysis knew of the events at one line, in words: mode and witness, layers, weights, gradients.

For `dropout_lint.why`; see `dropout_lint.typestate.domain.trace`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dropout_lint.typestate.analysis import Run
from dropout_lint.typestate.domain.frames import Event, EventKind
from dropout_lint.typestate.domain.modes import Mode, OriginKind
from dropout_lint.typestate.domain.trace import Line, Seen, Trace

_EVENTS = {
    EventKind.FORWARD: "a module is run",
    EventKind.EXPORT: "a module is exported",
    EventKind.LEFT: "a function returns with its caller's module in another mode",
    EventKind.BACKWARD: "a loss goes backward",
    EventKind.STEP: "an optimizer takes a step",
}
_ORIGINS = {
    OriginKind.MADE: "as every new module, made here",
    OriginKind.PRETRAINED: "as it comes from here",
    OriginKind.TRAIN: "set here",
    OriginKind.EVAL: "set here",
    OriginKind.FROZEN: "frozen here",
    OriginKind.LOST: "last seen here",
}


def note_events(run: Run, trace: Trace) -> None:
    """Write down the events of ``run`` that ``trace`` is about."""
    for event in run.events:
        if event.kind in _EVENTS and trace.concerns(event):
            trace.events[tuple(_words(event, run, trace))] = None


def _words(event: Event, run: Run, trace: Trace) -> Iterator[Seen]:
    here = trace.is_at(event.source, event.node)
    place = None if here else _line(event.source.filename, event.node)
    yield Seen(f"{_EVENTS[event.kind]}{_in(event.function)}", place)
    for site in event.path:
        yield Seen(f"reached through the call of `{site.function}`", _line(site.source.filename, site.node))
    if event.kind in (EventKind.BACKWARD, EventKind.STEP):
        return
    yield Seen("it is " + ("; or ".join(map(trace.described, event.objs)) or "not known which"))
    yield from _mode(event, trace)
    layers = sorted({layer.value for obj in event.objs for layer in run.dependent.get(obj, ())})
    if layers:
        yield Seen(f"layers whose work depends on the mode: {', '.join(layers)}")
    else:
        unknown = " among its parts that are known" if any(obj in run.open for obj in event.objs) else ""
        yield Seen(f"no layer whose work depends on the mode is known{unknown}")
    yield Seen(
        f"its weights are {'trained or loaded' if event.trained_or_loaded else 'not known to be trained or loaded'}"
    )
    yield Seen(
        "an optimizer updates it" if all(obj in run.trained for obj in event.objs) else "no optimizer updates it"
    )
    grad = {True: "gradients are recorded", False: "gradients are off", None: "gradients are on or off, by path"}
    yield Seen(grad[event.grad])
    if event.dummy:
        yield Seen("its input is made up: `torch.randn` or the like")


def _mode(event: Event, trace: Trace) -> Iterator[Seen]:
    if event.fact is None:
        return
    words = {Mode.EITHER: "train or eval, by path", Mode.UNKNOWN: "unknown", Mode.UNREACHABLE: "none: never reached"}
    said = words.get(event.fact.mode, event.fact.mode.value)
    origins = event.fact.origins[:3]
    if not origins:
        yield Seen(f"mode: {said}")
    for origin in origins:
        yield Seen(f"mode: {said}, {_ORIGINS[origin.kind]}", _line(origin.source.filename, origin.node))
    if event.fact.mode is Mode.UNKNOWN:
        losses = [loss for obj in event.objs if (loss := trace.loss(obj)) is not None]
        yield from dict.fromkeys(losses)


def _in(function: str) -> str:
    return f", in `{function}`" if function else ", at the top level"


def _line(filename: str, node: ast.AST) -> Line:
    return Line(filename, getattr(node, "lineno", 0))
