"""What the analysis of one file leaves behind: plain values, without trees, that outlive the files they speak of."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass

from dropout_lint.finding import Confidence, Note, Span
from dropout_lint.project.limits import Limit
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.analysis import Run, runs
from dropout_lint.typestate.domain.frames import Event, EventKind
from dropout_lint.typestate.domain.modes import Layers, Mode
from dropout_lint.typestate.domain.trace import active_trace
from dropout_lint.typestate.verdicts.fix_sites import place_for_eval, switch_to_train
from dropout_lint.typestate.verdicts.judge import judge
from dropout_lint.typestate.verdicts.messages import notes, target
from dropout_lint.typestate.verdicts.traced_events import note_events
from dropout_lint.typestate.verdicts.verdict import Misuse, Verdict

Place = tuple[str, Span]
"""A file, and a piece of it."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A module was run or exported: in which mode, and through which calls, the outermost first."""

    kind: EventKind
    place: Place
    path: tuple[Place, ...]
    mode: Mode | None
    grad: bool | None

    def passes_through(self, filename: str) -> bool:
        """Whether it happens in ``filename``, or a call on the way to it stands there."""
        return any(filename == place[0] for place in (self.place, *self.path))


@dataclass(frozen=True, slots=True)
class Misused:
    """One misuse in one program, before other programs that lead to the same place are heard."""

    misuse: Misuse
    sighting: Sighting
    functions: tuple[str, ...]  # that the calls of the path enter, and in which the module is run; "" is the top level
    target: str  # the expression for the module
    layers: frozenset[Layers]  # because of which its mode matters
    notes: tuple[Note, ...]  # each with its file
    confidence: Confidence
    always: bool  # on every path
    statement: Place | None  # before which `eval()` can be called; None if that is not certain
    switch: Place | None  # the one call of `train()` that set the mode


@dataclass(frozen=True, slots=True)
class Records:
    """What is known of the programs that start in one file."""

    sightings: tuple[Sighting, ...]
    misused: tuple[Misused, ...]
    limits: tuple[Limit, ...] = ()  # where a budget ended the analysis

    def speak_of(self, filename: str) -> bool:
        """Whether anything happens in ``filename``, or on a call that stands there."""
        return any(sighting.passes_through(filename) for sighting in self.sightings)


def records(source: SourceFile, lines: Collection[int]) -> Records:
    """Analyse the programs that start in ``source``: its top level, and the functions defined on one of ``lines``."""
    sightings: dict[Sighting, None] = {}
    misused: dict[Misused, None] = {}
    limits: dict[Limit, None] = {}
    trace = active_trace()
    for run in runs(source, lines, lambda line, spent: limits.update({Limit(source.filename, line, spent): None})):
        if trace is not None:
            note_events(run, trace)
        for event in run.events:
            if event.kind in (EventKind.FORWARD, EventKind.EXPORT, EventKind.LEFT):
                sightings[_sighting(event)] = None
        for verdict in judge(run):
            misused[_misused(verdict, run)] = None
    return Records(tuple(sightings), tuple(misused), tuple(limits))


def _misused(verdict: Verdict, run: Run) -> Misused:
    event = verdict.event
    concerned = event.frozen if verdict.misuse is Misuse.FROZEN_IN_TRAIN else event.objs
    return Misused(
        misuse=verdict.misuse,
        sighting=_sighting(event),
        functions=(*event.functions, event.function),
        target=target(event),
        layers=frozenset(layer for obj in concerned for layer in run.dependent.get(obj, frozenset())),
        notes=notes(verdict),
        confidence=verdict.confidence,
        always=verdict.always,
        statement=_statement(verdict, run),
        switch=_switch(verdict),
    )


def _statement(verdict: Verdict, run: Run) -> Place | None:
    statement = place_for_eval(verdict, run)
    return None if statement is None else _place(verdict.event.source, statement)


def _switch(verdict: Verdict) -> Place | None:
    origin = switch_to_train(verdict)
    return None if origin is None else _place(origin.source, origin.node)


def _sighting(event: Event) -> Sighting:
    return Sighting(
        event.kind,
        _place(event.source, event.node),
        tuple(_place(site.source, site.node) for site in event.path),
        None if event.fact is None else event.fact.mode,
        event.grad,
    )


def _place(source: SourceFile, node: ast.AST) -> Place:
    assert isinstance(node, (ast.expr, ast.stmt))
    return source.filename, source.span(node)
