"""Where objects come from: classes of the project, layers of torch, factories of other libraries."""

from __future__ import annotations

import ast
from dataclasses import replace

from dropout_lint.semantic.classes import ClassFacts
from dropout_lint.typestate.domain import library_facts
from dropout_lint.typestate.domain.arguments import Arguments
from dropout_lint.typestate.domain.bounds import one_of, part_of, tuple_of
from dropout_lint.typestate.domain.collections import close, element_of
from dropout_lint.typestate.domain.conditions import wrap
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame, origin_at
from dropout_lint.typestate.domain.modes import How, Layers, Mode, ModeFact
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    DUMMY,
    INERT,
    UNKNOWN,
    Function,
    Kind,
    Many,
    Obj,
    Tuple_,
    Unknown,
    Value,
    made_object,
    objects,
)
from dropout_lint.typestate.models import mode_dependence
from dropout_lint.typestate.models.mode_dependence import layers_used_directly
from dropout_lint.typestate.models.optimizers import Optimizers


class Making:
    """Makes objects for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self.optimizers = Optimizers(evaluator)

    def instance(self, facts: ClassFacts, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> Value:
        """An instance of a class of the project, after its ``__init__``."""
        if facts.is_module:
            has_no_mode = self._evaluator.has_no_mode(facts, arguments.all, state)
            if has_no_mode and isinstance(frame.receiver, Obj) and frame.receiver.kind is Kind.MODULE:
                return INERT  # a part like any layer
            obj = self._module(node, state, frame, facts=facts)
            if has_no_mode:
                return obj
            inherited = [library_facts.mode_dependent_layer(base, (), {}) for base in facts.library_bases]
            for layers in (layers_used_directly(facts), *inherited):
                if layers is not None:
                    self._depends(obj, layers, state)
        else:
            obj = made_object(Kind.INSTANCE, frame.source, node, frame.stack, facts)
            state.forget(obj)
        initializer = facts.method("__init__")
        if initializer is not None:
            owner, function = initializer
            self._evaluator.call_function(
                Function(owner.source, function, owner, obj),
                arguments.positional,
                arguments.keywords,
                node,
                state,
                frame,
                open_call=arguments.open,
            )
        elif not facts.is_module and (facts.is_closed or facts.library_bases == ("typing.NamedTuple",)):
            given = {**dict(zip(_fields(facts), arguments.positional)), **arguments.keywords}
            for name, value in given.items():  # a dataclass, or the like
                state.store(obj, name, value)
            finish = facts.method("__post_init__")
            if finish is not None:
                bound = Function(finish[0].source, finish[1], finish[0], obj)
                self._evaluator.call_function(bound, (), {}, node, state, frame, open_call=True)
            return obj
        if not facts.is_closed and not facts.is_module:
            # A base out of sight may keep what it is given, and do with it what it likes.
            self._evaluator.lose(arguments.all, state)
        return obj

    def by_class_method(
        self, facts: ClassFacts, name: str, arguments: Arguments, node: ast.Call, state: State, frame: Frame
    ) -> Value:
        """``Net.from_pretrained(...)``, ``Net.load_from_checkpoint(...)``: inherited from a base out of sight."""
        if not facts.is_module or name not in ("from_pretrained", "load_from_checkpoint", "from_config"):
            self._evaluator.lose(arguments.all, state)
            return UNKNOWN
        dependent = self._evaluator.dependent
        given = [obj for value in arguments.keywords.values() for obj in objects(value)]
        already = any(part in dependent for obj in given for part in state.reachable(obj))
        around = mode_dependence.asked(state, already=already)
        obj = self.instance(facts, Arguments((), arguments.keywords, True), node, state, frame)
        if not mode_dependence.answered(state, around):
            here = (*frame.stack, node)  # none that was given, or made by another call
            for made in [made for made in dependent if (*made.stack, made.node)[: len(here)] == here]:
                del dependent[made]
        if isinstance(obj, Obj):
            if name != "from_config":
                state.teach([obj])
            if name == "from_pretrained":
                origin = origin_at(How.PRETRAINED, node, state, frame)
                known = any(base.startswith(("transformers.", "diffusers.")) for base in facts.library_bases)
                state.set_mode(obj, ModeFact(Mode.EVAL if known else Mode.UNKNOWN, (origin,)))
        return obj

    def by_library(self, name: str, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> Value | None:
        """What the library function or class called ``name`` makes; None if it makes nothing that is known."""
        given = arguments.positional
        if name in library_facts.WRAPPERS:
            wrapped = given[0] if given else next(iter(arguments.keywords.values()), UNKNOWN)
            wrap(wrapped, state)
            return wrapped
        if name in ("copy.deepcopy", "copy.copy") and given:
            copies = [self.copy(obj, node, state, frame) for obj in objects(given[0])]
            return one_of(copies, each=isinstance(given[0], Many) and given[0].each) if copies else UNKNOWN
        if name in library_facts.DUMMY_TENSORS:
            return DUMMY
        if name in library_facts.CONTAINERS or name in library_facts.STACKS:
            return self._container(name, arguments, node, state, frame)
        if library_facts.is_layer(name):
            layers = library_facts.mode_dependent_layer(name, given, arguments.keywords)
            if layers is None:
                return INERT
            obj = self._module(node, state, frame, library=name)
            self._depends(obj, layers, state)
            return obj
        if library_facts.is_optimizer(name):
            return self.optimizers.make(name, arguments, node, state, frame)
        if not name.startswith("torch.nn.utils."):
            optimizer = self.optimizers.made_by(arguments, node, state, frame)
            if optimizer is not None:
                return optimizer
        if name in library_facts.NAMESPACES:
            obj = made_object(Kind.INSTANCE, frame.source, node, frame.stack, None, name)
            state.forget(obj)
            for key, value in arguments.keywords.items():
                state.store(obj, key, value)
            if not arguments.open and not given:
                close(obj, state)
            return obj
        known = frame.source.knowledge.factory(name, [library_facts.string(value) for value in given])
        if known is None:
            if not frame.source.knowledge.has_methods(name):
                return None
            return made_object(Kind.INSTANCE, frame.source, node, frame.stack, None, name)
        made = library_facts.made_by(known, given, arguments.keywords)
        obj = self._module(node, state, frame, library=name)
        if made.mode is Mode.EVAL:
            state.set_own_mode(obj, ModeFact(Mode.EVAL, (origin_at(How.PRETRAINED, node, state, frame),)))
        if made.layers is not None:
            holder = part_of(obj, known.part) if known.part else obj
            assert isinstance(holder, Obj)  # parts of what was made just now are not too deep
            if known.part:  # a project that puts something else there is rid of them
                state.store(obj, known.part, holder)
            self._depends(holder, made.layers, state)
        if made.loaded:
            state.teach([obj])
        return tuple_of((obj,)) if known.in_tuple else obj

    def _depends(self, obj: Obj, layers: Layers, state: State) -> None:
        """Note that ``obj`` works differently in the two modes."""
        self._evaluator.dependent[obj] = layers
        mode_dependence.made_one(state)

    def _module(
        self, node: ast.Call, state: State, frame: Frame, *, facts: ClassFacts | None = None, library: str = ""
    ) -> Obj:
        """A module made at ``node``, fresh and in train mode."""
        obj = made_object(Kind.MODULE, frame.source, node, frame.stack, facts, library)
        state.forget(obj)
        state.set_own_mode(obj, ModeFact(Mode.TRAIN, (origin_at(How.MADE, node, state, frame),)))
        return obj

    def copy(self, obj: Obj, node: ast.Call, state: State, frame: Frame) -> Obj:
        """A deep copy: in the modes of the original, and from then on a thing of its own."""
        copied: dict[Obj, Obj] = {}
        for held in state.reachable(obj):
            twin = made_object(held.kind, held.source, node, (*frame.stack, held.node), held.facts, held.library)
            copied[held] = twin
            state.forget(twin)
            if held.kind is Kind.MODULE:
                state.set_own_mode(twin, state.mode(held))
            if held in state.taught:
                state.teach([twin])
            if held in self._evaluator.recorder.trained:
                self._evaluator.recorder.trained.add(twin)
            if held in self._evaluator.dependent:
                self._depends(twin, self._evaluator.dependent[held], state)
        for held, twin in copied.items():
            for name, value in state.held(held).items():
                state.store(twin, name, _replaced(value, copied))
        return copied[obj]

    def _container(self, name: str, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> Obj:
        obj = self._module(node, state, frame, library=name)
        self.fill(obj, arguments, state)
        return obj

    def fill(self, obj: Obj, arguments: Arguments, state: State) -> None:
        """Let the container ``obj`` hold what it is made of: modules, a list of them, or a dictionary."""
        for index, value in enumerate(arguments.positional):
            if isinstance(value, Obj) and value.kind is Kind.LIST:
                for key, held in state.held(value).items():
                    if key != "[]":
                        state.store(obj, key, held)
                value = element_of(value, state)
            else:
                state.store(obj, f"[{index}]", value)
            for part in objects(value):
                state.add_element(obj, part)


def _fields(facts: ClassFacts) -> list[str]:
    """The fields of a dataclass or a named tuple, in order."""
    return [
        statement.target.id
        for each in reversed(facts.ancestry)
        for statement in each.node.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    ]


def _replaced(value: Value, copied: dict[Obj, Obj]) -> Value:
    if isinstance(value, Unknown):
        return replace(value, holds=tuple([copied.get(obj, obj) for obj in value.holds]))
    if isinstance(value, Obj):
        return copied.get(value, value)
    if isinstance(value, Tuple_):
        return tuple_of(_replaced(item, copied) for item in value.items)
    if isinstance(value, Many):
        return one_of([_replaced(item, copied) for item in value.items], each=value.each)
    return value
