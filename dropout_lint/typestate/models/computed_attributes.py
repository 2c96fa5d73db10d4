"""Attributes under names that are computed: all arguments of a constructor, in a loop or by ``__dict__.update``."""

from __future__ import annotations

import ast

from dropout_lint.typestate.domain.call import CallContext
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame
from dropout_lint.typestate.domain.slots import Item
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import AbstractObject, ObjectKind


def store_in_loop(obj: AbstractObject, call: CallContext) -> bool:
    """Let ``obj`` hold all that the loop around ``call`` gives it, one after the other; returns whether it is such a
    loop, over a dictionary that is known: ``for name, value in options.items(): setattr(obj, name, value)``.
    """
    given = [node.id for node in call.node.args[-2:] if isinstance(node, ast.Name)]
    for loop in call.frame.loops[::-1]:
        over = loop.iter if isinstance(loop, ast.For) else None
        if not isinstance(loop, ast.For) or _names(loop.target) != given or len(given) != 2:
            continue
        if isinstance(over, ast.Call) and isinstance(over.func, ast.Attribute) and over.func.attr == "items":
            return store_all(obj, over.func.value, call.evaluator, call.state, call.frame)
    return False


def store_all(obj: AbstractObject, node: ast.expr, evaluator: Evaluator, state: State, frame: Frame) -> bool:
    """Let ``obj`` hold what the dictionary ``node`` holds, under its keys; returns whether it is known."""
    held = evaluator.value(node, state, frame)
    if not isinstance(held, AbstractObject) or held.kind is not ObjectKind.LIST:
        return False
    for key, value in state.held(held).items():
        if isinstance(key, Item) and isinstance(key.key, str) and value is not obj:
            state.store(obj, key.key, value)
    return True


def updated_by(node: ast.Call) -> ast.expr | None:
    """The expression for the object whose attributes ``node`` updates: ``self.__dict__.update(options)``; else None."""
    held = node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr == "update" else None
    if isinstance(held, ast.Attribute) and held.attr == "__dict__":
        return held.value
    if isinstance(held, ast.Call) and isinstance(held.func, ast.Name) and held.func.id == "vars" and held.args:
        return held.args[0]
    return None


def _names(target: ast.expr) -> list[str]:
    parts = target.elts if isinstance(target, ast.Tuple) else []
    return [part.id for part in parts if isinstance(part, ast.Name)]
