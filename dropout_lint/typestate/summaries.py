"""What a function does that has to do with no model: it is worked out once, and not followed from each of its callers.

Most functions of a program load data, parse options and write logs.  One that, whatever its arguments may be, makes no
module, runs none and switches none is *plain*: a call of it that is handed no module either does what its summary says.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dropout_lint.classes import ClassFacts
from dropout_lint.typestate.frames import Frame
from dropout_lint.typestate.memory import memory, mentions_mode
from dropout_lint.typestate.parameters import names_of_parameters
from dropout_lint.typestate.plain import NotPlain, is_plain, moved_value, what_is_made
from dropout_lint.typestate.solver import TooManySteps
from dropout_lint.typestate.state import State
from dropout_lint.typestate.values import (
    Class,
    Const,
    Function,
    Given,
    Kind,
    Obj,
    Unknown,
    Value,
    join_values,
    made_object,
)

if TYPE_CHECKING:
    from dropout_lint.typestate.interpreter import Interpreter

FEW_STEPS = 4  # below, following a call costs less than asking whether that is needed
MOST_STEPS = 150  # of a function with all that it calls, to find out


@dataclass(frozen=True, slots=True)
class Summary:
    """What a call of a plain function leaves behind, as if the call were the first of all calls."""

    receiver: Obj | None
    returns: Value
    held: Mapping[Obj, Mapping[str, Value]]  # of the receiver, and of what was made
    reads: frozenset[tuple[str, str]]  # module-level names of which the file itself does not say what they are
    entered: frozenset[ast.AST]
    mutates: bool  # what it is handed, or what a module-level name stands for


class Summaries:
    """Makes and applies the summaries of plain functions for an `Interpreter`."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self.tries = False  # this interpreter tries a function, for another one
        self.reads: set[tuple[str, str]] = set()
        self.mutates = False

    def watch(self, state: State) -> None:
        """Look at ``state`` while a function is tried.  Raises NotPlain."""
        interpreter = self._interpreter
        if interpreter.recorder.events or interpreter.dependent or interpreter.recorder.trained:
            raise NotPlain
        if state.modes:
            raise NotPlain

    def has_effect(self) -> None:
        """Something is changed that outlives the call.  Raises NotPlain while a function is tried."""
        if self.tries:
            raise NotPlain

    def call(
        self, function: Function, bound: Mapping[str, Value], call: ast.AST, state: State, frame: Frame
    ) -> Value | None:
        """What calling ``function`` returns, if that can be told without following it; changes ``state``.

        ``bound`` are its parameters with their values.
        """
        if isinstance(function.node, ast.Lambda) or function.closure:
            return None
        if function.definer is not None and not isinstance(function.definer, ast.Module):
            return None  # it may read the names of the function around it
        if self.tries:
            if mentions_mode(function.source, function.node):
                raise NotPlain
            return None  # what is found does not depend on what was tried before
        receiver = function.receiver
        if isinstance(receiver, Obj) and (receiver.kind is not Kind.INSTANCE or receiver.facts is None):
            return None
        values = [value for value in bound.values() if value is not receiver]
        if receiver is not None and not is_plain(receiver, state, receiver):
            return None
        if not all(is_plain(value, state, None) for value in values):
            return None
        summary = self._tried(function)
        if summary is None:
            return None
        shared = state.shared
        if not all(is_plain(shared[name], state, None) for name in summary.reads if name in shared):
            return None
        if summary.mutates and not all(isinstance(value, (Const, Unknown)) for value in values):
            return None
        self._interpreter.entered |= summary.entered
        return _applied(summary, receiver, bound, call, state, frame)

    def _tried(self, function: Function) -> Summary | None:
        node, receiver = function.node, function.receiver
        facts = receiver.facts if isinstance(receiver, (Obj, Class)) else None
        known = memory(function.source).summaries
        if (node, facts) not in known:
            known[node, facts] = self._try(function, facts)
        return known[node, facts]

    def _try(self, function: Function, facts: ClassFacts | None) -> Summary | None:
        """The summary of ``function``; None if it is not plain, or too cheap to be worth one."""
        assert not isinstance(function.node, ast.Lambda)
        if mentions_mode(function.source, function.node):
            return None
        inner = type(self._interpreter)(function.source)
        trial = inner.summaries
        trial.tries = True
        inner.most_steps = MOST_STEPS
        receiver = function.receiver
        if isinstance(receiver, Obj):
            receiver = made_object(Kind.INSTANCE, function.source, function.node, (), facts)
        state = State()
        subject = Function(function.source, function.node, function.owner, receiver)
        bound: dict[str, Value] = {name: Given(name) for name in names_of_parameters(function.node)}
        if receiver is not None and bound:
            bound[next(iter(bound))] = receiver
        try:
            returned = inner.call_function(subject, [], {}, function.node, state, None, bound=bound)
            trial.watch(state)
            if inner.steps < FEW_STEPS or state.grad is not True:
                return None
            return Summary(
                receiver if isinstance(receiver, Obj) else None,
                returned,
                what_is_made(returned, receiver, state),
                frozenset(trial.reads),
                frozenset(inner.entered),
                trial.mutates,
            )
        except (NotPlain, TooManySteps, RecursionError):
            return None
        finally:
            inner.release()


def _applied(
    summary: Summary, receiver: Value | None, bound: Mapping[str, Value], call: ast.AST, state: State, frame: Frame
) -> Value:
    """Do to ``state`` what ``summary`` says of ``call``."""
    stack = (*frame.stack, call)
    moved: dict[Obj, Obj] = {}
    for obj in summary.held:
        if obj is summary.receiver:
            assert isinstance(receiver, Obj)
            moved[obj] = receiver
        else:
            moved[obj] = made_object(obj.kind, obj.source, obj.node, (*stack, *obj.stack), obj.facts)
            state.forget(moved[obj])
    for obj, held in summary.held.items():
        for name, value in held.items():
            new, old = moved_value(value, moved, bound), state.get(moved[obj], name)
            state.store(moved[obj], name, new if old is None else join_values(old, new))
    return moved_value(summary.returns, moved, bound)
