"""Whether a call is about the batch that the loop around it has at hand."""

from __future__ import annotations

import ast

from dropout_lint.syntax.node_tests import last_name
from dropout_lint.typestate.domain.frames import CallSite


def is_given_the_element(site: CallSite) -> bool:
    """Whether an argument of the call is the element of the innermost loop around it, or a part of that element."""
    if not site.loops or not isinstance(site.node, ast.Call):
        return False
    elements = _elements(site.loops[-1])
    arguments = (*site.node.args, *(keyword.value for keyword in site.node.keywords))
    return any(_root(argument) in elements for argument in arguments)


def _elements(loop: ast.AST) -> set[str]:
    """The names of the element of ``loop`` and of what is taken out of it; none if the loop only counts."""
    if not isinstance(loop, (ast.For, ast.AsyncFor)):
        return set()
    called = {last_name(node.func) for node in ast.walk(loop.iter) if isinstance(node, ast.Call)}
    if called & {"range", "trange", "count"}:
        return set()
    target: ast.expr = loop.target
    if "enumerate" in called and isinstance(target, ast.Tuple):
        target = target.elts[-1]
    found = _names(target)
    for node in ast.walk(loop):
        if isinstance(node, ast.Assign) and _is_part(node.value, found):
            for bound in node.targets:
                found |= _names(bound)
    return found


def _is_part(value: ast.expr, names: set[str]) -> bool:
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    return all(_root(part) in names for part in parts)


def _root(value: ast.expr) -> str:
    """The name at the start of ``batch["image"].to(device)``; empty if there is none."""
    while True:
        if isinstance(value, ast.Call):
            value = value.func
        elif isinstance(value, (ast.Attribute, ast.Subscript)):
            value = value.value
        else:
            return value.id if isinstance(value, ast.Name) else ""


def _names(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
