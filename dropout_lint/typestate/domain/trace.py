"""What an analysis did on the way to its result, for whoever asks why a line has no finding.

Nothing is written down unless a `Trace` is active: then the interpreter says what each call at the line of interest
calls and after which statement a mode was unknown, and the verdicts say which guard kept them silent.  All of it is
plain text and places, which outlive the syntax trees.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NamedTuple

from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.frames import Event, Frame
from dropout_lint.typestate.domain.modes import Mode, ModeFact
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    AbstractObject,
    ClassValue,
    Const,
    Dotted,
    FunctionValue,
    ObjectKind,
    Union,
    Unknown,
    Value,
)


class Line(NamedTuple):
    """A line of a file; in a notebook, of the ``cell`` (from 1), or of all its code cells where that is None."""

    filename: str
    number: int
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that an analysis knew or did; ``place`` is where, if not at the line of interest."""

    text: str
    place: Line | None = None


@dataclass(slots=True)
class Trace:
    """What is written down about the lines from ``first`` to ``last`` of a file."""

    filename: str
    first: int
    last: int
    calls: dict[Seen, None] = field(default_factory=dict)  # what is called there, as far as it is known
    events: dict[tuple[Seen, ...], None] = field(default_factory=dict)  # each with what was known of it
    silences: dict[Seen, None] = field(default_factory=dict)  # guards
    _losses: dict[AbstractObject, Seen] = field(default_factory=dict)  # after which statement a mode was unknown

    def is_at(self, source: SourceFile, node: ast.AST) -> bool:
        """Whether ``node`` begins in the watched lines."""
        return source.filename == self.filename and self.first <= getattr(node, "lineno", 0) <= self.last

    def before(self, state: State) -> Mapping[AbstractObject, ModeFact]:
        """The modes before a statement, for `after`."""
        return dict(state.modes)

    def after(self, known: Mapping[AbstractObject, ModeFact], node: ast.AST, state: State, frame: Frame) -> None:
        """Note the objects whose modes ``node`` made unknown.  The innermost statement is the first to say so."""
        for obj, fact in state.modes.items():
            if fact.mode is Mode.UNKNOWN and obj not in self._losses:
                before = known.get(obj)
                if before is None or before.mode is not Mode.UNKNOWN:
                    place = Line(frame.source.filename, getattr(node, "lineno", 0))
                    self._losses[obj] = Seen(f"its mode is unknown after `{_quoted(node)}`", place)

    def call(self, node: ast.Call, callee: Value, receiver: Value | None) -> None:
        """Note what ``node``, which is at the line, calls; ``receiver`` is that of a method."""
        if isinstance(callee, Dotted) and callee.name.startswith("builtins."):
            return
        if isinstance(node.func, ast.Attribute) and isinstance(receiver, AbstractObject):
            if not isinstance(callee, FunctionValue):
                what = f"the method `{node.func.attr}` of {self.described(receiver)}"
                self.calls[Seen(f"`{_quoted(node.func)}` is {what}")] = None
                return
        elif isinstance(node.func, ast.Attribute) and isinstance(receiver, Unknown) and not receiver.holds:
            return  # of a tensor, most often
        self.calls[Seen(f"`{_quoted(node.func)}` is {self.described(callee)}")] = None

    def loss(self, obj: AbstractObject) -> Seen | None:
        """After which statement the mode of ``obj``, or of what it is a part of, was unknown."""
        return next((self._losses[each] for each in (obj, *obj.wholes()) if each in self._losses), None)

    def described(self, value: Value) -> str:
        """What ``value`` is, in words."""
        return _described(value, self.filename)

    def concerns(self, event: Event) -> bool:
        """Whether ``event`` happens at the line, or is reached through a call there."""
        return self.is_at(event.source, event.node) or any(self.is_at(site.source, site.node) for site in event.path)


_ACTIVE: ContextVar[Trace | None] = ContextVar("trace", default=None)


def active_trace() -> Trace | None:
    """The trace that is active; None nearly always."""
    return _ACTIVE.get()


@contextmanager
def traced(trace: Trace) -> Iterator[None]:
    """While this holds, analyses write down in ``trace`` what they do."""
    token = _ACTIVE.set(trace)
    try:
        yield
    finally:
        _ACTIVE.reset(token)


def silent(event: Event, code: str, reason: str) -> None:
    """A guard keeps the rule ``code`` silent about ``event``: write down why, where somebody asks.

    Guards end with ``return silent(...)``, so that each says in words what it is for.
    """
    trace = _ACTIVE.get()
    if trace is not None and trace.concerns(event):
        trace.silences[Seen(f"{code} is silent: {reason}")] = None


def _described(value: Value, home: str) -> str:
    if isinstance(value, AbstractObject):
        name = value.facts.node.name if value.facts is not None else value.library
        what = {ObjectKind.MODULE: "a module", ObjectKind.OPTIMIZER: "an optimizer", ObjectKind.LIST: "a collection"}
        kind = what.get(value.kind, "an object")
        part = f", its part `{value.part}`" if value.part else ""
        return f"{kind}{f' `{name}`' if name else ''}{part} ({_at(value.source, value.node, home)})"
    if isinstance(value, FunctionValue):
        return f"the function `{getattr(value.node, 'name', 'lambda')}` ({_at(value.source, value.node, home)})"
    if isinstance(value, ClassValue):
        return f"the class `{value.facts.node.name}`"
    if isinstance(value, Dotted):
        return f"`{value.name}`, which no file of the project defines"
    if isinstance(value, Union):
        return "one of: " + "; ".join(_described(item, home) for item in value.items)
    if isinstance(value, Unknown):
        held = f", it may be or hold {', '.join(_described(held, home) for held in value.holds)}" if value.holds else ""
        return f"unknown{held}"
    return "a constant" if isinstance(value, Const) else "nothing that has a mode"


def _at(source: SourceFile, node: ast.AST, home: str) -> str:
    line = f"line {getattr(node, 'lineno', 0)}"
    return line if source.filename == home else f"{os.path.basename(source.filename)}, {line}"


def _quoted(node: ast.AST) -> str:
    """The first line of ``node``, shortened."""
    text = ast.unparse(node).partition("\n")[0]
    return text if len(text) <= 60 else f"{text[:57]}..."
