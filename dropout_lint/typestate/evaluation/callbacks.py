"""Functions inside of functions that external code gets: callbacks of an engine, handlers of a web service."""

from __future__ import annotations

import ast

from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.function_text import mentions_mode
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import FunctionValue


class EscapedFunctions:
    """The functions that were handed out in one root, and what held when that began to matter."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._functions: dict[ast.AST, FunctionValue] = {}
        self._before: State | None = None
        self._saving: list[tuple[FunctionValue, State]] = []

    def add(self, function: FunctionValue, state: State) -> None:
        """``function`` goes to external code in ``state``, which will then forget what the function may switch."""
        if not function.is_nested:
            return  # analysed by itself
        if self._before is None and mentions_mode(function.source, function.node):
            self._before = state.copy()
        if function.node not in self._functions:
            self._functions[function.node] = function
            saves = any("torch.save(" in line for line in function.source.lines_of(function.node))
            if saves and "torch.load(" in self._evaluator.root.text:
                self._saving.append((function, state.copy()))

    def settle(self, state: State) -> None:
        """Let ``state`` know what those that were handed out just now may have saved, which what follows may load."""
        while self._saving:
            function, branch = self._saving.pop()
            events, entered = dict(self._evaluator.recorder.events), set(self._evaluator.entered)
            branch.grad = True
            self._evaluator.enter(function, branch)
            self._evaluator.recorder.events, self._evaluator.entered = events, entered
            state.join(branch)

    def run(self, end: State) -> State:
        """Run those that nothing has called yet, on what holds when any others have run before; returns what holds
        afterwards.
        """
        entered = self._evaluator.entered
        functions = [function for node, function in self._functions.items() if node not in entered]
        held = end if self._before is None else self._before
        # Any of them may run after any other.
        switch = len(functions) > 1 and any(mentions_mode(each.source, each.node) for each in functions)
        for _ in range(2 if switch else 1 if functions else 0):
            exits: list[State] = []
            for function in functions:
                exits.append(held.copy())
                exits[-1].grad = True
                self._evaluator.enter(function, exits[-1])
            held = held.copy()
            for state in exits:
                held.join(state)
        if held is not end:
            held = held.copy()
            held.join(end)
        return held
