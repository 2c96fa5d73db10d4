"""Optimizers: which modules they train."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from dropout_lint.syntax.node_tests import last_name
from dropout_lint.typestate.domain.arguments import AbstractArguments
from dropout_lint.typestate.domain.bounds import one_of
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame
from dropout_lint.typestate.domain.slots import Slot
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    UNKNOWN,
    AbstractObject,
    ObjectKind,
    ParameterList,
    Tuple_,
    Union,
    Value,
    made_object,
    objects,
)

_MAKES = re.compile(r"(?i)(?:build|create|make|get|init|configure|setup)_?\w*optim")
_SCHEDULES = re.compile(r"(?i)(?!\w*opt)(?:\w*sched|(?:\w*_)?lr(?:_|$))")  # `ScheduledOptim` is an optimizer


class Optimizers:
    """Makes optimizers for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._is_searching = False

    def made_by(
        self, arguments: AbstractArguments, node: ast.Call, state: State, frame: Frame
    ) -> AbstractObject | None:
        """The optimizer that an external call makes, if it is given parameters, or says so; else None."""
        values = arguments.all
        if any(isinstance(value, ParameterList) for value in values):
            return self.make("", arguments, node, state, frame)
        name = last_name(node.func) or ""
        models = [obj for value in values for obj in objects(value) if obj.kind is ObjectKind.MODULE]
        if not models or _MAKES.search(name) is None:
            return None
        given = AbstractArguments(tuple(ParameterList((obj,)) for obj in models), {}, True)
        return self.make("", given, node, state, frame)

    def make(
        self, name: str, arguments: AbstractArguments, node: ast.Call, state: State, frame: Frame
    ) -> AbstractObject:
        """An optimizer; every module whose ``parameters()`` is in the call is trained by it."""
        obj = made_object(ObjectKind.OPTIMIZER, frame.source, node, frame.stack, None, name)
        state.forget(obj)
        self.give(obj, arguments, node, state, frame)
        return obj

    def give(
        self, optimizer: AbstractObject, arguments: AbstractArguments, node: ast.Call, state: State, frame: Frame
    ) -> None:
        """Let ``optimizer`` hold the parameters in the call ``node``."""
        owners = dict.fromkeys(_owners(arguments.all, state))
        owners.update(dict.fromkeys(self._spelt_out(node, state, frame)))
        for owner in owners:
            self._evaluator.recorder.trained.update(state.reachable(owner))
            self._evaluator.recorder.trained.add(owner)
        if owners:
            before = objects(state.get(optimizer, Slot.OWNERS) or UNKNOWN)
            state.store(optimizer, Slot.OWNERS, one_of([*before, *owners]))

    def _spelt_out(self, node: ast.Call, state: State, frame: Frame) -> list[AbstractObject]:
        """The modules whose ``parameters()`` are in the call ``node``, wherever in it."""
        if self._is_searching:
            return []  # the call that stands around this one finds them: else each would be looked at in all of them
        self._is_searching = True
        found: list[AbstractObject] = []
        for part in ast.walk(node):
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and "parameters" in part.func.attr:
                found += objects(self._evaluator.value(part.func.value, state, frame))
        self._is_searching = False
        return found


def is_schedule(function: ast.expr) -> bool:
    """Whether ``function``, the ``step`` of something, is a scheduler's, by its name: ``self.lr_scheduler.step``.

    It sets a learning rate, or is one of many steps from noise to a picture.  No weight changes, so a validation that
    tells the scheduler its loss is none the more a training for it.
    """
    held = function.value if isinstance(function, ast.Attribute) else None
    while isinstance(held, ast.Subscript):
        held = held.value
    return _SCHEDULES.match(last_name(held) or "") is not None


def _owners(values: Iterable[Value], state: State) -> Iterator[AbstractObject]:
    """The modules whose parameters ``values`` hold, also in lists of lists."""
    todo, seen = [*values][::-1], set[AbstractObject]()
    while todo:
        item = todo.pop()
        if isinstance(item, ParameterList):
            yield from item.owners
        elif isinstance(item, (Tuple_, Union)):
            todo += item.items[::-1]
        elif isinstance(item, AbstractObject) and item.kind is ObjectKind.LIST and item not in seen:
            seen.add(item)
            todo += [*state.held(item).values()][::-1]
