"""Instances of the project's own classes: what their constructors do, and class methods that make one."""

from __future__ import annotations

import ast

from dropout_lint.semantic.classes import ClassModel
from dropout_lint.typestate.domain import library_facts
from dropout_lint.typestate.domain.arguments import AbstractArguments
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame, origin_at
from dropout_lint.typestate.domain.modes import Mode, ModeFact, OriginKind
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    MODELESS,
    UNKNOWN,
    AbstractObject,
    FunctionValue,
    ObjectKind,
    Value,
    made_object,
    objects,
)
from dropout_lint.typestate.models import mode_dependence
from dropout_lint.typestate.models.allocation import depends_on_mode, new_module
from dropout_lint.typestate.models.mode_dependence import layers_used_directly


class Constructors:
    """Makes objects for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def instance(
        self, facts: ClassModel, arguments: AbstractArguments, node: ast.Call, state: State, frame: Frame
    ) -> Value:
        """An instance of a class of the project, after its ``__init__``."""
        if facts.is_module:
            has_no_mode = self._evaluator.has_no_mode(facts, arguments.all, state)
            if has_no_mode and isinstance(frame.receiver, AbstractObject) and frame.receiver.kind is ObjectKind.MODULE:
                return MODELESS  # a part like any layer
            obj = new_module(node, state, frame, facts=facts)
            if has_no_mode:
                return obj
            inherited = [library_facts.mode_dependent_layer(base, (), {}) for base in facts.library_bases]
            for layers in (layers_used_directly(facts), *inherited):
                if layers is not None:
                    depends_on_mode(obj, layers, state, self._evaluator)
        else:
            obj = made_object(ObjectKind.INSTANCE, frame.source, node, frame.stack, facts)
            state.forget(obj)
        initializer = facts.method("__init__")
        if initializer is not None:
            owner, function = initializer
            self._evaluator.call_function(
                FunctionValue(owner.source, function, owner, obj),
                arguments,
                node,
                state,
                frame,
            )
        elif not facts.is_module and (facts.is_closed or facts.library_bases == ("typing.NamedTuple",)):
            given = {**dict(zip(_fields(facts), arguments.positional)), **arguments.keywords}
            for name, value in given.items():  # a dataclass, or the like
                state.store(obj, name, value)
            finish = facts.method("__post_init__")
            if finish is not None:
                bound = FunctionValue(finish[0].source, finish[1], finish[0], obj)
                self._evaluator.call_function(bound, AbstractArguments((), {}, open=True), node, state, frame)
            return obj
        if not facts.is_closed and not facts.is_module:
            # An external base may keep what it is given, and do with it what it likes.
            self._evaluator.havoc(arguments.all, state)
        return obj

    def by_class_method(
        self, facts: ClassModel, name: str, arguments: AbstractArguments, node: ast.Call, state: State, frame: Frame
    ) -> Value:
        """``Net.from_pretrained(...)``, ``Net.load_from_checkpoint(...)``: inherited from an external base."""
        if not facts.is_module or name not in ("from_pretrained", "load_from_checkpoint", "from_config"):
            self._evaluator.havoc(arguments.all, state)
            return UNKNOWN
        dependent = self._evaluator.dependent
        given = [obj for value in arguments.keywords.values() for obj in objects(value)]
        already = any(part in dependent for obj in given for part in state.reachable(obj))
        around = mode_dependence.start_query(state, already=already)
        obj = self.instance(facts, AbstractArguments((), arguments.keywords, True), node, state, frame)
        if not mode_dependence.end_query(state, around):
            here = (*frame.stack, node)  # none that was given, or made by another call
            for made in [made for made in dependent if (*made.stack, made.node)[: len(here)] == here]:
                del dependent[made]
        if isinstance(obj, AbstractObject):
            if name != "from_config":
                state.mark_trained_or_loaded([obj])
            if name == "from_pretrained":
                origin = origin_at(OriginKind.PRETRAINED, node, state, frame)
                known = any(base.startswith(("transformers.", "diffusers.")) for base in facts.library_bases)
                state.set_mode(obj, ModeFact(Mode.EVAL if known else Mode.UNKNOWN, (origin,)))
        return obj


def _fields(facts: ClassModel) -> list[str]:
    """The fields of a dataclass or a named tuple, in order."""
    return [
        statement.target.id
        for each in reversed(facts.ancestry)
        for statement in each.node.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    ]
