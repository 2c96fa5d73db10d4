"""Evaluation that forgets to switch gradients off: in a program that trains, its results come to no backward pass."""

from __future__ import annotations

import ast

from dropout_lint.syntax.node_tests import attribute_of_self
from dropout_lint.typestate.analysis import Run
from dropout_lint.typestate.domain.frames import Event, EventKind
from dropout_lint.typestate.domain.modes import Origin, OriginKind
from dropout_lint.typestate.verdicts.result_flow import result_use

MOST_EVENTS = 120
"""In one program.  Each result is followed by itself, through the whole function: of more, it would cost too much."""


def is_only_read(event: Event, run: Run, training: list[Event]) -> bool:
    """Whether the result of ``event`` is read, comes to no backward pass, and tells nothing of a batch that the program
    trains on at the time: a score of the training batch is one more figure about training.
    """
    if len(run.events) > MOST_EVENTS:
        return False
    backward = [other for other in training if other.kind is EventKind.BACKWARD]
    if not backward or not all(_is_of_training(origin, backward) for origin in _origins(event)):
        return False
    use = result_use(event, backward)
    if not (use.decides or use.printed) or use.trains or use.is_lost:
        return False
    passes = [other for other in run.events if other.kind is EventKind.FORWARD and other.grad is True]
    return not any(_is_of_same_batch(event, other) for other in passes if other is not event)


def _origins(event: Event) -> tuple[Origin, ...]:
    return event.fact.origins if event.fact is not None else ()


def _is_of_training(origin: Origin, backward: list[Event]) -> bool:
    """Whether the mode is that of a new module, or was set in a function that goes on to train."""
    if origin.kind is OriginKind.MADE:
        return True
    calls = origin.stack
    return origin.kind is OriginKind.TRAIN and any(
        tuple(site.node for site in other.path)[: len(calls)] == calls for other in backward
    )


def _is_of_same_batch(event: Event, other: Event) -> bool:
    """Whether both passes are given something by the same name, and nothing between them gives that name anew."""
    depth = next((depth for depth, (a, b) in enumerate(zip(_calls(event), _calls(other))) if a is not b), None)
    if depth is None:
        return True  # one call, in several turns
    here, there = _calls(event)[depth], _calls(other)[depth]
    if not (isinstance(here, ast.Call) and isinstance(there, ast.Call)):
        return False
    function = event.path[depth].caller_node if depth < len(event.path) else event.function_node
    bound = [node for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    shared = _given(here) & _given(there)
    if here is not event.node or there is not other.node:  # models and options are handed on as well as batches
        loops = [loop for loop in _loops(event, depth) if loop in _loops(other, depth)]
        inside = set(ast.walk(loops[-1])) if loops else set()
        shared &= {node.id for node in bound if node in inside}
    first, last = sorted((here.lineno, there.lineno))
    return bool(shared - {node.id for node in bound if first < node.lineno <= last})


def _calls(event: Event) -> tuple[ast.AST, ...]:
    """The calls that lead to ``event``, and its own."""
    return (*(site.node for site in event.path), event.node)


def _loops(event: Event, depth: int) -> tuple[ast.AST, ...]:
    """The loops around the call number ``depth`` on the way to ``event``, in the function that it is in."""
    return event.path[depth].loops if depth < len(event.path) else event.loops


def _given(call: ast.Call) -> set[str]:
    """The names that the arguments of ``call`` start with: ``x`` of ``x.to(device)``, ``self.x`` of ``self.x[0]``."""
    todo: list[ast.expr] = [*call.args, *(keyword.value for keyword in call.keywords)]
    found: set[str] = set()
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Call):
            todo += [node.func] if isinstance(node.func, ast.Attribute) else node.args
        elif isinstance(node, ast.Attribute):
            name = attribute_of_self(node)
            found |= {f"self.{name}"} if name is not None else set()
            todo += [node.value] if name is None else []
        elif isinstance(node, ast.Name):
            found.add(node.id)
        else:
            todo += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return found
