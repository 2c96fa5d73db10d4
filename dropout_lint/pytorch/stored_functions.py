"""Functions that are kept and called later: `self.drop = functools.partial(F.dropout, p=0.3)`, or `F.dropout` itself,
also as an element of a list or dict.

Only what can be followed by name within one class or one scope is: an attribute of ``self`` that its own methods call,
or a name that is called where it is visible.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from dropout_lint.semantic.classes import ClassModel, classes_of
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.node_tests import attribute_of_self
from dropout_lint.syntax.source import SourceFile

_DISPLAYS = (ast.List, ast.Tuple, ast.Set, ast.Dict)


class StoredFunction(NamedTuple):
    """Where a function is kept."""

    target: ast.Name | ast.Attribute
    given: ast.Call | None  # the `functools.partial` around it
    is_element: bool  # of a list or dict


def stored_function(source: SourceFile, value: ast.expr) -> StoredFunction | None:
    """Where ``value``, a function or a lambda, is kept; None if it is not, or not in a way that can be followed."""
    child: ast.AST = value
    given: ast.Call | None = None
    is_element = False
    for above in source.ancestors(value):
        if isinstance(above, ast.Call) and given is None and not is_element:
            if not above.args or above.args[0] is not child:
                return None
            if names_of(source).resolve(above.func) != "functools.partial":
                return None
            given = above
        elif isinstance(above, _DISPLAYS) and not is_element:
            is_element = True
        elif isinstance(above, (ast.Assign, ast.AnnAssign)) and above.value is child:
            targets = above.targets if isinstance(above, ast.Assign) else [above.target]
            target = targets[0]
            if isinstance(target, ast.Subscript) and not is_element:  # `self.acts["drop"] = F.dropout`
                target, is_element = target.value, True
            if len(targets) > 1 or not isinstance(target, (ast.Name, ast.Attribute)):
                return None
            return StoredFunction(target, given, is_element)
        elif not (isinstance(above, ast.IfExp) and child is not above.test) and not isinstance(above, ast.BoolOp):
            return None
        child = above
    return None


def calls_of_stored(source: SourceFile, stored: StoredFunction) -> Iterator[ast.Call]:
    """The calls of what is kept there, in the order of the text."""
    attribute = attribute_of_self(stored.target)
    if attribute is not None:
        around = classes_of(source).around(stored.target)
        for method in _methods(source, around[0]) if around is not None else ():
            for part in ast.walk(method):
                if isinstance(part, ast.Call) and _calls_attribute(source, part.func, attribute, stored.is_element):
                    yield part
    elif isinstance(stored.target, ast.Name):
        scope, bindings = names_of(source).lookup(stored.target.id, stored.target)
        for part in ast.walk(scope) if len(bindings) == 1 else ():
            if isinstance(part, ast.Call):
                called = _element_of(part.func) if stored.is_element else part.func
                if isinstance(called, ast.Name) and called.id == stored.target.id:
                    if names_of(source).lookup(called.id, called)[0] is scope:
                        yield part


def _methods(source: SourceFile, facts: ClassModel) -> Iterator[ast.AST]:
    """The methods of the class and of those that derive from it, in the same file."""
    for owner in (facts, *facts.subclasses):
        if owner.source is source:
            yield from owner.methods.values()


def _calls_attribute(source: SourceFile, called: ast.expr, attribute: str, is_element: bool) -> bool:
    """Whether ``called`` is ``self.<attribute>``, or an element of it; also by a local name for that."""
    if isinstance(called, ast.Name):
        bindings = names_of(source).bindings(called)
        if len(bindings) != 1:
            return False
        node = bindings[0].node
        if is_element and isinstance(node, ast.For):
            return _container_of(node.iter) == attribute
        value = bindings[0].value
        return isinstance(value, (ast.Attribute, ast.Subscript)) and _is_it(value, attribute, is_element)
    return _is_it(called, attribute, is_element)


def _is_it(expression: ast.expr, attribute: str, is_element: bool) -> bool:
    found = _element_of(expression) if is_element else expression
    return found is not None and attribute_of_self(found) == attribute


def _element_of(expression: ast.expr) -> ast.expr | None:
    """The container of which ``expression`` takes an element."""
    return expression.value if isinstance(expression, ast.Subscript) else None


def _container_of(iterable: ast.expr) -> str | None:
    """The attribute that a loop goes through: ``self.acts``, ``self.acts.values()``."""
    if isinstance(iterable, ast.Call) and isinstance(iterable.func, ast.Attribute) and iterable.func.attr == "values":
        iterable = iterable.func.value
    return attribute_of_self(iterable)
