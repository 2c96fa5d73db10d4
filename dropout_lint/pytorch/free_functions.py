"""Functions at the top level of a file, and the calls of them in it: what a module's `forward` leaves to them."""

from __future__ import annotations

import ast

from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.arguments import bind
from dropout_lint.syntax.node_tests import Function
from dropout_lint.syntax.scopes import BindingKind, scope_of
from dropout_lint.syntax.source import SourceFile

Calls = dict[str, list[ast.Call]]


def free_function_around(source: SourceFile, node: ast.AST) -> Function | None:
    """The function that ``node`` runs in, if it stands at the top level of the file and is the only one of its name."""
    scope = scope_of(source, node)
    if not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)) or scope_of(source, scope) is not source.tree:
        return None
    bindings = names_of(source).bindings_in(source.tree).by_name.get(scope.name, ())
    return scope if len(bindings) == 1 else None


def calls_of_free_function(source: SourceFile, function: Function) -> list[ast.Call]:
    """The calls of ``function`` by its name, in the order of the text."""
    named = source.extension(_calls_by_name).get(function.name, [])
    return [call for call in named if names_of(source).definition(call.func) is function]


def _calls_by_name(source: SourceFile) -> Calls:
    found: Calls = {}
    for part in ast.walk(source.tree):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
            found.setdefault(part.func.id, []).append(part)
    return found


def as_passed(source: SourceFile, value: ast.expr, function: Function, call: ast.Call) -> ast.expr | None:
    """What stands for ``value``, which ``function`` uses, in the eyes of the caller: what ``call`` passes, or the
    default, if it is a parameter; itself if it names nothing of the function.  None if that is not certain.
    """
    if not isinstance(value, ast.Name):
        names = (part for part in ast.walk(value) if isinstance(part, ast.Name))
        return None if any(names_of(source).lookup(part.id, part)[0] is function for part in names) else value
    scope, bindings = names_of(source).lookup(value.id, value)
    if scope is not function:
        return value
    if len(bindings) != 1 or bindings[0].kind is not BindingKind.PARAMETER:
        return None
    arguments = function.args
    in_order = [parameter.arg for parameter in (*arguments.posonlyargs, *arguments.args)]
    passed = bind(call, in_order)
    if passed.open:
        return None
    by_name = {keyword.arg: keyword.value for keyword in passed.unknown}
    return passed.get(value.id) or by_name.get(value.id) or bindings[0].value
