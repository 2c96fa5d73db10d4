"""Functions inside of functions that code out of sight gets: callbacks of an engine, handlers of a web service."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection

from dropout_lint.typestate.memory import mentions_mode
from dropout_lint.typestate.state import State
from dropout_lint.typestate.values import Function

_TURNS = 2  # any of them may run after any other


class Handed:
    """The functions that were handed out in one root, and what held when that began to matter."""

    def __init__(self) -> None:
        self._functions: dict[ast.AST, Function] = {}
        self._before: State | None = None

    def add(self, function: Function, state: State) -> None:
        """``function`` goes to code out of sight in ``state``, which will then forget what the function may switch."""
        if function.definer is None or isinstance(function.definer, ast.Module):
            return  # analysed by itself
        if self._before is None and mentions_mode(function.source, function.node):
            self._before = state.copy()
        self._functions.setdefault(function.node, function)

    def run(self, call: Callable[[Function, State], object], entered: Collection[ast.AST], end: State) -> State:
        """Let ``call`` run those that are not among ``entered``, on what holds when any others have run before; returns
        what holds afterwards.
        """
        functions = [function for node, function in self._functions.items() if node not in entered]
        held = end if self._before is None else self._before
        for _ in range(_TURNS if functions else 0):
            exits: list[State] = []
            for function in functions:
                exits.append(held.copy())
                exits[-1].grad = True
                call(function, exits[-1])
            held = held.copy()
            for state in exits:
                held.join(state)
        return held
