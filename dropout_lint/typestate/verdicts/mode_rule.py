"""Mode misuse in one file, for rules: what was done wrong, where to report it, and how to say so."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from dropout_lint.finding import Confidence, Note, Span
from dropout_lint.lint.rule import Rule
from dropout_lint.lint.trigger import Trigger
from dropout_lint.semantic.project import Project, project_of
from dropout_lint.syntax.source import Source
from dropout_lint.typestate.domain.modes import Mode
from dropout_lint.typestate.verdicts.project_records import records_around, records_of_text, records_through
from dropout_lint.typestate.verdicts.records import Place, Records, Sighting, Suspicion
from dropout_lint.typestate.verdicts.verdict import Misuse

_MOST_LETTERS = 40  # of an expression that a message quotes

INFERENCE = Trigger(
    ("no_grad", "inference_mode", "set_grad_enabled", "load", "pretrained", "weights", "optim.", "def "),
    r"no_grad|inference_mode|set_grad_enabled|load_state_dict|load_from_checkpoint|torch\.load\(|pretrained|optim\.[A-Z]"
    r"|[(,]\s*weights\s*=(?!=)|^\s*weights=(?!=)"  # of torchvision's models
    r"|def (?:\w+_)?(?:eval|valid|test|predict|infer)\w*\(",
)
"""What a file says that runs a model for its result, or that makes one and has others run it."""

TRAINING = Trigger((".backward(", ".eval("), r"\.backward\(|\.eval\(")
RESTORED = Trigger((".eval(", ".train("), r"\.(?:eval|train)\(")
EXPORT = Trigger(("trace(", "export("), r"\b(?:trace|export|dynamo_export)\(")


@dataclass(frozen=True, slots=True)
class Misused:
    """One misuse in the file at hand."""

    node: ast.expr  # to report
    model: str  # as the code spells it, shortened
    target: str  # what `eval()` or `train()` is to be called on
    where: str  # "when `validate` runs it", "here"
    consequence: str  # "dropout stays on"
    layers: str  # what an artefact keeps
    notes: tuple[Note, ...]
    confidence: Confidence
    always: bool  # on every path
    statement: ast.stmt | None  # before which `eval()` can be called; None if that is not certain
    switch: ast.Call | None  # the one call of `train()` that set the mode, if it lies in this file


class ModeRule(Rule):
    """A rule that reports one kind of ``misuse``."""

    misuse: ClassVar[Misuse]
    of_every_module: ClassVar[bool] = False  # also of those that may have no layer whose mode matters
    asks_first = True

    @classmethod
    def concerns(cls, filename: str, text: str, project: Project | None) -> bool:
        """Whether anything is known of programs that run through the file and misuse modes so."""
        known = records_of_text(filename, text, project, every=cls.of_every_module)
        return known is None or any(
            suspicion.misuse is cls.misuse and _passes_through(suspicion.sighting, known[0])
            for each in known[1]
            for suspicion in each.suspicions
        )

    @property
    def misuses(self) -> tuple[Misused, ...]:
        """What is to be reported."""
        return misuses(self.source, self.misuse, every=self.of_every_module)


def misuses(source: Source, misuse: Misuse, *, every: bool) -> tuple[Misused, ...]:
    """Every ``misuse`` in ``source``, in the order of the text, one for each place."""
    found: dict[Span, Suspicion] = {}
    home, known = records_around(source, every=every)
    for suspicion in (suspicion for each in known for suspicion in each.suspicions):
        if suspicion.misuse is misuse and _passes_through(suspicion.sighting, home):
            place = _blamed(suspicion.sighting, _heard(suspicion.sighting, source))
            if place is not None and place[0] == home:
                found.setdefault(place[1], suspicion)
    if not found:
        return ()
    calls: dict[Span, ast.Call] = {}
    statements: dict[Span, ast.stmt] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            calls[source.span(node)] = node
        elif isinstance(node, ast.stmt):
            statements.setdefault(source.span(node), node)
    return tuple(
        _misused(found[span], span, calls, statements, source, home) for span in sorted(found) if span in calls
    )


def _passes_through(sighting: Sighting, home: str) -> bool:
    return any(place[0] == home for place in (sighting.place, *sighting.path))


def _heard(sighting: Sighting, source: Source) -> tuple[Records, ...]:
    """What is known of all programs that run through ``source``, and through the file in which the misuse shows itself:
    others may call it rightly.
    """
    filename = sighting.place[0]
    home, every = records_around(source, every=True)
    project = project_of(source)
    if filename == home or project is None:
        return every
    around = records_through(Path(filename), project, source.filename, every=True)
    return every + tuple(known for known in around if known not in every)


def _blamed(sighting: Sighting, every: Iterable[Records]) -> Place | None:
    """The place to report for ``sighting``; None if none is to blame for certain.

    A function that is right for other callers is not to blame: then it is the call that leads there in the wrong mode,
    or with gradients off where others train.
    """
    here = [
        other
        for known in every
        for other in known.sightings
        if other.place == sighting.place and other.happening is sighting.happening
    ]
    right = [
        other
        for other in here
        if other.path != sighting.path  # else it is another turn of a loop over phases
        and _differs(other, sighting)
        and not _is_seen_from_further_out(other, here)
    ]
    if not right:
        return sighting.place
    shared = {place for other in right for place in other.path}
    return next((place for place in reversed(sighting.path) if place not in shared), None)


def _differs(other: Sighting, sighting: Sighting) -> bool:
    return other.mode is not sighting.mode or (other.grad is True and sighting.grad is False)


def _is_seen_from_further_out(sighting: Sighting, others: Iterable[Sighting]) -> bool:
    """Whether nothing is known of ``sighting`` only because it starts inside of calls that others follow from their
    start: a method that is analysed alone, and by a program that makes the object.
    """
    length = len(sighting.path)
    return sighting.mode is Mode.UNKNOWN and any(
        len(other.path) > length and other.path[len(other.path) - length :] == sighting.path for other in others
    )


def _misused(
    suspicion: Suspicion,
    span: Span,
    calls: Mapping[Span, ast.Call],
    statements: Mapping[Span, ast.stmt],
    source: Source,
    home: str,
) -> Misused:
    """What is to be said of ``suspicion``, which is reported at the call on ``span`` of the file called ``home``."""
    sighting, place, switch = suspicion.sighting, (home, span), suspicion.switch
    here = sighting.place == place
    name = suspicion.function if here else suspicion.entered[sighting.path.index(place)]
    model = suspicion.target
    return Misused(
        node=calls[span],
        model=model if len(model) <= _MOST_LETTERS else model[: _MOST_LETTERS - 3] + "...",
        target=model,
        where="here" if not name else f"when `{name}` runs it" + ("" if here else " here"),
        consequence=suspicion.consequence,
        layers=suspicion.layers,
        notes=tuple(_notes(suspicion, place)),
        confidence=suspicion.confidence,
        always=suspicion.always,
        statement=statements.get(suspicion.statement[1]) if here and suspicion.statement is not None else None,
        switch=calls.get(switch[1]) if switch is not None and switch[0] == home else None,
    )


def _notes(suspicion: Suspicion, place: Place) -> Iterator[Note]:
    """The notes without the place that is reported; the file of that place goes without saying."""
    for note in suspicion.notes:
        if note.filename is None or (note.filename, note.span) == place:
            if note.span is None:
                yield note
        else:
            yield replace(note, filename=None) if note.filename == place[0] else note


__all__ = ["EXPORT", "INFERENCE", "RESTORED", "TRAINING", "Misuse", "Misused", "ModeRule", "misuses"]
