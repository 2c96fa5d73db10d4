"""Runs functions of the project in the abstract: statement by statement, on states instead of data.

Every call of a function of the project is analysed anew with what the caller knows, so that a site is judged in the
context that leads to it.  What a call to external code may do to an object is anything: its mode is then unknown.
Nothing is executed.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.cfg import fixpoint
from dropout_lint.typestate.cfg.builder import Block, Graph, Step, build
from dropout_lint.typestate.cfg.fixpoint import TooManySteps
from dropout_lint.typestate.domain.arguments import AbstractArguments
from dropout_lint.typestate.domain.budget import OF_SCRIPT, Budget
from dropout_lint.typestate.domain.frames import Frame, FunctionNode, Suspension, activation
from dropout_lint.typestate.domain.function_text import may_yield, mentions_mode
from dropout_lint.typestate.domain.modes import Layers
from dropout_lint.typestate.domain.recorder import Recorder
from dropout_lint.typestate.domain.slots import Slot
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.trace import Trace, active_trace
from dropout_lint.typestate.domain.values import (
    UNKNOWN,
    AbstractObject,
    ClassValue,
    Const,
    FunctionValue,
    ObjectKind,
    Value,
    alternatives,
    made_object,
    may_hold,
    objects,
)
from dropout_lint.typestate.evaluation.attributes import Attributes
from dropout_lint.typestate.evaluation.binding import ParameterBinder
from dropout_lint.typestate.evaluation.callbacks import EscapedFunctions
from dropout_lint.typestate.evaluation.calls import Calls
from dropout_lint.typestate.evaluation.decorators import Decorators, is_overload
from dropout_lint.typestate.evaluation.expressions import Expressions
from dropout_lint.typestate.evaluation.imports import ImportEvaluator
from dropout_lint.typestate.evaluation.names import NameEvaluator
from dropout_lint.typestate.evaluation.skipping import CallSkipper
from dropout_lint.typestate.evaluation.statements import Statements
from dropout_lint.typestate.evaluation.with_statements import ContextManagers, is_context
from dropout_lint.typestate.models.grad_mode import Gradients

MOST_CALLS = 12  # on top of each other
_DEEP = 6  # calls on top of each other: further down, functions that call each other are entered again and again
_MOST_ENTRIES = 8  # of one function, so deep down, in one program


class _Parts:
    """The parts of one interpreter."""

    def __init__(self, evaluator: Interpreter) -> None:
        self.names = NameEvaluator(evaluator)
        self.expressions = Expressions(evaluator)
        self.attributes = Attributes(evaluator)
        self.importing = ImportEvaluator(evaluator)
        self.calls = Calls(evaluator)
        self.contexts = ContextManagers(evaluator)
        self.gradients = Gradients(evaluator)
        self.decorators = Decorators(evaluator)
        self.parameters = ParameterBinder(evaluator)
        self.statements = Statements(evaluator)
        self.idling = CallSkipper(evaluator)
        self.handed = EscapedFunctions(evaluator)


class Interpreter:
    """Analyses one root; `events` is what happened, by place and path."""

    def __init__(self, root: SourceFile, budget: Budget = OF_SCRIPT) -> None:
        self.root = root
        self.dependent: dict[AbstractObject, Layers] = {}  # layers that work differently in the two modes
        self.recorder = Recorder(self.dependent)
        self.entered: set[ast.AST] = set()  # functions that were run
        self.endless: State | None = None  # what holds in loops that no way leads out of
        self._parts = _Parts(self)
        self._offer(self._parts)
        self.steps = 0
        self._deep_entries: Counter[ast.AST] = Counter()
        self.trace = active_trace()
        self._run_step = self._parts.statements.run if self.trace is None else partial(self._run_traced, self.trace)
        self.is_worn = False  # whether a function was not entered, because it was so often
        self._budget = budget
        self._enough = budget.steps(made=False, ran=False)  # steps, before it is asked again what they have led to

    def _offer(self, parts: _Parts) -> None:
        """Offer what the parts can do, as an `Evaluator`: bound once, for most of an analysis is such calls."""
        self.value = parts.expressions.value
        self.attribute = parts.attributes.value
        self.store_in_class = parts.attributes.store_in_class
        self.name = parts.names.value
        self.bind = parts.names.bind
        self.dotted = parts.names.dotted
        self.defined = parts.names.defined
        self.evaluate_call = parts.calls.call
        self.call = parts.calls.value
        self.call_method = parts.calls.method
        self.has_no_mode = parts.idling.has_no_mode
        self.let_escape = parts.handed.add
        self.run_handed = parts.handed.run
        self.gradient_effect = parts.gradients.effect
        self.enter_context = parts.contexts.enter
        self.leave_context = parts.contexts.leave
        self.imported = parts.importing.imported
        self.place = parts.importing.place
        self.own_name = parts.importing.own
        self.offered = parts.importing.offered
        self.offered_by = parts.importing.offered_by
        self.module_by_name = parts.importing.module_by_name
        self.evaluated_at_top = parts.importing.evaluated

    def release(self) -> None:
        """Cut the cycles between the parts: workers run without the garbage collector."""
        for part in vars(self._parts).values():
            vars(part).clear()

    def run_module(self, source: SourceFile, state: State) -> State | None:
        """Run the top level of ``source``; the state at its end, or None if the end is never reached."""
        frame = Frame(source, source.tree)
        return self._solve(source.tree, state.copy(), frame)

    def enter(self, function: FunctionValue, state: State) -> None:
        """Run ``function`` as external code does, on arguments that nobody knows; changes ``state``."""
        self.call_function(function, AbstractArguments((), {}, open=True), function.node, state, None)

    def call_function(
        self,
        function: FunctionValue,
        arguments: AbstractArguments,
        call: ast.AST,
        state: State,
        frame: Frame | None,
        *,
        suspension: Suspension | None = None,
    ) -> Value:
        """Run ``function`` on these arguments; changes ``state``."""
        if function.given or function.named:
            arguments = AbstractArguments(
                (*function.given, *arguments.positional),
                {**dict(function.named), **arguments.keywords},
                arguments.open,
            )
        result = self._without_running(function, arguments, call, state, frame, suspension)
        if result is not None:
            return result
        bound = self._parts.parameters.bound(function, arguments, state, frame)
        entry = state.copy()
        entry.local = bound
        self.entered.add(function.node)
        inner = activation(function, call, state, frame, suspension)
        if self._parts.gradients.are_off_in(function):
            entry.grad = False
        return self._run(function, arguments, entry, inner, state)

    def _without_running(
        self,
        function: FunctionValue,
        arguments: AbstractArguments,
        call: ast.AST,
        state: State,
        frame: Frame | None,
        suspension: Suspension | None,
    ) -> Value | None:
        """What the call returns if ``function`` itself is not run for it, on these arguments; else None."""
        if frame is not None:
            if suspension is None and is_context(function):
                bare = replace(function, given=(), named=())
                return self._parts.contexts.opened(bare, arguments, call, state, frame)
            if self._is_too_deep(function, frame) or is_overload(function):
                self.havoc([*arguments.all, *([function.receiver] if function.receiver else [])], state)
                return UNKNOWN
        if not function.is_bare and (switching := self._parts.decorators.that_switch(function)):
            return self._parts.decorators.call(function, switching, arguments, call, state, frame)
        if frame is not None and suspension is None and self._parts.idling.may_skip(function, arguments.all, state):
            return UNKNOWN
        return None

    def _run(
        self, function: FunctionValue, arguments: AbstractArguments, entry: State, frame: Frame, state: State
    ) -> Value:
        """Run the body of ``function`` in ``frame`` from ``entry``; what holds when it returns goes to ``state``."""
        if isinstance(function.node, ast.Lambda):
            self._count_step()
            result = self.value(function.node.body, entry, frame)
            state.take_over(entry)
            return result
        brought = {
            obj: state.whole_mode(obj).mode
            for value in arguments.all
            for obj in objects(value)
            if obj.kind is ObjectKind.MODULE
        }
        end = self._solve(function.node, entry, frame)
        if end is None:
            return UNKNOWN
        if brought:
            self.recorder.leave(brought, end, frame)
        state.take_over(end)
        if not self._parts.gradients.are_off_in(function):
            state.grad = end.grad
        if (
            may_yield(function.source, function.node)
            and state.get(made := self.yielded(frame), Slot.ELEMENTS) is not None
        ):
            return made
        return frame.returned if frame.returned is not None else Const(None)

    def _is_too_deep(self, function: FunctionValue, frame: Frame) -> bool:
        """Whether so many calls led to ``frame`` that one more is not followed, or one of them runs ``function``."""
        return frame.depth >= MOST_CALLS or frame.runs(function.node) or self._wears_out(function.node, frame.depth)

    def _wears_out(self, node: FunctionNode, depth: int) -> bool:
        """Whether ``node`` was entered so often from deep down that one more time would tell nothing new.

        Of functions that call each other on several ways there are exponentially many calls.
        """
        if depth < _DEEP:
            return False
        if self._deep_entries[node] >= _MOST_ENTRIES:
            self.is_worn = True
            return True
        self._deep_entries[node] += 1
        return False

    def yielded(self, frame: Frame) -> AbstractObject:
        """The list that represents what the generator running in ``frame`` yields."""
        return made_object(ObjectKind.LIST, frame.source, frame.node, frame.stack)

    def havoc(self, values: Sequence[Value], state: State) -> None:
        """These go to external code: forget what it may change."""
        found = [obj for value in values for obj in may_hold(value)]
        for value in values:
            for item in alternatives(value):
                if isinstance(item, FunctionValue):
                    if isinstance(item.receiver, AbstractObject):
                        found.append(item.receiver)
                    self.let_escape(item, state)
                    if mentions_mode(item.source, item.node):
                        found += list(state.modes)
        if found or any(isinstance(value, (FunctionValue, ClassValue)) for value in values):
            state.havoc([*found, *sorted(state.escaped, key=lambda obj: getattr(obj.node, "lineno", 0))])
            self._parts.handed.settle(state)

    def _solve(self, node: FunctionNode | ast.Module, entry: State, frame: Frame) -> State | None:
        graph = _graph(frame.source, node)
        end = fixpoint.solve(graph, entry, partial(self._transfer, frame))
        if end is None and frame.endless is not None:
            if self.endless is None:
                self.endless = frame.endless
            else:
                self.endless.join(frame.endless)
        return end

    def _transfer(self, frame: Frame, block: Block, state: State) -> bool | None:
        frame.loops = block.loops
        outcome: bool | None = None
        for step in block.steps:
            self._count_step()
            outcome = self._run_step(step, state, frame)
        if outcome and block.loops and getattr(block.loops[-1], "test", None) is block.steps[-1].node:
            frame.endless = state.copy()  # if there is another way out, nobody asks for it
        return outcome

    def _run_traced(self, trace: Trace, step: Step, state: State, frame: Frame) -> bool | None:
        known = trace.before(state)
        outcome = self._parts.statements.run(step, state, frame)
        trace.after(known, step.node, state, frame)
        return outcome

    def _count_step(self) -> None:
        """Each statement that is run is one step, and each call of a lambda: what else there is costs no more than it
        has text.
        """
        self.steps += 1
        if self.steps > self._enough:
            self._enough = self._budget.steps(made=bool(self.dependent), ran=self.recorder.ran)
            if self.steps > self._enough:
                raise TooManySteps


class _Graphs(Table[ast.AST, Graph]):
    """The control-flow graphs of the functions of a file, and of its top level."""

    def release_from(self, source: SourceFile) -> None:
        """Cut the cycles: loops lead back, and blocks hold on to the tree."""
        for graph in self.values():
            for block in graph.blocks:
                block.edges.clear()


def _graph(source: SourceFile, node: FunctionNode | ast.Module) -> Graph:
    """The control-flow graph of ``node``, made once."""
    known = source.extension(_Graphs)
    if node not in known:
        assert not isinstance(node, ast.Lambda)
        known[node] = build(node.body)
    return known[node]
