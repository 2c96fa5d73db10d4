"""Functions inside of functions that code out of sight gets: callbacks of an engine, handlers of a web service."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from dropout_lint.typestate.memory import mentions_mode
from dropout_lint.typestate.state import State
from dropout_lint.typestate.values import Function

if TYPE_CHECKING:
    from dropout_lint.typestate.interpreter import Interpreter


class Handed:
    """The functions that were handed out in one root, and what held when that began to matter."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._functions: dict[ast.AST, Function] = {}
        self._before: State | None = None
        self._saving: list[tuple[Function, State]] = []

    def add(self, function: Function, state: State) -> None:
        """``function`` goes to code out of sight in ``state``, which will then forget what the function may switch."""
        if function.definer is None or isinstance(function.definer, ast.Module):
            return  # analysed by itself
        if self._before is None and mentions_mode(function.source, function.node):
            self._before = state.copy()
        if function.node not in self._functions:
            self._functions[function.node] = function
            if "torch.load(" in self._interpreter.root.text and "torch.save(" in _text(function):
                self._saving.append((function, state.copy()))

    def settle(self, state: State) -> None:
        """Let ``state`` know what those that were handed out just now may have saved, which what follows may load."""
        while self._saving:
            function, branch = self._saving.pop()
            events, entered = dict(self._interpreter.recorder.events), set(self._interpreter.entered)
            branch.grad = True
            self._interpreter.call_function(function, [], {}, function.node, branch, None, open_call=True)
            self._interpreter.recorder.events, self._interpreter.entered = events, entered
            state.join(branch)

    def run(self, call: Callable[[Function, State], object], entered: Collection[ast.AST], end: State) -> State:
        """Let ``call`` run those that are not among ``entered``, on what holds when any others have run before; returns
        what holds afterwards.
        """
        functions = [function for node, function in self._functions.items() if node not in entered]
        held = end if self._before is None else self._before
        # Any of them may run after any other.
        switch = len(functions) > 1 and any(mentions_mode(each.source, each.node) for each in functions)
        for _ in range(2 if switch else 1 if functions else 0):
            exits: list[State] = []
            for function in functions:
                exits.append(held.copy())
                exits[-1].grad = True
                call(function, exits[-1])
            held = held.copy()
            for state in exits:
                held.join(state)
        if held is not end:
            held = held.copy()
            held.join(end)
        return held


def _text(function: Function) -> str:
    first, last = function.node.lineno, function.node.end_lineno or function.node.lineno
    return "".join(function.source.lines[first - 1 : last])
