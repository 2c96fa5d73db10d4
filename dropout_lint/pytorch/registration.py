"""Does a module that is kept somewhere end up registered?"""

from __future__ import annotations

import ast

from dropout_lint.pytorch.module_builders import REGISTERING, innermost
from dropout_lint.semantic.classes import ClassModel
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.node_tests import last_name
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.syntax.source import SourceFile

Uses = dict[str, list[ast.Call | ast.For | ast.AsyncFor | ast.Assign]]
"""Calls that are given something, loops over it and assignments of it, by the attributes that are part of it."""


def is_registered_elsewhere(source: SourceFile, facts: ClassModel, attribute: str) -> bool:
    """Whether some code of the file passes the content of ``self.<attribute>`` to a container, or registers it item by
    item.
    """
    spelling = f"self.{attribute}"
    for node in _uses(source).get(attribute, ()):
        if isinstance(node, ast.Call):
            if not _only_measures(node):
                return True
        elif isinstance(node, ast.For | ast.AsyncFor):
            if any(_called(part) in REGISTERING for part in ast.walk(node)):
                return True
        elif any(isinstance(target, ast.Attribute) for target in node.targets):
            if ast.unparse(node.value) == spelling:
                return True
    return any("__setattr__" in owner.methods or "__getattr__" in owner.methods for owner in facts.ancestry)


def _uses(source: SourceFile) -> Uses:
    """The places of ``source`` that use an attribute, by its name: worked out once, as a class may keep many lists."""
    return source.extension(_used)


def _used(source: SourceFile) -> Uses:
    found: Uses = {}
    for node in ast.walk(source.tree):
        used: list[ast.expr] = []
        if isinstance(node, ast.Call):
            used = [*node.args, *(keyword.value for keyword in node.keywords)]
        elif isinstance(node, ast.For | ast.AsyncFor):
            used = [node.iter]
        elif isinstance(node, ast.Assign) and not isinstance(node.value, ast.Call):
            used = [node.value]
        else:
            continue
        names = dict.fromkeys(p.attr for part in used for p in ast.walk(part) if isinstance(p, ast.Attribute))
        for name in names:
            found.setdefault(name, []).append(node)
    return found


def is_registered_by_name(source: SourceFile, element: ast.expr) -> bool:
    """Whether a local name that holds a module is also registered: ``self.add_module(name, layer)``, ``self.x =
    layer``.
    """
    element = innermost(element)
    if not isinstance(element, ast.Name):
        return False
    scope, bindings = names_of(source).lookup(element.id, element)
    if any(binding.kind is BindingKind.PARAMETER for binding in bindings):
        return True
    for node in ast.walk(scope):
        if isinstance(node, ast.Call) and any(_is_name(argument, element.id) for argument in node.args):
            if _called(node) not in ("append", "len"):
                return True
        elif isinstance(node, ast.Assign) and _is_name(node.value, element.id):
            if any(isinstance(target, (ast.Attribute, ast.Subscript)) for target in node.targets):
                return True
    return False


def _only_measures(call: ast.Call) -> bool:
    """``len(self.x)``, ``zip(self.x, ...)`` and the like read the list; calls of a member use it."""
    return _called(call) in (
        "len",
        "zip",
        "enumerate",
        "range",
        "reversed",
        "iter",
        "next",
        "print",
        "append",
        "isinstance",
    )


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return last_name(node.func) or ""


def _is_name(expression: ast.expr, name: str) -> bool:
    return isinstance(expression, ast.Name) and expression.id == name
