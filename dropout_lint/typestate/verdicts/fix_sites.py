"""Where the missing call of `eval()` belongs, and which call of `train()` is the wrong one."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from dropout_lint.typestate.analysis import Run
from dropout_lint.typestate.domain.frames import Event, EventKind
from dropout_lint.typestate.domain.modes import Origin, OriginKind
from dropout_lint.typestate.verdicts.verdict import Verdict


def place_for_eval(verdict: Verdict, run: Run) -> ast.stmt | None:
    """The statement before which ``eval()`` can be called without harm; None if that is not certain.

    It is the outermost statement of the function around the misuse, up to one that trains too, or that makes the module
    or gives it its mode.
    """
    event = verdict.event
    if len(event.objs) != 1 or not _training_recovers(verdict, run):
        return None
    name = _root_of(event)
    trains = {other.node for other in run.events if other.kind in (EventKind.BACKWARD, EventKind.STEP)}
    sets = {node for origin in verdict.origins for node in (origin.node, *origin.stack)}
    if event.node in sets or event.function_node not in event.source.ancestors(event.node):
        return None  # the pass itself sets the mode, or it is one turn of a loop over phases
    best: ast.stmt | None = None
    here: ast.AST = event.node
    while here is not event.function_node:
        if isinstance(here, ast.stmt):
            if best is not None and not isinstance(here, (ast.With, ast.AsyncWith, ast.For, ast.AsyncFor, ast.While)):
                break
            inside = set(ast.walk(here))
            if best is not None and (_binds(inside, name) or inside & (trains | sets)):
                break
            best = here
        above = event.source.parent(here)
        assert above is not None
        here = above
    if best is None or name is None or event.source.lines[best.lineno - 1][: best.col_offset].strip():
        return None
    return best


def switch_to_train(verdict: Verdict) -> Origin | None:
    """The one plain call of ``train()`` that set the mode; None if there are several, or another cause."""
    origins = {origin.node: origin for origin in verdict.origins}
    origin = next(iter(origins.values()), None)
    if (
        origin is None
        or len(origins) > 1
        or origin.kind is not OriginKind.TRAIN
        or not isinstance(origin.node, ast.Call)
    ):
        return None
    function = origin.node.func
    return origin if isinstance(function, ast.Attribute) and function.attr == "train" else None


def _training_recovers(verdict: Verdict, run: Run) -> bool:
    """Whether the module is not trained, or training sets train mode again in each turn of a loop around both."""
    if not any(obj in run.trained for obj in verdict.event.objs):
        return True
    around = set(verdict.event.loop_contexts)
    return all(
        origin.kind is OriginKind.TRAIN and around.intersection(origin.loop_contexts) for origin in verdict.origins
    )


def _root_of(event: Event) -> str | None:
    """The name that the spelling of the module starts with."""
    assert isinstance(event.node, ast.Call)
    node: ast.expr = event.node.func
    if event.kind is EventKind.EXPORT and event.node.args:
        node = event.node.args[0]
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _binds(nodes: Iterable[ast.AST], name: str | None) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store) for node in nodes)
