"""Misuse of modes in words: the module as the code spells it, what it costs, and the notes that lead to the cause."""

from __future__ import annotations

import ast
from collections.abc import Collection

from dropout_lint.finding import Note
from dropout_lint.knowledge.consequences import in_eval_mode, in_train_mode, of_frozen_layers
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.frames import Event, EventKind
from dropout_lint.typestate.domain.modes import Layers, OriginKind
from dropout_lint.typestate.domain.values import AbstractObject
from dropout_lint.typestate.verdicts.verdict import Misuse, Verdict

_MOST_ORIGINS = 3  # places that set the mode; more would not be read


def target(event: Event) -> str:
    """The expression for the module of ``event``."""
    assert isinstance(event.node, ast.Call)
    node: ast.expr = event.node.func
    if event.kind is EventKind.EXPORT and event.node.args:
        node = event.node.args[0]
    elif isinstance(node, ast.Attribute) and _is_method(event, node.attr):
        node = node.value
    return ast.unparse(node)


def _is_method(event: Event, name: str) -> bool:
    return name in ("forward", "__call__", "generate") or any(
        obj.facts is not None and obj.facts.method(name) is not None for obj in event.objs
    )


def consequence(layers: Collection[Layers], misuse: Misuse) -> str:
    """What the wrong mode does: "dropout stays on"."""
    dropout, batch_norm = Layers.DROPOUT in layers, Layers.BATCH_NORM in layers
    if misuse is Misuse.FROZEN_IN_TRAIN:
        return of_frozen_layers(dropout=dropout, batch_norm=batch_norm)
    if misuse is Misuse.TRAINING_IN_EVAL:
        words = in_eval_mode(dropout=dropout, batch_norm=batch_norm)
        return words or "layers that depend on the mode work as in evaluation"
    words = in_train_mode(dropout=dropout, batch_norm=batch_norm)
    return words or "layers that depend on the mode work as in training"


def artefact_keeps(layers: Collection[Layers]) -> str:
    """The layers that an artefact keeps as they work in training."""
    words = [layer.value for layer in (Layers.DROPOUT, Layers.BATCH_NORM) if layer in layers]
    return " and ".join(words) or "its layers"


_ORIGINS = {
    OriginKind.MADE: "made here, in train mode as every new module",
    OriginKind.PRETRAINED: "comes from here in eval mode",
    OriginKind.TRAIN: "train mode is set here",
    OriginKind.EVAL: "eval mode is set here",
    OriginKind.FROZEN: "its parameters are frozen here",
    OriginKind.LOST: "last seen here",
}


def notes(verdict: Verdict) -> tuple[Note, ...]:
    """The way to the misuse: where the mode was set, through which calls the module came, where it is run, and which
    class makes it matter.  Every note names its file.
    """
    event = verdict.event
    found = [_note(_ORIGINS[origin.kind], origin.source, origin.node) for origin in verdict.origins[:_MOST_ORIGINS]]
    for site in event.path:
        if site.function and site.function != "__init__":
            found.append(_note(f"`{site.function}` is called here", site.source, site.node))
    found.append(_note("the module is run here", event.source, event.node))
    found += [note for note in (_layer_note(obj) for obj in event.objs[:1]) if note is not None]
    return tuple(dict.fromkeys(found))


def _layer_note(obj: AbstractObject) -> Note | None:
    words = "has layers that work differently in train mode"
    if obj.facts is None:
        return Note(f"`{obj.library}` {words}") if obj.library else None
    return _note(f"`{obj.facts.node.name}` {words}", obj.facts.source, obj.facts.node)


def _note(message: str, source: SourceFile, node: ast.AST) -> Note:
    assert isinstance(node, (ast.expr, ast.stmt))
    return Note(message, source.filename, source.span(node))
