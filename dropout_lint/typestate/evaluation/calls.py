"""What a call returns, and what it does to the objects that it is given."""

from __future__ import annotations

import ast
from typing import TypeGuard

from dropout_lint.syntax.node_tests import is_super_call
from dropout_lint.typestate.domain import library_facts
from dropout_lint.typestate.domain.arguments import AbstractArguments
from dropout_lint.typestate.domain.bounds import one_of, tuple_of
from dropout_lint.typestate.domain.call import CallContext
from dropout_lint.typestate.domain.collections import element_of
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import EventKind, Frame
from dropout_lint.typestate.domain.slots import Item, Slot
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    DUMMY,
    MODELESS,
    UNKNOWN,
    AbstractObject,
    ClassValue,
    Const,
    Dotted,
    Dummy,
    FunctionValue,
    Modeless,
    ObjectKind,
    ParameterList,
    Tuple_,
    Union,
    Unknown,
    Value,
    alternatives,
    objects,
)
from dropout_lint.typestate.evaluation.with_statements import LIBRARY as CONTEXT
from dropout_lint.typestate.models.allocation import fill
from dropout_lint.typestate.models.builtin_calls import builtin
from dropout_lint.typestate.models.collection_methods import collection_method
from dropout_lint.typestate.models.computed_attributes import store_all, updated_by
from dropout_lint.typestate.models.constructors import Constructors
from dropout_lint.typestate.models.frozen_parameters import set_requires_grad
from dropout_lint.typestate.models.grad_mode import gradients_by_hand
from dropout_lint.typestate.models.inherited_methods import torch_method
from dropout_lint.typestate.models.library_calls import LibraryCalls, known
from dropout_lint.typestate.models.module_methods import ModuleCalls
from dropout_lint.typestate.models.optimizers import Optimizers, is_schedule
from dropout_lint.typestate.models.transformers_trainer import METHODS

_BY_HAND = frozenset({"__enter__", "__exit__", "enter_context"})


class Calls:
    """Evaluates calls for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._making = Constructors(evaluator)
        self._optimizers = Optimizers(evaluator)
        self._libraries = LibraryCalls(evaluator, self._optimizers)
        self._modules = ModuleCalls(evaluator)

    def call(self, node: ast.Call, state: State, frame: Frame) -> Value:
        """What the call ``node`` returns."""
        evaluator = self._evaluator
        function = node.func
        receiver: Value = UNKNOWN
        if isinstance(function, ast.Attribute) and function.attr in _BY_HAND:
            effect = gradients_by_hand(evaluator, function, node, state, frame)
            if effect is not None:
                state.grad = effect[0]
                return UNKNOWN
        if isinstance(function, ast.Attribute) and not is_super_call(function.value):
            receiver = evaluator.value(function.value, state, frame)
        if (updated := updated_by(node)) is not None and self._updates(updated, node, state, frame):
            return UNKNOWN
        arguments = self._arguments(node, state, frame)
        if evaluator.trace is not None and evaluator.trace.is_at(frame.source, node):
            of_method = receiver if isinstance(function, ast.Attribute) else None
            evaluator.trace.call(node, evaluator.value(function, state.copy(), frame), of_method)
        if isinstance(function, ast.Attribute):
            if is_super_call(function.value):
                return self._super(function.attr, arguments, node, state, frame)
            return self.method(receiver, function.attr, arguments, node, state, frame)
        if _is_getattr(function):
            given = self._arguments(function, state, frame)
            if len(given.positional) == 2 and (name := library_facts.string(given.positional[1])) is not None:
                return self.method(given.positional[0], name, arguments, node, state, frame)
            found = self.value(evaluator.value(function.func, state, frame), given, function, state, frame)
            return self.value(found, arguments, node, state, frame)
        return self.value(evaluator.value(function, state, frame), arguments, node, state, frame)

    def _updates(self, updated: ast.expr, node: ast.Call, state: State, frame: Frame) -> bool:
        """Let the object ``updated`` hold what ``node`` gives its ``__dict__``; returns whether that is all known."""
        obj = self._evaluator.value(updated, state, frame)
        if not isinstance(obj, AbstractObject) or any(keyword.arg is None for keyword in node.keywords):
            return False
        for keyword in node.keywords:
            state.store(obj, keyword.arg or "", self._evaluator.value(keyword.value, state, frame))
        known = [store_all(obj, given, self._evaluator, state, frame) for given in node.args]
        return all(known)

    def _arguments(self, node: ast.Call, state: State, frame: Frame) -> AbstractArguments:
        evaluator = self._evaluator
        positional: list[Value] = []
        is_open = False
        for argument in node.args:
            if not isinstance(argument, ast.Starred):
                positional.append(evaluator.value(argument, state, frame))
                continue
            value = evaluator.value(argument.value, state, frame)
            if isinstance(value, Tuple_):
                positional += value.items
            else:
                is_open = True
                positional.append(element_of(value, state))
        keywords: dict[str, Value] = {}
        for keyword in node.keywords:
            value = evaluator.value(keyword.value, state, frame)
            if keyword.arg is None:
                is_open = True  # there may be more than what was seen to be put in
                for key, held in state.held(value).items() if isinstance(value, AbstractObject) else ():
                    if isinstance(key, Item) and isinstance(key.key, str):
                        keywords.setdefault(key.key, held)
            else:
                keywords[keyword.arg] = value
        return AbstractArguments(tuple(positional), keywords, is_open)

    def value(self, callee: Value, arguments: AbstractArguments, node: ast.Call, state: State, frame: Frame) -> Value:
        """What calling ``callee`` returns."""
        if isinstance(callee, Union):
            found = alternatives(callee)
            if all(isinstance(one, AbstractObject) and one.kind is ObjectKind.MODULE for one in found):
                self._evaluator.recorder.forward(tuple(objects(callee)), arguments, node, state, frame)
                return UNKNOWN
            branches = [(one, state.copy()) for one in found]
            results = [self.value(one, arguments, node, branch, frame) for one, branch in branches]
            _, state_of_first = branches[0]
            state.take_over(state_of_first)
            state.grad = state_of_first.grad
            for _, branch in branches[1:]:
                state.join(branch)
            return one_of(results)
        if isinstance(callee, FunctionValue):
            return self._evaluator.call_function(callee, arguments, node, state, frame)
        if isinstance(callee, ClassValue):
            if any(map(library_facts.is_optimizer, callee.facts.library_bases)):
                return self._optimizers.make("", arguments, node, state, frame)
            return self._making.instance(callee.facts, arguments, node, state, frame)
        if isinstance(callee, Dotted):
            return self._libraries.call(callee, arguments, node, state, frame)
        if isinstance(callee, AbstractObject):
            if callee.kind is ObjectKind.MODULE:
                return self._modules.call(callee, "forward", arguments, node, state, frame)
            method = callee.facts.method("__call__") if callee.facts is not None else None
            if method is not None:
                bound = FunctionValue(method[0].source, method[1], method[0], callee)
                return self.value(bound, arguments, node, state, frame)
            if callee.library and f"{callee.library}.__call__" in frame.source.knowledge.calls:
                return self._of_object(callee, "__call__", arguments, node, state, frame)
        if isinstance(callee, (Modeless, Dummy)):
            return DUMMY if any(value is DUMMY for value in arguments.positional) else UNKNOWN
        optimizer = self._optimizers.made_by(arguments, node, state, frame)
        if optimizer is not None:
            return optimizer
        self._evaluator.havoc((*arguments.all, callee), state)
        return callee if isinstance(callee, Unknown) else UNKNOWN

    def method(
        self, receiver: Value, name: str, arguments: AbstractArguments, node: ast.Call, state: State, frame: Frame
    ) -> Value:
        """What ``receiver.name(...)`` returns."""
        if isinstance(receiver, Union):
            return self._modules.on_many(receiver, name, arguments, node, state, frame)
        if isinstance(receiver, AbstractObject):
            return self._of_object(receiver, name, arguments, node, state, frame)
        if isinstance(receiver, ClassValue) and receiver.facts.method(name) is None:
            return self._making.by_class_method(receiver.facts, name, arguments, node, state, frame)
        if isinstance(receiver, (Dotted, ClassValue)):
            callee = self._evaluator.attribute(receiver, name, node, state, frame)
            return self.value(callee, arguments, node, state, frame)
        if receiver is DUMMY:
            is_filled = not all(value is DUMMY or isinstance(value, Const) for value in arguments.all)
            if is_filled and name.endswith("_") and isinstance(node.func, ast.Attribute):
                self._evaluator.bind(node.func.value, UNKNOWN, state, frame)  # `x.copy_(image)`
                return UNKNOWN
            return receiver
        if isinstance(receiver, Const):
            return UNKNOWN
        if isinstance(receiver, ParameterList) and name == "requires_grad_":
            flag = arguments.get(0, "requires_grad") or Const(True)
            set_requires_grad(receiver, flag, node, state, frame, self._evaluator)
            return receiver
        if isinstance(receiver, Modeless):
            if name in ("parameters", "named_parameters"):
                return ParameterList(())
            return (
                MODELESS
                if name in library_facts.MODULE_METHODS_THAT_RETURN_IT or name in ("train", "eval", "requires_grad_")
                else UNKNOWN
            )
        if isinstance(receiver, Unknown) and receiver.holds:
            if not library_facts.is_harmless_call(name):
                self._evaluator.havoc([receiver], state)
            self._of_unknown(name, arguments, node, state, frame)
            return receiver  # it may return what it holds
        return self._of_unknown(name, arguments, node, state, frame)

    def _of_object(
        self, obj: AbstractObject, name: str, arguments: AbstractArguments, node: ast.Call, state: State, frame: Frame
    ) -> Value:
        if name == "__setattr__" and (obj.facts is None or obj.facts.method(name) is None):
            given = AbstractArguments((obj, *arguments.positional), {}, arguments.open)
            return builtin(CallContext(self._evaluator, "setattr", given, node, state, frame))
        if obj.kind is ObjectKind.MODULE:
            return self._modules.call(obj, name, arguments, node, state, frame)
        if obj.kind is ObjectKind.OPTIMIZER:
            if name == "step":
                self._evaluator.recorder.record(
                    EventKind.STEP, node, state, frame, tuple(objects(state.get(obj, Slot.OWNERS) or UNKNOWN))
                )
            elif name == "add_param_group":
                self._optimizers.give(obj, arguments, node, state, frame)
            return UNKNOWN
        if obj.kind is ObjectKind.LIST:
            return collection_method(obj, CallContext(self._evaluator, name, arguments, node, state, frame))
        if obj.library == CONTEXT:  # entered by hand
            state.havoc([obj])
            return UNKNOWN
        if obj.library and state.get(obj, name) is None:  # a trainer, or the like
            dotted = f"{obj.library}.{name}"
            modelled = METHODS.result(dotted, obj, CallContext(self._evaluator, dotted, arguments, node, state, frame))
            if modelled is not None:
                return modelled
            entry = frame.source.knowledge.calls.get(dotted)
            if entry is None:
                if not library_facts.is_harmless_call(name):
                    state.havoc([obj])
                return self._of_unknown(name, arguments, node, state, frame)
            call = CallContext(self._evaluator, f"{obj.library}.{name}", arguments, node, state, frame)
            return known(entry, call, obj)
        callee = self._evaluator.attribute(obj, name, node, state, frame)
        if callee is UNKNOWN and state.get(obj, name) is None:
            # A method that an external base defines: it may do anything to what the object holds.
            if obj.facts is None or obj.facts.method(name) is None:
                state.havoc([obj])
        return self.value(callee, arguments, node, state, frame)

    def _of_unknown(self, name: str, arguments: AbstractArguments, node: ast.Call, state: State, frame: Frame) -> Value:
        """A method of something that we know nothing about."""
        if name in ("backward", "manual_backward"):
            self._evaluator.recorder.record(EventKind.BACKWARD, node, state, frame)
            return UNKNOWN
        if name == "step":
            if is_schedule(node.func):
                return UNKNOWN
            owned = [one for value in arguments.all for one in objects(value) if one.kind is ObjectKind.OPTIMIZER]
            self._evaluator.recorder.record(EventKind.STEP, node, state, frame, tuple(owned))
            return UNKNOWN
        if name.startswith("prepare") and arguments.positional:  # accelerate, fabric
            return arguments.positional[0] if len(arguments.positional) == 1 else tuple_of(arguments.positional)
        if name in ("setup", "setup_module") and arguments.positional:
            return arguments.positional[0] if len(arguments.positional) == 1 else tuple_of(arguments.positional)
        if name in ("train", "eval"):
            if state.escaped:
                state.havoc(sorted(state.escaped, key=lambda obj: getattr(obj.node, "lineno", 0)))
            return UNKNOWN
        optimizer = self._optimizers.made_by(arguments, node, state, frame)
        if optimizer is not None:
            return optimizer
        if not library_facts.is_harmless_call(name):
            self._evaluator.havoc(arguments.all, state)
        return UNKNOWN

    def _super(self, name: str, arguments: AbstractArguments, node: ast.Call, state: State, frame: Frame) -> Value:
        """``super().name(...)`` in a method."""
        if frame.owner is None or not isinstance(frame.receiver, AbstractObject) or frame.receiver.facts is None:
            self._evaluator.havoc(arguments.all, state)
            return UNKNOWN
        line = frame.receiver.facts.ancestry
        after = line[line.index(frame.owner) + 1 :] if frame.owner in line else ()
        for facts in after:
            if name in facts.methods:
                function = FunctionValue(facts.source, facts.methods[name], facts, frame.receiver)
                return self._evaluator.call_function(function, arguments, node, state, frame)
        if name == "__init__" and frame.receiver.kind is ObjectKind.MODULE:
            if library_facts.CONTAINERS.intersection(frame.receiver.facts.library_bases):
                fill(frame.receiver, arguments, state)
                return UNKNOWN
        elif frame.receiver.kind is ObjectKind.MODULE:
            return torch_method(frame.receiver, CallContext(self._evaluator, name, arguments, node, state, frame))
        self._evaluator.havoc(arguments.all, state)
        return UNKNOWN


def _is_getattr(node: ast.expr) -> TypeGuard[ast.Call]:
    """``getattr(receiver, "name")``, which is called."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr"
