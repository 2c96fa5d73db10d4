"""Method calls on modules: what counts as running one, the project's own methods, and what stands for several."""

from __future__ import annotations

import ast

from dropout_lint.pytorch.mode_overrides import is_loop
from dropout_lint.semantic.classes import ClassModel
from dropout_lint.typestate.domain.arguments import AbstractArguments
from dropout_lint.typestate.domain.bounds import one_of
from dropout_lint.typestate.domain.call import CallContext
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame
from dropout_lint.typestate.domain.modes import Mode, ModeFact
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    UNKNOWN,
    AbstractObject,
    FunctionValue,
    ObjectKind,
    Union,
    Value,
    alternatives,
)
from dropout_lint.typestate.models.inherited_methods import torch_method
from dropout_lint.typestate.models.mode_dependence import switches_itself

_RUNS = frozenset({"forward", "__call__"})


class ModuleCalls:
    """Evaluates method calls on modules for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def call(
        self, obj: AbstractObject, name: str, arguments: AbstractArguments, node: ast.Call, state: State, frame: Frame
    ) -> Value:
        """What ``obj.name(...)`` returns."""
        if name in _RUNS:
            return self._run(obj, arguments, node, state, frame)
        stored = state.get(obj, name)
        if stored is not None:
            return self._evaluator.call(stored, arguments, node, state, frame)
        method = obj.facts.method(name) if obj.facts is not None else None
        if method is None:
            return torch_method(obj, CallContext(self._evaluator, name, arguments, node, state, frame))
        owner, function = method
        if name in ("train", "eval") and not is_loop(function):
            return self._overridden(obj, name, state)
        callee = self._evaluator.attribute(obj, name, node, state, frame)
        if not isinstance(callee, FunctionValue):
            return self._evaluator.call(callee, arguments, node, state, frame)
        return self._evaluator.call(
            FunctionValue(owner.source, function, owner, callee.receiver), arguments, node, state, frame
        )

    def on_many(
        self, receiver: Union, name: str, arguments: AbstractArguments, node: ast.Call, state: State, frame: Frame
    ) -> Value:
        """What ``receiver.name(...)`` returns where the receiver is one of several, or each of them in turn."""
        found = alternatives(receiver)
        modules = tuple(
            value for value in found if isinstance(value, AbstractObject) and value.kind is ObjectKind.MODULE
        )
        if name in _RUNS and len(modules) == len(found):
            self._evaluator.recorder.forward(modules, arguments, node, state, frame)
            return UNKNOWN
        # Each in turn.  Where it is one of several, only that one exists, as a rule: `a() if x else b()`.
        results = [self._evaluator.call_method(value, name, arguments, node, state, frame) for value in found]
        return one_of(results, each=receiver.each)

    def _run(
        self, obj: AbstractObject, arguments: AbstractArguments, node: ast.Call, state: State, frame: Frame
    ) -> Value:
        """A forward pass."""
        if obj.facts is not None and switches_itself(obj.facts):
            self._let_it_switch(obj, obj.facts, arguments, node, state, frame)
        self._evaluator.recorder.forward((obj,), arguments, node, state, frame)
        return UNKNOWN

    def _let_it_switch(
        self,
        obj: AbstractObject,
        facts: ClassModel,
        arguments: AbstractArguments,
        node: ast.Call,
        state: State,
        frame: Frame,
    ) -> None:
        """``forward`` calls ``self.train()`` or the like: run it for that.  Who switches back is lost."""
        recorder = self._evaluator.recorder
        forward, before = facts.method("forward"), len(recorder.switched)
        if forward is None:
            state.havoc([obj])
            return
        events, recorder.events = recorder.events, {}
        bound = FunctionValue(forward[0].source, forward[1], forward[0], obj)
        self._evaluator.call_function(bound, arguments, node, state, frame)
        recorder.events = events
        switched = recorder.switched[before:]
        del recorder.switched[before:]
        if len(switched) > len(set(switched)):
            state.havoc([obj])

    def _overridden(self, obj: AbstractObject, name: str, state: State) -> Value:
        """``train`` or ``eval`` of the project's own: it may leave parts as they are."""
        state.set_mode(obj, ModeFact(Mode.EVAL) if name == "eval" else ModeFact(Mode.UNKNOWN))
        return obj
