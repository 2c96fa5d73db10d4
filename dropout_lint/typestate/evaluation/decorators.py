"""Decorators of the project that switch modes around what they decorate."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from dropout_lint.syntax.extensions import Table
from dropout_lint.typestate.domain.arguments import AbstractArguments
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame
from dropout_lint.typestate.domain.function_text import mentions_mode
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import UNKNOWN, FunctionValue, Value
from dropout_lint.typestate.evaluation.attributes import has_decorator


class _Switching(Table[ast.AST, "list[ast.expr]"]):
    """The decorators of the functions of a file that speak of modes."""


class Decorators:
    """Follows decorated functions for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def that_switch(self, function: FunctionValue) -> list[ast.expr]:
        """The decorators of ``function`` that the project defines and that speak of modes, the outermost first.

        All others let calls through as they are, as far as modes go.
        """
        known = function.source.extension(_Switching)
        if function.node not in known:
            home = _home(function)
            known[function.node] = [
                decorator
                for decorator in getattr(function.node, "decorator_list", ())
                if _speaks_of_modes(self._value(decorator.func if isinstance(decorator, ast.Call) else decorator, home))
            ]
        return known[function.node]

    def call(
        self,
        function: FunctionValue,
        decorators: Sequence[ast.expr],
        arguments: AbstractArguments,
        call: ast.AST,
        state: State,
        frame: Frame | None,
    ) -> Value:
        """Call what ``decorators`` make of ``function``."""
        home = _home(function)
        made: Value = replace(function, receiver=None, given=(), named=(), is_bare=True)
        for decorator in reversed(decorators):
            around, inner = self._value(decorator, home), made
            made = UNKNOWN
            if isinstance(around, FunctionValue):
                made = self._evaluator.call_function(around, AbstractArguments.of(inner), decorator, State(), home)
        given = arguments.positional if function.receiver is None else (function.receiver, *arguments.positional)
        if not isinstance(made, FunctionValue):
            self._evaluator.havoc([*given, *arguments.keywords.values()], state)
            return UNKNOWN
        site = call if frame is not None else decorators[0]
        return self._evaluator.call_function(made, replace(arguments, positional=given), site, state, frame or home)

    def _value(self, node: ast.expr, home: Frame) -> Value:
        return self._evaluator.value(node, State(), home)


def _home(function: FunctionValue) -> Frame:
    return Frame(function.source, function.source.tree)


def _speaks_of_modes(value: Value) -> bool:
    return isinstance(value, FunctionValue) and mentions_mode(value.source, value.node)


def is_overload(function: FunctionValue) -> bool:
    """Whether ``function`` is one that ``typing.overload`` marks: it says what there is, and does nothing."""
    return not isinstance(function.node, ast.Lambda) and has_decorator(function.node, ("overload",))
