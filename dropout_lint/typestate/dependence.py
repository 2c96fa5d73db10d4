"""Does the mode of a module matter?  Only where it does can a wrong mode cost anything."""

from __future__ import annotations

import ast
from collections.abc import Container

from dropout_lint.classes import ClassFacts
from dropout_lint.torch_names import Kind, callee
from dropout_lint.typestate.state import State
from dropout_lint.typestate.values import Kind as ObjKind
from dropout_lint.typestate.values import Obj

_MODE_FUNCTIONS = frozenset(
    f"torch.nn.functional.{name}" for name in ("batch_norm", "instance_norm", "rrelu", "multi_head_attention_forward")
)


def depends_on_mode(obj: Obj, state: State, dependent: Container[Obj]) -> bool:
    """Whether ``obj`` or one of its parts is ``dependent``: works differently in train and eval mode."""
    return any(_is_or_is_below(part, dependent) for part in (obj, *state.parts(obj)) if part.kind is ObjKind.MODULE)


def _is_or_is_below(obj: Obj, dependent: Container[Obj]) -> bool:
    holder: Obj | None = obj
    while holder is not None:
        if holder in dependent:
            return True
        holder = holder.parent
    return False


def uses_mode_directly(facts: ClassFacts) -> bool:
    """Whether methods of the class hand ``self.training`` to functional dropout or batch norm."""
    return any(_method_uses_mode(each, function) for each in facts.ancestry for function in each.methods.values())


def switches_itself(facts: ClassFacts) -> bool:
    """Whether calling a module of this class may switch its mode: `forward` reaches ``self.train()`` or the like."""
    for each in facts.ancestry:
        for name, function in each.methods.items():
            if name in facts.reached and any(
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("train", "eval")
                for node in ast.walk(function)
            ):
                return True
    return False


def _method_uses_mode(facts: ClassFacts, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        passed = [*node.args, *(keyword.value for keyword in node.keywords)]
        if not any(isinstance(value, ast.Attribute) and value.attr == "training" for value in passed):
            continue
        name = facts.source.names.resolve(node.func)
        known = callee(name)
        if known is not None and known.kind in (Kind.FUNCTION, Kind.OPERATOR, Kind.GRAPH, Kind.DEPTH):
            rate = next((k.value for k in node.keywords if k.arg == known.rate), None)
            if not (isinstance(rate, ast.Constant) and not rate.value):
                return True
        if name in _MODE_FUNCTIONS:
            return True
    return False
