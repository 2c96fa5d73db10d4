"""Loops over phases, ``for phase in ["train", "val"]``: each turn is code of its own, with branches of its own."""

from __future__ import annotations

import ast
import copy

_MOST_PHASES = 3
_SWITCHES = frozenset({"train", "eval", "set_grad_enabled", "no_grad", "backward"})


def phases_of(node: ast.For) -> list[ast.For]:
    """One loop for each turn of ``node``, whose ``iter`` is the element of that turn; empty if it is no such loop.

    The first is made of the nodes of ``node``, the others of copies, so that what happens in them is told apart.
    """
    if not isinstance(node.iter, (ast.List, ast.Tuple)) or not 2 <= len(node.iter.elts) <= _MOST_PHASES:
        return []
    if not all(_names_phase(element) for element in node.iter.elts) or not _decides(node):
        return []
    bodies = [node.body, *(copy.deepcopy(node.body) for _ in node.iter.elts[1:])]
    return [
        ast.copy_location(ast.For(node.target, element, body, []), node)
        for element, body in zip(node.iter.elts, bodies)
    ]


def _names_phase(element: ast.expr) -> bool:
    if isinstance(element, ast.Tuple):
        return any(_names_phase(part) for part in element.elts)
    return isinstance(element, ast.Constant) and isinstance(element.value, (str, bool))


def _decides(node: ast.For) -> bool:
    """Whether the body asks which turn it is where modes or gradients are switched, or tells a function."""
    names = {part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)}
    asks = switches = False
    for part in (part for statement in node.body for part in ast.walk(statement)):
        if isinstance(part, (ast.If, ast.IfExp)):
            asks |= _speaks_of(part.test, names)
        elif isinstance(part, ast.Compare):
            asks |= _speaks_of(part, names)
        elif isinstance(part, ast.Call):
            asks |= any(isinstance(argument, ast.Name) and argument.id in names for argument in part.args)
        elif isinstance(part, ast.Attribute):
            switches |= part.attr in _SWITCHES
    told = any(isinstance(part, ast.Constant) and isinstance(part.value, bool) for part in ast.walk(node.iter))
    return asks and (switches or told)


def _speaks_of(node: ast.expr, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node))
