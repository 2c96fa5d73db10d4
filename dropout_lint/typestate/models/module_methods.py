"""Method calls on modules: `eval` and `train`, what returns the module itself, and what counts as running it."""

from __future__ import annotations

import ast

from dropout_lint.pytorch.mode_overrides import is_loop
from dropout_lint.semantic.classes import ClassFacts
from dropout_lint.typestate.domain import library_facts
from dropout_lint.typestate.domain.arguments import Arguments
from dropout_lint.typestate.domain.bounds import one_of, part_of
from dropout_lint.typestate.domain.collections import element_of, new_list, pairs_with
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame, origin_at
from dropout_lint.typestate.domain.function_text import mentions_mode
from dropout_lint.typestate.domain.modes import How, Mode, ModeFact
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    UNKNOWN,
    Const,
    Function,
    Kind,
    Many,
    Obj,
    Parameters,
    Value,
    alternatives,
)
from dropout_lint.typestate.models.mode_dependence import switches_itself

_RUNS = frozenset({"forward", "__call__"})


class ModuleCalls:
    """Evaluates method calls on modules for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._switched: list[Obj] = []

    def call(self, obj: Obj, name: str, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> Value:
        """What ``obj.name(...)`` returns."""
        if name in _RUNS:
            return self._run(obj, arguments, node, state, frame)
        stored = state.get(obj, name)
        if stored is not None:
            return self._evaluator.call(stored, arguments, node, state, frame)
        method = obj.facts.method(name) if obj.facts is not None else None
        if method is None:
            return self.torch_method(obj, name, arguments, node, state, frame)
        owner, function = method
        if name in ("train", "eval") and not is_loop(function):
            return self._overridden(obj, name, state)
        callee = self._evaluator.attribute(obj, name, node, state, frame)
        if not isinstance(callee, Function):
            return self._evaluator.call(callee, arguments, node, state, frame)
        return self._evaluator.call(
            Function(owner.source, function, owner, callee.receiver), arguments, node, state, frame
        )

    def torch_method(
        self, obj: Obj, name: str, arguments: Arguments, node: ast.Call, state: State, frame: Frame
    ) -> Value:
        """A method that torch, or another library, defines."""
        if name in ("train", "eval"):
            return self._switch(obj, name, arguments, node, state, frame)
        if name in library_facts.MODULE_METHODS_THAT_RETURN_IT:
            return obj
        if name in ("parameters", "named_parameters"):
            return Parameters((obj,))
        if name in library_facts.LOADS:
            state.teach([obj])
            return UNKNOWN
        if name == "apply":
            self._apply(obj, arguments, node, state, frame)
            return obj
        if name in ("add_module", "register_module") and len(arguments.positional) == 2:
            key = arguments.positional[0]
            if isinstance(key, Const):
                state.store(obj, str(key.value), arguments.positional[1])
            else:
                state.add_element(obj, arguments.positional[1])
            return UNKNOWN
        if name in ("append", "extend", "insert", "update"):
            for value in arguments.positional:
                held = element_of(value, state) if name in ("extend", "update") else value
                state.add_element(obj, held)
            return obj
        if name in library_facts.PARTS:
            part = part_of(obj, "*")
            return new_list(node, [part], state, frame)
        if name == "items":
            return pairs_with(element_of(obj, state), node, state, frame)
        if name in ("values", "keys"):
            return obj
        if name in library_facts.MODULE_METHODS_WITHOUT_EFFECT:
            return UNKNOWN
        if name == "generate" and state.is_taught(obj):
            self._evaluator.recorder.forward((obj,), arguments, node, state, frame)
            return UNKNOWN
        state.lose([obj])
        self._evaluator.lose(arguments.all, state)
        return UNKNOWN

    def _apply(self, obj: Obj, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> None:
        """``obj.apply(function)``, which is for every part: if it switches modes of some of them only, nobody knows."""
        function = next(iter(arguments.positional), None)
        if not isinstance(function, Function) or not mentions_mode(function.source, function.node):
            self._evaluator.lose(arguments.positional, state)
            return
        branch = state.copy()
        self._evaluator.call(function, Arguments((obj,), {}, False), node, branch, frame)
        if branch.mode(obj).mode in (Mode.TRAIN, Mode.EVAL) and branch.mode(obj) != state.mode(obj):
            state.take_over(branch)
        else:
            self._evaluator.lose(arguments.positional, state)

    def on_many(
        self, receiver: Many, name: str, arguments: Arguments, node: ast.Call, state: State, frame: Frame
    ) -> Value:
        """What ``receiver.name(...)`` returns where the receiver is one of several, or each of them in turn."""
        found = alternatives(receiver)
        modules = tuple(value for value in found if isinstance(value, Obj) and value.kind is Kind.MODULE)
        if name in _RUNS and len(modules) == len(found):
            self._evaluator.recorder.forward(modules, arguments, node, state, frame)
            return UNKNOWN
        # Each in turn.  Where it is one of several, only that one exists, as a rule: `a() if x else b()`.
        results = [self._evaluator.call_method(value, name, arguments, node, state, frame) for value in found]
        return one_of(results, each=receiver.each)

    def _run(self, obj: Obj, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> Value:
        """A forward pass."""
        if obj.facts is not None and switches_itself(obj.facts):
            self._let_it_switch(obj, obj.facts, arguments, node, state, frame)
        self._evaluator.recorder.forward((obj,), arguments, node, state, frame)
        return UNKNOWN

    def _let_it_switch(
        self, obj: Obj, facts: ClassFacts, arguments: Arguments, node: ast.Call, state: State, frame: Frame
    ) -> None:
        """``forward`` calls ``self.train()`` or the like: run it for that.  Who switches back is lost."""
        forward, before = facts.method("forward"), len(self._switched)
        if forward is None:
            state.lose([obj])
            return
        recorder = self._evaluator.recorder
        events, recorder.events = recorder.events, {}
        bound = Function(forward[0].source, forward[1], forward[0], obj)
        self._evaluator.call_function(
            bound, arguments.positional, arguments.keywords, node, state, frame, open_call=arguments.open
        )
        recorder.events = events
        switched = self._switched[before:]
        del self._switched[before:]
        if len(switched) > len(set(switched)):
            state.lose([obj])

    def _overridden(self, obj: Obj, name: str, state: State) -> Value:
        """``train`` or ``eval`` of the project's own: it may leave parts as they are."""
        state.set_mode(obj, ModeFact(Mode.EVAL) if name == "eval" else ModeFact(Mode.UNKNOWN))
        return obj

    def _switch(self, obj: Obj, name: str, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> Value:
        """``obj.eval()``, ``obj.train()``, ``obj.train(mode)``."""
        mode = Mode.EVAL
        if name == "train":
            flag = arguments.get(0, "mode")
            if flag is None and not arguments.open:
                mode = Mode.TRAIN
            elif isinstance(flag, Const) and isinstance(flag.value, (bool, int)):
                mode = Mode.TRAIN if flag.value else Mode.EVAL
            else:
                state.lose([obj])
                return obj
        elif obj.facts is not None and (train := obj.facts.method("train")) is not None and not is_loop(train[1]):
            state.set_mode(obj, ModeFact(Mode.EVAL))  # `eval()` calls the project's own `train(False)`
            return obj
        self._switched.append(obj)
        how = How.EVAL if mode is Mode.EVAL else How.TRAIN
        state.set_mode(obj, ModeFact(mode, (origin_at(how, node, state, frame),)))
        return obj
