"""Context managers of the project, which put a model in another mode and back: as generators, and as classes.

A generator is run twice: what holds at its ``yield`` holds in the body of the ``with``, and what holds at the end of
that body holds at the ``yield`` the second time.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from dropout_lint.typestate.domain.arguments import AbstractArguments
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame, Suspension
from dropout_lint.typestate.domain.slots import item_at
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import UNKNOWN, AbstractObject, FunctionValue, ObjectKind, Value, made_object
from dropout_lint.typestate.evaluation.attributes import has_decorator

LIBRARY = "contextlib.contextmanager"


@dataclass(frozen=True, slots=True)
class _Opened:
    """A call of a generator that stands for a context manager."""

    function: FunctionValue
    arguments: AbstractArguments


class ContextManagers:
    """Enters and leaves context managers for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._opened: dict[AbstractObject, _Opened] = {}
        self._before: dict[tuple[ast.AST, tuple[ast.AST, ...]], State] = {}  # by `with` item, and the calls around it

    def opened(
        self, function: FunctionValue, arguments: AbstractArguments, call: ast.AST, state: State, frame: Frame
    ) -> AbstractObject:
        """The context manager that calling ``function`` makes.  It holds its arguments: who gets it may change them."""
        obj = made_object(ObjectKind.INSTANCE, frame.source, call, frame.stack, None, LIBRARY)
        state.forget(obj)
        held = [*arguments.all, *([function.receiver] if function.receiver is not None else [])]
        for index, value in enumerate(held):
            state.store(obj, item_at(index), value)
        self._opened[obj] = _Opened(function, arguments)
        return obj

    def enter(self, value: Value, item: ast.withitem, state: State, frame: Frame) -> Value:
        """What ``as`` gets; afterwards ``state`` is that of the body."""
        if not isinstance(value, AbstractObject):
            return value
        state.local[_key(item)] = value
        if value in self._opened:
            self._before[item, frame.stack] = state.copy()
            suspension = Suspension()
            self._run(self._opened[value], item, state.copy(), frame, suspension)
            if suspension.reached is None:
                state.havoc([value])
                return UNKNOWN
            state.take_over(suspension.reached)
            state.grad = suspension.reached.grad
            return suspension.value if suspension.value is not None else UNKNOWN
        method = _method(value, "__enter__", "__aenter__")
        if method is None:
            return value
        return self._evaluator.call_function(method, AbstractArguments.of(), item.context_expr, state, frame)

    def leave(self, item: ast.withitem, state: State, frame: Frame) -> None:
        """What follows the body of the ``with``."""
        value = state.local.pop(_key(item), None)
        if not isinstance(value, AbstractObject):
            return
        if value in self._opened:
            before = self._before.get((item, frame.stack))
            suspension = Suspension(state.copy())
            after = before.copy() if before is not None else State()
            if before is not None:
                self._run(self._opened[value], item, after, frame, suspension)
            if suspension.reached is None:
                state.havoc([value])
            else:
                state.take_over(after)
            return
        method = _method(value, "__exit__", "__aexit__")
        if method is not None:
            self._evaluator.call_function(method, AbstractArguments.of(*[UNKNOWN] * 3), item.context_expr, state, frame)

    def _run(self, opened: _Opened, item: ast.withitem, state: State, frame: Frame, suspension: Suspension) -> None:
        self._evaluator.call_function(
            opened.function, opened.arguments, item.context_expr, state, frame, suspension=suspension
        )


def is_context(function: FunctionValue) -> bool:
    """Whether calling ``function`` makes a context manager of a generator."""
    if isinstance(function.node, ast.Lambda):
        return False
    return has_decorator(function.node, ("contextmanager", "asynccontextmanager"))


def _method(obj: AbstractObject, *names: str) -> FunctionValue | None:
    for name in names:
        found = obj.facts.method(name) if obj.facts is not None else None
        if found is not None:
            owner, node = found
            return FunctionValue(owner.source, node, owner, obj)
    return None


def _key(item: ast.withitem) -> str:
    """A name that no program has, for the context manager that a ``with`` item has entered."""
    return f"<context {item.context_expr.lineno}:{item.context_expr.col_offset}>"
