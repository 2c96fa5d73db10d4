"""Hover on dropout itself: what a layer, or a call of a function, does in each mode, with the rate that it has here."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dropout_lint.finding import Position
from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.pytorch.dropout_calls import TorchCall, torch_call
from dropout_lint.semantic.constants import constants_of
from dropout_lint.syntax.source import SourceFile

_FLAGS = ("training", "train")
_DROPPED = {"1d": "whole channels", "2d": "whole channels", "3d": "whole channels"}
_DEFAULTS = {
    CalleeKind.LAYER: 0.5,
    CalleeKind.FUNCTION: 0.5,
    CalleeKind.GRAPH: 0.5,
    CalleeKind.RECURRENT: 0.0,
    CalleeKind.RAW_ATTENTION: 0.0,
}
"""The rate where none is passed; other kinds have none, or differ."""


def dropout_at(source: SourceFile, place: Position) -> str | None:
    """What the dropout whose name is at ``place`` does, as Markdown; None if there is none."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and _is_at(source, node, place):
            call = torch_call(source, node)
            return None if call is None else "\n".join(_lines(source, call))
    return None


def _is_at(source: SourceFile, node: ast.Call, place: Position) -> bool:
    name = source.span(node.func)
    return name.start <= place < name.end


def _lines(source: SourceFile, call: TorchCall) -> Iterator[str]:
    rate = _Rate(source, call)
    yield f"**`{call.callee.name}`**, {rate.words}"
    yield ""
    kind = call.callee.kind
    if kind is CalleeKind.RAW_ATTENTION:
        yield f"- in both modes: {rate.drops('attention weights')}; it has no `training` flag"
    elif kind in (CalleeKind.LAYER, CalleeKind.RECURRENT, CalleeKind.ATTENTION):
        yield f"- after `train()`: {rate.drops(_dropped(call))}"
        yield f"- after `eval()`: {'returns its input as it is' if kind is CalleeKind.LAYER else 'drops nothing'}"
    else:
        yield from _by_flag(source, call, rate)


def _by_flag(source: SourceFile, call: TorchCall, rate: _Rate) -> Iterator[str]:
    name = next((flag for flag in _FLAGS if flag in call.callee.parameters), "training")
    flag = call.arguments.get(name)
    drops = rate.drops(_dropped(call))
    if flag is None:
        if not call.arguments.omits(name) or call.callee.kind is CalleeKind.OPERATOR:
            yield f"- where `{name}` is true: {drops}"
        elif "alpha" in call.callee.name:
            yield f"- in both modes: returns its input as it is; `{name}` is not passed, and is False by default"
        else:
            yield f"- in both modes: {drops}; `{name}` is not passed, and is True by default"
        return
    value = constants_of(source).fold(flag)
    if value is not None and value.value is True:
        yield f"- in both modes: {drops}; `{name}` is True"
    elif value is not None and value.value is False:
        yield f"- in both modes: returns its input as it is; `{name}` is False"
    else:
        spelling = source.segment(flag)
        yield f"- where `{spelling}` is true: {drops}"
        yield f"- where `{spelling}` is false: returns its input as it is"


def _dropped(call: TorchCall) -> str:
    kind, name = call.callee.kind, call.callee.name
    if kind is CalleeKind.RECURRENT:
        return "outputs of each layer but the last"
    if kind is CalleeKind.ATTENTION:
        return "attention weights" if name.endswith("MultiheadAttention") else "outputs of its parts"
    if kind is CalleeKind.GRAPH:
        return "parts of the graph"
    if kind is CalleeKind.DEPTH:
        return "samples or blocks"
    if "feature" in name or "Feature" in name:
        return "whole channels"
    return _DROPPED.get(name[-2:], "elements")


class _Rate:
    """The drop probability of a call, as far as it is known."""

    def __init__(self, source: SourceFile, call: TorchCall) -> None:
        kind = call.callee.kind
        self._keeps_mean = "alpha" not in call.callee.name.lower() and kind not in (CalleeKind.GRAPH, CalleeKind.DEPTH)
        self._value: float | None = None
        parameter = call.callee.rate
        if call.rate is None:
            omitted = call.arguments.omits(parameter)
            self._value = _DEFAULTS.get(kind) if omitted else None
            known = (
                f"`{parameter}={self._value:g}` by default" if self._value is not None else f"its default `{parameter}`"
            )
            self.words = known if omitted else f"`{parameter}` is not known here"
            return
        folded = constants_of(source).fold(call.rate)
        spelling = source.segment(call.rate)
        if folded is not None and folded.is_number and isinstance(folded.value, (int, float)):
            self._value = folded.value
            known = f"`{parameter}={folded.value!r}`"
            self.words = known if spelling == repr(folded.value) else f"{known}, from `{spelling}`"
        else:
            self.words = f"`{parameter}={spelling}`, whose value is not known here"

    def drops(self, what: str) -> str:
        """What it does to ``what``, if it is on."""
        value = self._value
        if value == 0:
            return "drops nothing: the rate is 0"
        if value == 1:
            return f"drops all {what}"
        if value is None or not 0 < value < 1:
            return f"drops {what}"
        scaled = f", and scales what is kept by {1 / (1 - value):.3g}" if self._keeps_mean else ""
        return f"drops {what} with probability {value:g}{scaled}"
