"""Calls of what libraries define: Python's built-in functions, torch, and everybody else's."""

from __future__ import annotations

import ast
from dataclasses import replace

from dropout_lint.knowledge.entries import Call
from dropout_lint.typestate.domain import library_facts
from dropout_lint.typestate.domain.arguments import AbstractArguments
from dropout_lint.typestate.domain.bounds import one_of, partial_of, tuple_of
from dropout_lint.typestate.domain.call import CallContext
from dropout_lint.typestate.domain.collections import close, new_dictionary
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import EventKind, Frame, origin_at
from dropout_lint.typestate.domain.modes import Mode, ModeFact, OriginKind
from dropout_lint.typestate.domain.slots import Slot
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    UNKNOWN,
    AbstractObject,
    Const,
    Dotted,
    FunctionValue,
    ObjectKind,
    Value,
    made_object,
    objects,
)
from dropout_lint.typestate.models.allocation import deep_copy
from dropout_lint.typestate.models.builtin_calls import builtin
from dropout_lint.typestate.models.library_objects import CONSTRUCTORS, from_factory, holder, layer
from dropout_lint.typestate.models.optimizers import Optimizers
from dropout_lint.typestate.models.registry import Registry
from dropout_lint.typestate.models.serialization import BUFFERS, load, save
from dropout_lint.typestate.models.unknown_calls import unknown_call

FUNCTIONS: Registry[[CallContext]] = Registry()
"""Functions of libraries, by dotted name: asked when the call is none of `CONSTRUCTORS`, and makes no optimizer."""

_PASS_THROUGH = frozenset({"list", "tuple", "reversed", "sorted", "iter", "set", "next", "tqdm", "trange"})
_BUILTIN = "builtins."


class LibraryCalls:
    """Evaluates calls of what libraries define for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator, optimizers: Optimizers) -> None:
        self._evaluator = evaluator
        self._optimizers = optimizers

    def call(self, callee: Dotted, arguments: AbstractArguments, node: ast.Call, state: State, frame: Frame) -> Value:
        """A call of something that a library defines."""
        name = callee.name
        if name.startswith(_BUILTIN):
            return builtin(CallContext(self._evaluator, name[len(_BUILTIN) :], arguments, node, state, frame))
        call = CallContext(self._evaluator, name, arguments, node, state, frame)
        for model in (_constructed, _passed_through, layer, self._optimizer, from_factory, _function):
            result = model(call)
            if result is not None:
                return result
        if name.partition(".")[0] not in library_facts.HARMLESS_LIBRARIES:
            if not library_facts.is_harmless_call(name.rpartition(".")[2]):
                return unknown_call(call)
        return UNKNOWN

    def _optimizer(self, call: CallContext) -> Value | None:
        if library_facts.is_optimizer(call.name):
            return self._optimizers.make(call.name, call.arguments, call.node, call.state, call.frame)
        if call.name.startswith("torch.nn.utils."):
            return None
        return self._optimizers.made_by(call.arguments, call.node, call.state, call.frame)


def _constructed(call: CallContext) -> Value | None:
    return CONSTRUCTORS.result(call.name, call)


def _passed_through(call: CallContext) -> Value | None:
    return call.given[0] if call.given and call.name.rpartition(".")[2] in _PASS_THROUGH else None


def _function(call: CallContext) -> Value | None:
    result = FUNCTIONS.result(call.name, call)
    if result is not None:
        return result
    if call.name.startswith("torch.utils.checkpoint") and call.given:
        function, *given = call.given
        passed = AbstractArguments(tuple(given), {}, True)
        return call.evaluator.call(function, passed, call.node, call.state, call.frame)
    entry = call.frame.source.knowledge.calls.get(call.name)
    return None if entry is None else known(entry, call)


def known(entry: Call, call: CallContext, receiver: AbstractObject | None = None) -> Value:
    """A call of which a knowledge file says what it does to the models that it is handed, or that its ``receiver``, an
    object of the library, was made with.
    """
    given = [*call.arguments.all]
    if receiver is not None:
        given.append(call.state.get(receiver, Slot.GIVEN) or UNKNOWN)
    models = dict.fromkeys(obj for value in given for obj in objects(value) if obj.kind is ObjectKind.MODULE)
    effect = entry.effect if _is_given(entry, call) else entry.otherwise
    for obj in models:
        _switch(obj, effect, call)
    if effect == "either":
        call.evaluator.havoc(given, call.state)
    if entry.trains:
        for obj in models:
            call.evaluator.recorder.trained.update(call.state.reachable(obj))
            call.evaluator.recorder.trained.add(obj)
            call.state.mark_trained_or_loaded([obj])
    return _returned(entry, call)


def _is_given(entry: Call, call: CallContext) -> bool:
    """Whether the call has an argument on which the effect depends."""
    if not entry.when_given or any(name in call.arguments.keywords for name in entry.when_given):
        return True
    return 0 < entry.when_at <= len(call.given)


def _switch(obj: AbstractObject, effect: str, call: CallContext) -> None:
    """Put ``obj`` in the mode in which a call with this ``effect`` leaves it."""
    if effect in ("train", "eval"):
        mode, kind = (Mode.EVAL, OriginKind.EVAL) if effect == "eval" else (Mode.TRAIN, OriginKind.TRAIN)
        call.state.set_mode(obj, ModeFact(mode, (origin_at(kind, call.node, call.state, call.frame),)))
    elif effect == "flat":
        whole = call.state.mode(obj)
        if any(call.state.mode(part).mode is not whole.mode for part in call.state.parts(obj)):
            kinds = {Mode.EVAL: OriginKind.EVAL, Mode.TRAIN: OriginKind.TRAIN}
            origins = whole.origins
            if whole.mode in kinds:
                origins = (origin_at(kinds[whole.mode], call.node, call.state, call.frame),)
            call.state.set_mode(obj, ModeFact(whole.mode, origins))


def _returned(entry: Call, call: CallContext) -> Value:
    if entry.returns == "holder":
        return holder(call)
    given = call.given or tuple(call.arguments.keywords.values())[:1]
    if entry.returns == "nothing" or not given:
        return UNKNOWN
    if entry.returns == "copy":
        copies = [deep_copy(obj, call.node, call.state, call.frame, call.evaluator) for obj in objects(given[0])]
        return one_of(copies) if copies else UNKNOWN
    return given[0] if entry.returns == "first" or len(given) == 1 else tuple_of(given)


@CONSTRUCTORS.of("collections.OrderedDict")
def _ordered_dict(call: CallContext) -> Value:
    return new_dictionary(call.arguments, call.node, call.state, call.frame)


@CONSTRUCTORS.of("collections.defaultdict")
def _defaultdict(call: CallContext) -> Value:
    without_factory = replace(call.arguments, positional=call.given[1:])
    return new_dictionary(without_factory, call.node, call.state, call.frame)


@FUNCTIONS.of(*library_facts.NAMESPACES)
def _namespace(call: CallContext) -> Value:
    obj = made_object(ObjectKind.INSTANCE, call.frame.source, call.node, call.frame.stack, None, call.name)
    call.state.forget(obj)
    for key, value in call.arguments.keywords.items():
        call.state.store(obj, key, value)
    if not call.arguments.open and not call.given:
        close(obj, call.state)
    return obj


@FUNCTIONS.of("importlib.import_module")
def _import_module(call: CallContext) -> Value | None:
    if not call.node.args:
        return None
    return call.evaluator.module_by_name(call.node.args[0], call.given[0], call.frame.source)


FUNCTIONS.of("torch.save")(save)
FUNCTIONS.of("torch.load")(load)
FUNCTIONS.of(*BUFFERS)(holder)


@FUNCTIONS.of(*library_facts.GRAD_SET)
def _set_grad_enabled(call: CallContext) -> Value | None:
    flag = next(iter(call.arguments.all), None)
    if flag is None:
        return None
    call.state.grad = bool(flag.value) if isinstance(flag, Const) else None
    return UNKNOWN


@FUNCTIONS.of(*library_facts.EXPORTERS)
def _export(call: CallContext) -> Value | None:
    if not call.given:
        return None
    models = tuple(obj for obj in objects(call.given[0]) if obj.kind is ObjectKind.MODULE)
    recorder = call.evaluator.recorder
    recorder.record(EventKind.EXPORT, call.node, call.state, call.frame, models, detail=call.name)
    if call.name == "torch.onnx.export" and call.arguments.keywords.get("dynamo") == Const(False):
        for obj in models:  # torch 2.13: torch/onnx/utils.py: eval() for the export, then train(what the root was in)
            _switch(obj, "flat", call)
    return UNKNOWN


@FUNCTIONS.of("functools.partial")
def _partial(call: CallContext) -> Value | None:
    if not call.given or not isinstance(call.given[0], FunctionValue):
        return None
    return partial_of(call.given[0], call.given[1:], call.arguments.keywords)


@FUNCTIONS.of("torch.autograd.backward", "torch.autograd.grad")
def _backward(call: CallContext) -> Value:
    call.evaluator.recorder.record(EventKind.BACKWARD, call.node, call.state, call.frame)
    return UNKNOWN
