"""Does a part of a module drop anything when it runs: an attribute, a method, a function?

A part is followed through what the class stores under its name, into classes of the project, and through the methods
and attributes that a method names.
"""

from __future__ import annotations

import ast

from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.pytorch.dropout_calls import TorchCall, torch_call
from dropout_lint.semantic.classes import ClassModel, classes_of
from dropout_lint.semantic.constants import constants_of
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.node_tests import attribute_of_self
from dropout_lint.syntax.source import SourceFile

_MOST_STEPS = 6  # from part to part


def certainly_drops(source: SourceFile, part: ast.expr) -> bool | None:
    """Whether ``part``, which is called, has dropout of torch in it; None if what it is cannot be seen."""
    return _drops(source, part, _MOST_STEPS)


def _drops(source: SourceFile, part: ast.expr, steps: int) -> bool | None:
    if steps == 0:
        return None
    around = classes_of(source).around(part)
    if isinstance(part, ast.Subscript):
        part = part.value
    attribute = attribute_of_self(part)
    if attribute is not None and around is not None:
        return _attribute_drops(around[0], attribute, steps - 1)
    if isinstance(part, ast.Lambda):
        return _code_drops(source, part, steps - 1)
    if isinstance(part, ast.Name):
        bindings = names_of(source).bindings(part)
        if len(bindings) != 1:
            return None
        node, value = bindings[0].node, bindings[0].value
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return _code_drops(source, node, steps - 1)
        if isinstance(node, ast.For):
            found = [each for each in ast.walk(node.iter) if isinstance(each, ast.Attribute)]
            return _drops(source, found[0], steps - 1) if len(found) == 1 else None
        return None if value is None else _drops(source, value, steps - 1)
    if isinstance(part, ast.Call):
        return _built_drops(source, part, steps - 1)
    return None


def _attribute_drops(facts: ClassModel, attribute: str, steps: int) -> bool | None:
    method = facts.method(attribute)
    if method is not None:
        return _code_drops(method[0].source, method[1], steps)
    stores = facts.stores(attribute)
    values = [
        None if store.value is None else _built_drops(owner.source, store.value, steps) for owner, store in stores
    ]
    return True if True in values else (None if None in values or not values else False)


def _built_drops(source: SourceFile, value: ast.expr, steps: int) -> bool | None:
    """Whether what ``value`` builds has dropout in it."""
    if steps == 0:
        return None
    is_known = True
    for part in ast.walk(value):
        if not isinstance(part, ast.Call):
            continue
        call = torch_call(source, part)
        if call is not None:
            if _call_drops(source, call):
                return True
            continue
        facts = classes_of(source).named(part.func)
        if facts is not None:
            inside = _class_drops(facts, steps - 1)
            if inside:
                return True
            is_known = is_known and inside is False
        elif not (names_of(source).resolve(part.func) or "").startswith("torch.nn.") and not _is_plain(part):
            is_known = False
    return False if is_known and isinstance(value, (ast.Call, ast.List, ast.ListComp)) else None


def _call_drops(source: SourceFile, call: TorchCall) -> bool:
    """Whether ``call`` builds or calls what drops: its rate, or the default, may be other than 0."""
    if call.rate is not None:
        return not constants_of(source).is_nothing(call.rate)
    return call.callee.kind in (CalleeKind.LAYER, CalleeKind.FUNCTION) or "Transformer" in call.callee.name


def _is_plain(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in ("range", "len", "int", "list", "zip", "enumerate")


def _class_drops(facts: ClassModel, steps: int) -> bool | None:
    forward = facts.method("forward")
    return None if forward is None or steps == 0 else _code_drops(forward[0].source, forward[1], steps, facts)


def _code_drops(source: SourceFile, code: ast.AST, steps: int, facts: ClassModel | None = None) -> bool | None:
    """Whether ``code`` calls a dropout, or names a part that has one."""
    if steps == 0:
        return None
    if facts is None:
        around = classes_of(source).around(code if isinstance(code, ast.Lambda) else next(ast.iter_child_nodes(code)))
        facts = None if around is None else around[0]
    answers: set[bool | None] = set()
    for part in ast.walk(code):
        if isinstance(part, ast.Call):
            call = torch_call(source, part)
            if call is not None and _call_drops(source, call):
                return True
            attribute = attribute_of_self(part.func)
            if attribute is not None and facts is not None:
                answers.add(_attribute_drops(facts, attribute, steps - 1))
            elif isinstance(part.func, ast.Name) and names_of(source).bindings(part.func):
                answers.add(_drops(source, part.func, steps - 1))
    return True if True in answers else (None if None in answers else False)
