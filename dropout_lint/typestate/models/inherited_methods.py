"""Methods that modules inherit from torch, or from another library: one model for each that matters."""

from __future__ import annotations

from dropout_lint.pytorch.mode_overrides import is_loop
from dropout_lint.typestate.domain import library_facts
from dropout_lint.typestate.domain.arguments import AbstractArguments
from dropout_lint.typestate.domain.bounds import part_of
from dropout_lint.typestate.domain.call import CallContext
from dropout_lint.typestate.domain.collections import element_of, new_list, pairs_with
from dropout_lint.typestate.domain.frames import origin_at
from dropout_lint.typestate.domain.modes import Mode, ModeFact, OriginKind
from dropout_lint.typestate.domain.values import (
    UNKNOWN,
    AbstractObject,
    Const,
    FunctionValue,
    ParameterList,
    Value,
    may_hold,
)
from dropout_lint.typestate.models.applied_functions import may_switch
from dropout_lint.typestate.models.frozen_parameters import set_requires_grad
from dropout_lint.typestate.models.registry import Registry

METHODS: Registry[[AbstractObject, CallContext]] = Registry()
"""By the method's name."""


def torch_method(obj: AbstractObject, call: CallContext) -> Value:
    """What the method ``call.name`` of the module ``obj`` returns, where the project does not define it."""
    result = METHODS.result(call.name, obj, call)
    if result is not None:
        return result
    call.state.havoc([obj])
    call.havoc_arguments()
    return UNKNOWN


@METHODS.of("train")
def _train(obj: AbstractObject, call: CallContext) -> Value:
    """``obj.train()``, ``obj.train(mode)``."""
    flag = call.arguments.get(0, "mode")
    if flag is None and not call.arguments.open:
        return _switch(obj, Mode.TRAIN, call)
    if isinstance(flag, Const) and isinstance(flag.value, (bool, int)):
        return _switch(obj, Mode.TRAIN if flag.value else Mode.EVAL, call)
    call.state.havoc([obj])
    return obj


@METHODS.of("eval")
def _eval(obj: AbstractObject, call: CallContext) -> Value:
    if obj.facts is not None and (train := obj.facts.method("train")) is not None and not is_loop(train[1]):
        call.state.set_mode(obj, ModeFact(Mode.EVAL))  # `eval()` calls the project's own `train(False)`
        return obj
    return _switch(obj, Mode.EVAL, call)


def _switch(obj: AbstractObject, mode: Mode, call: CallContext) -> AbstractObject:
    call.evaluator.recorder.switched.append(obj)
    kind = OriginKind.EVAL if mode is Mode.EVAL else OriginKind.TRAIN
    call.state.set_mode(obj, ModeFact(mode, (origin_at(kind, call.node, call.state, call.frame),)))
    return obj


@METHODS.of("requires_grad_")
def _requires_grad(obj: AbstractObject, call: CallContext) -> Value:
    flag = call.arguments.get(0, "requires_grad") or Const(True)
    set_requires_grad(ParameterList((obj,)), flag, call.node, call.state, call.frame, call.evaluator)
    return obj


@METHODS.of(*library_facts.MODULE_METHODS_THAT_RETURN_IT, "values", "keys")
def _itself(obj: AbstractObject, call: CallContext) -> Value:
    return obj


@METHODS.of(*library_facts.MODULE_METHODS_WITHOUT_EFFECT)
def _without_effect(obj: AbstractObject, call: CallContext) -> Value:
    return UNKNOWN


@METHODS.of("parameters", "named_parameters")
def _parameters(obj: AbstractObject, call: CallContext) -> Value:
    return ParameterList((obj,))


@METHODS.of(*library_facts.LOADS)
def _load(obj: AbstractObject, call: CallContext) -> Value:
    call.state.mark_trained_or_loaded([obj, *call.state.parts(obj)])
    return UNKNOWN


@METHODS.of("apply")
def _apply(obj: AbstractObject, call: CallContext) -> Value:
    """``obj.apply(function)``, which is for every part: if it switches modes of some of them only, nobody knows."""
    function, state = next(iter(call.given), UNKNOWN), call.state
    if not may_switch(function, call.node.args[0] if call.node.args else call.node, call.evaluator):
        state.havoc(may_hold(function), modes=False)
        return obj  # it initialises weights, as nearly all do that are applied
    branch = state.copy()
    if isinstance(function, FunctionValue):
        call.evaluator.call(function, AbstractArguments((obj,), {}, False), call.node, branch, call.frame)
    if branch.mode(obj).mode in (Mode.TRAIN, Mode.EVAL) and branch.mode(obj) != state.mode(obj):
        state.take_over(branch)
    else:
        state.havoc([obj])
        call.evaluator.havoc(call.given, state)
    return obj


@METHODS.of("add_module", "register_module")
def _add_module(obj: AbstractObject, call: CallContext) -> Value | None:
    if len(call.given) != 2:
        return None
    key, part = call.given
    if isinstance(key, Const):
        call.state.store(obj, str(key.value), part)
    else:
        call.state.add_element(obj, part)
    return UNKNOWN


@METHODS.of("append", "insert")
def _append(obj: AbstractObject, call: CallContext) -> Value:
    for value in call.given:
        call.state.add_element(obj, value)
    return obj


@METHODS.of("extend", "update")
def _extend(obj: AbstractObject, call: CallContext) -> Value:
    for value in call.given:
        call.state.add_element(obj, element_of(value, call.state))
    return obj


@METHODS.of(*library_facts.PARTS)
def _parts(obj: AbstractObject, call: CallContext) -> Value:
    return new_list(call.node, [part_of(obj, "*")], call.state, call.frame)


@METHODS.of("items")
def _items(obj: AbstractObject, call: CallContext) -> Value:
    return pairs_with(element_of(obj, call.state), call.node, call.state, call.frame)


@METHODS.of("generate")
def _generate(obj: AbstractObject, call: CallContext) -> Value | None:
    if not call.state.is_trained_or_loaded(obj):
        return None
    grad = call.state.grad
    if obj.library.startswith("transformers."):  # 5.24.0: generation/utils.py: it is decorated with no_grad
        call.state.grad = False
    call.evaluator.recorder.forward((obj,), call.arguments, call.node, call.state, call.frame)
    call.state.grad = grad
    return UNKNOWN
