"""Runs functions of the project in the abstract: statement by statement, on states instead of data.

Every call of a function of the project is analysed anew with what the caller knows, so that a site is judged in the
context that leads to it.  What a call to code out of sight may do to an object is anything: its mode is then unknown.
Nothing is executed.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.source import Source
from dropout_lint.typestate.cfg import fixpoint
from dropout_lint.typestate.cfg.builder import Block, Graph, build
from dropout_lint.typestate.cfg.fixpoint import TooManySteps
from dropout_lint.typestate.domain.arguments import Arguments
from dropout_lint.typestate.domain.budget import OF_SCRIPT, Budget
from dropout_lint.typestate.domain.frames import Frame, FunctionNode, Suspension
from dropout_lint.typestate.domain.function_text import may_yield, mentions_mode
from dropout_lint.typestate.domain.modes import Layers
from dropout_lint.typestate.domain.recorder import Recorder
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    UNKNOWN,
    Class,
    Const,
    Function,
    Kind,
    Obj,
    Value,
    alternatives,
    made_object,
    may_hold,
    objects,
)
from dropout_lint.typestate.evaluation.attributes import Attributes
from dropout_lint.typestate.evaluation.binding import Parameters
from dropout_lint.typestate.evaluation.callbacks import Handed
from dropout_lint.typestate.evaluation.calls import Calls
from dropout_lint.typestate.evaluation.decorators import Decorators, is_overload
from dropout_lint.typestate.evaluation.expressions import Expressions
from dropout_lint.typestate.evaluation.imports import Importing
from dropout_lint.typestate.evaluation.names import Naming
from dropout_lint.typestate.evaluation.skipping import Idling
from dropout_lint.typestate.evaluation.statements import Statements
from dropout_lint.typestate.evaluation.with_statements import Contexts, is_context
from dropout_lint.typestate.models.grad_mode import Gradients

MOST_CALLS = 12  # on top of each other
_DEEP = 6  # calls on top of each other: further down, functions that call each other are entered again and again
_MOST_ENTRIES = 8  # of one function, so deep down, in one program


class _Parts:
    """The parts of one interpreter."""

    def __init__(self, evaluator: Interpreter) -> None:
        self.names = Naming(evaluator)
        self.expressions = Expressions(evaluator)
        self.attributes = Attributes(evaluator)
        self.importing = Importing(evaluator)
        self.calls = Calls(evaluator)
        self.contexts = Contexts(evaluator)
        self.gradients = Gradients(evaluator)
        self.decorators = Decorators(evaluator)
        self.parameters = Parameters(evaluator)
        self.statements = Statements(evaluator)
        self.idling = Idling(evaluator)
        self.handed = Handed(evaluator)


class Interpreter:
    """Analyses one root; `events` is what happened, by place and path."""

    def __init__(self, root: Source, budget: Budget = OF_SCRIPT) -> None:
        self.root = root
        self.dependent: dict[Obj, Layers] = {}  # layers that work differently in the two modes
        self.recorder = Recorder(self.dependent)
        self.entered: set[ast.AST] = set()  # functions that were run
        self.endless: State | None = None  # what holds in loops that no way leads out of
        self._parts = _Parts(self)
        self._offer(self._parts)
        self.steps = 0
        self._deep_entries: Counter[ast.AST] = Counter()
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
        self.hand_out = parts.handed.add
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

    def run_module(self, source: Source, state: State) -> State | None:
        """Run the top level of ``source``; the state at its end, or None if the end is never reached."""
        frame = Frame(source, source.tree)
        return self._solve(source.tree, state.copy(), frame)

    def enter(self, function: Function, state: State) -> None:
        """Run ``function`` as code out of sight does, on arguments that nobody knows; changes ``state``."""
        self.call_function(function, [], {}, function.node, state, None, open_call=True)

    def call_function(
        self,
        function: Function,
        positional: Sequence[Value],
        keywords: Mapping[str, Value],
        call: ast.AST,
        state: State,
        frame: Frame | None,
        *,
        open_call: bool = False,
        suspension: Suspension | None = None,
    ) -> Value:
        """Run ``function`` on these arguments; changes ``state``.  ``open_call``: there may be more arguments."""
        node = function.node
        arguments = [*function.given, *positional]
        keywords = {**dict(function.named), **keywords}
        if frame is not None and suspension is None and is_context(function):
            return self._parts.contexts.opened(
                replace(function, given=(), named=()),
                Arguments(tuple(arguments), keywords, open_call), call, state, frame,
            )  # fmt: skip
        if frame is not None and (
            frame.depth >= MOST_CALLS or frame.runs(node) or is_overload(function) or self._wears_out(node, frame.depth)
        ):
            self.lose([*arguments, *keywords.values(), *([function.receiver] if function.receiver else [])], state)
            return UNKNOWN
        if not function.is_bare and (switching := self._parts.decorators.that_switch(function)):
            given = Arguments(tuple(arguments), keywords, open_call)
            return self._parts.decorators.call(function, switching, given, call, state, frame)
        if frame is not None and suspension is None:
            if self._parts.idling.passes_by(function, [*arguments, *keywords.values()], state):
                return UNKNOWN
        bound = self._parts.parameters.bound(function, arguments, keywords, state, frame, open_call=open_call)
        self.entered.add(node)
        closure = function.closure
        if frame is not None and function.definer is frame.node:
            closure = {**closure, **state.local}
        inner = Frame(
            function.source,
            node,
            function.owner,
            function.receiver,
            closure,
            call,
            frame,
            stack=(*frame.stack, call) if frame is not None else (),
            grad=state.grad,
            suspension=suspension,
            bindings=None if isinstance(node, ast.Lambda) else names_of(function.source).bindings_in(node),
        )
        entry = state.copy()
        entry.local = bound
        without_gradients = self._parts.gradients.are_off_in(function)
        if without_gradients:
            entry.grad = False
        if isinstance(node, ast.Lambda):
            self._count_step()
            result = self.value(node.body, entry, inner)
            state.take_over(entry)
            return result
        brought = {
            obj: state.whole_mode(obj).mode
            for value in (*arguments, *keywords.values())
            for obj in objects(value)
            if obj.kind is Kind.MODULE
        }
        exit_state = self._solve(node, entry, inner)
        if exit_state is None:
            return UNKNOWN
        if brought:
            self.recorder.leave(brought, exit_state, inner)
        state.take_over(exit_state)
        if not without_gradients:
            state.grad = exit_state.grad
        if may_yield(function.source, node) and state.get(made := self.yielded(inner), "[]") is not None:
            return made
        return inner.returned if inner.returned is not None else Const(None)

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

    def yielded(self, frame: Frame) -> Obj:
        """The list that stands for what the generator running in ``frame`` yields."""
        return made_object(Kind.LIST, frame.source, frame.node, frame.stack)

    def lose(self, values: Sequence[Value], state: State) -> None:
        """These go to code out of sight: forget what it may change."""
        found = [obj for value in values for obj in may_hold(value)]
        for value in values:
            for item in alternatives(value):
                if isinstance(item, Function):
                    if isinstance(item.receiver, Obj):
                        found.append(item.receiver)
                    self.hand_out(item, state)
                    if mentions_mode(item.source, item.node):
                        found += list(state.modes)
        if found or any(isinstance(value, (Function, Class)) for value in values):
            state.lose([*found, *sorted(state.exposed, key=lambda obj: getattr(obj.node, "lineno", 0))])
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
            outcome = self._parts.statements.run(step, state, frame)
        if outcome and block.loops and getattr(block.loops[-1], "test", None) is block.steps[-1].node:
            frame.endless = state.copy()  # if there is another way out, nobody asks for it
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

    def release_from(self, source: Source) -> None:
        """Cut the cycles: loops lead back, and blocks hold on to the tree."""
        for graph in self.values():
            for block in graph.blocks:
                block.edges.clear()


def _graph(source: Source, node: FunctionNode | ast.Module) -> Graph:
    """The control-flow graph of ``node``, made once."""
    known = source.extension(_Graphs)
    if node not in known:
        assert not isinstance(node, ast.Lambda)
        known[node] = build(node.body)
    return known[node]
