"""Mode misuse as findings: where to report it, and the witness that leads a reader from there to the cause."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dropout_lint.finding import Confidence, Note
from dropout_lint.project import Project
from dropout_lint.source import Source
from dropout_lint.typestate.frames import Event, Happening
from dropout_lint.typestate.judging import Misuse, Verdict, judge
from dropout_lint.typestate.modes import How, Mode, Origin
from dropout_lint.typestate.program import Run, runs
from dropout_lint.typestate.values import Obj

# A file whose functions may run a model that a caller brings.
_OPEN = re.compile(
    r"no_grad|inference_mode|set_grad_enabled|\.backward\(|def \w*(?:eval|test|valid|infer|predict)", re.IGNORECASE
)
# A file that may make a model, and do something with it.
_RUNS_MODELS = re.compile(r"\b(?:torch|nn)\b|import")


@dataclass(frozen=True, slots=True)
class Misused:
    """One misuse in the file at hand."""

    node: ast.expr
    model: str  # as the code spells it
    notes: tuple[Note, ...]
    confidence: Confidence
    always: bool
    event: Event


def misuses(source: Source, misuse: Misuse) -> tuple[Misused, ...]:
    """Every ``misuse`` in ``source``, in the order of the text, one for each place."""
    found: dict[ast.expr, Misused] = {}
    home, every = _runs_around(source)
    for run in every:
        for verdict in judge(run):
            event = verdict.event
            if verdict.misuse is not misuse or event.source is not home or not _all_callers_agree(event, every):
                continue
            place = _place(event, every)
            if place not in found:
                found[place] = _misused(verdict, place, home)
    return tuple(found[node] for node in sorted(found, key=lambda node: (node.lineno, node.col_offset)))


def _runs_around(source: Source) -> tuple[Source, tuple[Run, ...]]:
    """The runs of ``source`` and of the files that import it, and the source that their events speak of."""
    if source.runs is not None:
        return source.runs
    project = source.project
    twin = project.twin(source) if project is not None else None
    if project is None or twin is None:
        source.runs = source, runs(source)
        return source.runs
    every = list(_kept_runs(twin, project))
    if _OPEN.search(source.text):
        for importer in project.importers(source):
            if _RUNS_MODELS.search(importer.text):
                every += [run for run in _kept_runs(importer, project) if any(e.source is twin for e in run.events)]
    source.runs = twin, tuple(every)
    return source.runs


def _kept_runs(source: Source, project: Project) -> tuple[Run, ...]:
    path = Path(source.filename)
    if path not in project.runs:
        project.runs[path] = runs(source)
    return project.runs[path]


def _all_callers_agree(event: Event, every: Iterable[Run]) -> bool:
    """Whether every known way to the place arrives in the same mode."""
    for run in every:
        for other in run.events:
            if other.node is event.node and other.happening is event.happening:
                if other.fact is None or event.fact is None or other.fact.mode is not event.fact.mode:
                    return False
    return True


def _place(event: Event, every: Iterable[Run]) -> ast.expr:
    """Where to report ``event``: a function that serves training too is not to blame, but who calls it here."""
    shared = any(
        other.node is event.node and other.happening is event.happening and other.grad is True and event.grad is False
        for run in every
        for other in run.events
    )
    if shared and event.path:
        site = event.path[-1]
        if site.source is event.source and isinstance(site.node, ast.expr):
            return site.node
    return event.node


def _misused(verdict: Verdict, place: ast.expr, source: Source) -> Misused:
    event = verdict.event
    notes = [_origin_note(origin, source) for origin in verdict.origins[:3]]
    for site in event.path:
        if site.function and site.function != "__init__":
            notes.append(_note(f"`{site.function}` is called here", site.source, site.node, source))
    layers = [_layer_note(obj, source) for obj in event.objs[:1]]
    notes += [note for note in layers if note is not None]
    unique = tuple(dict.fromkeys(notes))
    return Misused(place, spelling(event), unique, verdict.confidence, verdict.always, event)


def spelling(event: Event) -> str:
    """What the code calls the module of ``event``."""
    assert isinstance(event.node, ast.Call)
    node: ast.expr = event.node.func
    if event.happening is Happening.EXPORT and event.node.args:
        node = event.node.args[0]
    elif isinstance(node, ast.Attribute) and node.attr in ("forward", "__call__", "generate"):
        node = node.value
    text = ast.unparse(node)
    return text if len(text) <= 40 else text[:37] + "..."


_WORDS = {
    How.MADE: "made here, in train mode as every new module",
    How.PRETRAINED: "comes from here in eval mode",
    How.TRAIN: "train mode is set here",
    How.EVAL: "eval mode is set here",
    How.LOST: "last seen here",
}


def _origin_note(origin: Origin, source: Source) -> Note:
    return _note(_WORDS[origin.how], origin.source, origin.node, source)


def _layer_note(obj: Obj, source: Source) -> Note | None:
    if obj.facts is None:
        return Note(f"`{obj.library}` has layers that work differently in train mode") if obj.library else None
    return _note(
        f"`{obj.facts.node.name}` has layers that work differently in train mode",
        obj.facts.source,
        obj.facts.node,
        source,
    )


def _note(message: str, where: Source, node: ast.AST, source: Source) -> Note:
    assert isinstance(node, (ast.expr, ast.stmt))
    return Note(message, None if where is source else where.filename, where.span(node))


__all__ = ["Misuse", "Misused", "Mode", "misuses"]
