"""What libraries make: layers and containers of torch, wrappers, copies, pretrained models."""

from __future__ import annotations

from dropout_lint.typestate.domain import library_facts
from dropout_lint.typestate.domain.bounds import one_of, part_of, tuple_of
from dropout_lint.typestate.domain.call import CallContext
from dropout_lint.typestate.domain.conditions import wrap
from dropout_lint.typestate.domain.frames import origin_at
from dropout_lint.typestate.domain.modes import Mode, ModeFact, OriginKind
from dropout_lint.typestate.domain.slots import Slot
from dropout_lint.typestate.domain.values import (
    DUMMY,
    MODELESS,
    UNKNOWN,
    AbstractObject,
    ObjectKind,
    Union,
    Value,
    made_object,
    objects,
)
from dropout_lint.typestate.models.allocation import deep_copy, depends_on_mode, fill, new_module
from dropout_lint.typestate.models.registry import Registry

CONSTRUCTORS: Registry[[CallContext]] = Registry()
"""Classes and factories, by dotted name."""


@CONSTRUCTORS.of(*library_facts.WRAPPERS)
def _wrapper(call: CallContext) -> Value:
    wrapped = call.given[0] if call.given else next(iter(call.arguments.keywords.values()), UNKNOWN)
    wrap(wrapped, call.state)
    return wrapped


@CONSTRUCTORS.of("copy.copy", "copy.deepcopy", "torch.optim.swa_utils.AveragedModel", "torch.jit.script")
def _copy(call: CallContext) -> Value | None:
    if not call.given:
        return None
    original = call.given[0]
    copies = [deep_copy(obj, call.node, call.state, call.frame, call.evaluator) for obj in objects(original)]
    return one_of(copies, each=isinstance(original, Union) and original.each) if copies else UNKNOWN


@CONSTRUCTORS.of(*library_facts.DUMMY_TENSORS)
def _dummy_tensor(call: CallContext) -> Value:
    return DUMMY


@CONSTRUCTORS.of(*library_facts.CONTAINERS, *library_facts.STACKS)
def _container(call: CallContext) -> Value:
    obj = new_module(call.node, call.state, call.frame, library=call.name)
    fill(obj, call.arguments, call.state)
    return obj


def layer(call: CallContext) -> Value | None:
    """A layer of torch."""
    if not library_facts.is_layer(call.name):
        return None
    layers = library_facts.mode_dependent_layer(call.name, call.given, call.arguments.keywords)
    if layers is None:
        return MODELESS
    obj = new_module(call.node, call.state, call.frame, library=call.name)
    depends_on_mode(obj, layers, call.state, call.evaluator)
    return obj


def holder(call: CallContext) -> AbstractObject:
    """An object of a library, which holds what it is made with: its methods may change that."""
    obj = made_object(ObjectKind.INSTANCE, call.frame.source, call.node, call.frame.stack, None, call.name)
    call.state.forget(obj)
    given = [value for value in call.arguments.all if objects(value)]
    if given:
        call.state.store(obj, Slot.GIVEN, one_of(given))
    return obj


def from_factory(call: CallContext) -> Value | None:
    """What a knowledge file says that a library makes: a model, or an object whose methods are known."""
    knowledge = call.frame.source.knowledge
    known = knowledge.factory(call.name, [library_facts.string(value) for value in call.given])
    if known is None:
        if not knowledge.has_methods(call.name) or call.name in knowledge.calls:
            return None
        return holder(call)
    made = library_facts.made_by(known, call.given, call.arguments.keywords)
    obj = new_module(call.node, call.state, call.frame, library=call.name)
    if made.mode is Mode.EVAL:
        origin = origin_at(OriginKind.PRETRAINED, call.node, call.state, call.frame)
        call.state.set_own_mode(obj, ModeFact(Mode.EVAL, (origin,)))
    if made.layers is not None:
        part = part_of(obj, known.part) if known.part else obj
        assert isinstance(part, AbstractObject)  # parts of what was made just now are not too deep
        if known.part:  # a project that puts something else there is rid of them
            call.state.store(obj, known.part, part)
        depends_on_mode(part, made.layers, call.state, call.evaluator)
    if made.loaded:
        call.state.mark_trained_or_loaded([obj])
    return tuple_of((obj,)) if known.in_tuple else obj
