"""Parameters that have the same constant value in every call: a switch that all callers leave on is no mode guard.

``def encode(self, x, drop=True)`` may be called with the mode; if every call in the file and in the files that import
it passes the same constant or nothing, the value is known.  Where code that is not analysed may call the function (it
is decorated, passed as a value, named in a string, an entry of the module such as `forward`), the value is unknown.
"""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from dropout_lint.semantic.names import names_of
from dropout_lint.semantic.project import project_of
from dropout_lint.syntax.arguments import bind
from dropout_lint.syntax.node_tests import Function
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.syntax.source import SourceFile

_MOST_STEPS = 4  # callers of callers
_CALLED_BY_OTHERS = frozenset(["forward", "train", "eval"])


class Passed(NamedTuple):
    """What a parameter always is, and the first call of its function."""

    value: object
    call: ast.Call


class ConstantParameters:
    """Answers for one file."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._passed: dict[ast.arg, Passed | None] = {}
        self._calls: dict[Function, tuple[ast.Call, ...] | None] = {}

    def truth(self, test: ast.expr) -> bool | None:
        """Whether ``test`` holds, as far as parameters that are the same in every call say; None if they do not."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self.truth(test.operand)
            return None if inner is None else not inner
        if isinstance(test, ast.BoolOp):
            sides = [self.truth(value) for value in test.values]
            decides = isinstance(test.op, ast.Or)
            if decides in sides:
                return decides
            return None if None in sides else not decides
        passed = self.constant_of(test)
        return passed.value if passed is not None and isinstance(passed.value, bool) else None

    def chosen(self, expression: ast.expr) -> ast.expr:
        """The side of a conditional ``expression`` that always holds; itself if it is none, or either may hold."""
        known = self.truth(expression.test) if isinstance(expression, ast.IfExp) else None
        if known is None or not isinstance(expression, ast.IfExp):
            return expression
        return self.chosen(expression.body if known else expression.orelse)

    def switch(self, node: ast.AST) -> ast.Call | None:
        """The first call that passes the constant parameter that a condition around or before ``node`` tests; None if
        there is none.
        """
        child = node
        for above in self._source.ancestors(node):
            tests = [above.test] if isinstance(above, (ast.If, ast.While, ast.IfExp)) else []
            for block in (getattr(above, name, None) for name in ("body", "orelse", "finalbody")):
                if isinstance(block, list) and child in block:
                    tests += [before.test for before in block[: block.index(child)] if isinstance(before, ast.If)]
            names = (part for test in tests for part in ast.walk(test) if isinstance(part, ast.Name))
            for found in map(self.constant_of, names):
                if found is not None:
                    return found.call
            if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)):
                return None
            child = above
        return None

    def constant_of(self, expression: ast.expr, steps: int = _MOST_STEPS) -> Passed | None:
        """What the parameter that ``expression`` names is in every call; None if it is none, or differs."""
        if not isinstance(expression, ast.Name) or steps == 0:
            return None
        scope, bindings = names_of(self._source).lookup(expression.id, expression)
        if not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)) or len(bindings) != 1:
            return None
        parameter = bindings[0].node
        if bindings[0].kind is not BindingKind.PARAMETER or not isinstance(parameter, ast.arg):
            return None
        if parameter not in self._passed:
            self._passed[parameter] = None  # while it is being worked out: a function may call itself
            self._passed[parameter] = self._in_all_calls(scope, parameter.arg, bindings[0].value, steps)
        return self._passed[parameter]

    def _in_all_calls(self, function: Function, name: str, default: ast.expr | None, steps: int) -> Passed | None:
        calls = self._call_sites(function)
        values = [self._value(call, function, name, default, steps) for call in calls or ()]
        if not calls or any(value is not values[0] for value in values) or not isinstance(values[0], bool):
            return None
        return Passed(values[0], calls[0])

    def _value(
        self, call: ast.Call, function: Function, name: str, default: ast.expr | None, steps: int
    ) -> object | None:
        """What ``call`` passes for the parameter ``name`` of ``function``, if that is a constant; else None."""
        positional = [parameter.arg for parameter in (*function.args.posonlyargs, *function.args.args)]
        if isinstance(call.func, ast.Attribute):
            positional = positional[1:]
        elif self._is_method(function):
            return None
        named = [parameter.arg for parameter in function.args.kwonlyargs]
        arguments = bind(call, positional)
        keywords = {keyword.arg: keyword.value for keyword in arguments.unknown if keyword.arg in named}
        if arguments.open:
            return None
        value = arguments.get(name) or keywords.get(name) or default
        if isinstance(value, ast.Constant):
            return value.value
        if value is None:
            return None
        passed_on = self.constant_of(value, steps - 1)
        return None if passed_on is None else passed_on.value

    def _call_sites(self, function: Function) -> tuple[ast.Call, ...] | None:
        """Every call of ``function``; None if there may be others."""
        if function not in self._calls:
            self._calls[function] = self._find_calls(function)
        return self._calls[function]

    def _find_calls(self, function: Function) -> tuple[ast.Call, ...] | None:
        name = function.name
        if function.decorator_list or name in _CALLED_BY_OTHERS or name.startswith("__") or self._is_rebound(function):
            return None
        calls: list[ast.Call] = []
        for part in ast.walk(self._source.tree):
            if isinstance(part, ast.Constant) and part.value == name:
                return None  # `getattr(self, "encode")`
            mentioned = (isinstance(part, ast.Attribute) and part.attr == name) or (
                isinstance(part, ast.Name) and part.id == name
            )
            if mentioned:
                above = self._source.parent(part)
                if not (isinstance(above, ast.Call) and above.func is part):
                    return None  # it is passed as a value, or stored
                calls.append(above)
        return None if self._may_be_called_elsewhere(function) else tuple(calls)

    def _is_rebound(self, function: Function) -> bool:
        """Whether another function of the file has the same name: which one is called is not looked into."""
        return any(
            isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            and part.name == function.name
            and part is not function
            for part in ast.walk(self._source.tree)
        )

    def _is_method(self, function: Function) -> bool:
        return isinstance(self._source.parent(function), ast.ClassDef)

    def _may_be_called_elsewhere(self, function: Function) -> bool:
        """Whether another file may call ``function``: one that imports this file and has its name somewhere."""
        if any(
            isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef)) for above in self._source.ancestors(function)
        ):
            return False  # other files cannot reach a function in a function
        project = project_of(self._source)
        if project is None:
            return not function.name.startswith("_")
        mention = re.compile(rf"\b{function.name}\b")
        importers = project.importers(self._source.filename)
        return any(mention.search(project.text(path)) is not None for path in importers)
