"""Runs functions of the project in the abstract: statement by statement, on states instead of data.

Every call of a function of the project is analysed anew with what the caller knows, so that a site is judged in the
context that leads to it.  What a call to code out of sight may do to an object is anything: its mode is then unknown.
Nothing is executed.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from dropout_lint.source import Source
from dropout_lint.typestate import solver
from dropout_lint.typestate.calls import Calls
from dropout_lint.typestate.expressions import Expressions, truth
from dropout_lint.typestate.frames import Event, Frame, FunctionNode
from dropout_lint.typestate.graph import Block, Graph, Step, StepKind, build
from dropout_lint.typestate.libraries import GRAD_OFF, GRAD_ON, GRAD_SET
from dropout_lint.typestate.naming import Naming
from dropout_lint.typestate.solver import TooManySteps
from dropout_lint.typestate.state import State
from dropout_lint.typestate.values import (
    UNKNOWN,
    Class,
    Const,
    Dotted,
    Function,
    Kind,
    Obj,
    Value,
    alternatives,
    join_values,
    made_object,
    objects,
)

MOST_STEPS = 40_000  # of one root: a function or a script, with all that it calls
MOST_CALLS = 12  # on top of each other
_TRANSPARENT = frozenset({"staticmethod", "classmethod", "property", "wraps", "main", "command", "option", "argument"})


class Interpreter:
    """Analyses one root; `events` is what happened, by place and path."""

    def __init__(self, root: Source) -> None:
        self.root = root
        self.names = Naming(self)
        self.expressions = Expressions(self)
        self.calls = Calls(self)
        self.events: dict[tuple[object, ...], Event] = {}
        self.dependent: dict[Obj, None] = {}  # layers that work differently in the two modes
        self.trained: set[Obj] = set()  # an optimizer holds their parameters
        self.loaded: set[Obj] = set()  # they carry trained weights
        self.entered: set[ast.AST] = set()  # functions that were run
        self.steps = 0
        self._graphs: dict[ast.AST, Graph] = {}

    def run_module(self, source: Source, state: State) -> State | None:
        """Run the top level of ``source``; the state at its end, or None if the end is never reached."""
        frame = Frame(source, source.tree)
        return solver.solve(self._graph(source.tree), state, lambda block, after: self._transfer(block, after, frame))

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
    ) -> Value:
        """Run ``function`` on these arguments; changes ``state``.  ``open_call``: there may be more arguments."""
        node = function.node
        arguments = [*function.given, *positional]
        if frame is not None and (frame.depth >= MOST_CALLS or frame.runs(node)):
            self.lose([*arguments, *keywords.values(), *([function.receiver] if function.receiver else [])], state)
            return UNKNOWN
        if not self._is_transparent(function):
            self.lose([*arguments, *keywords.values(), *([function.receiver] if function.receiver else [])], state)
            return UNKNOWN
        self.entered.add(node)
        closure = dict(function.closure)
        if frame is not None and function.definer is frame.node:
            closure.update(state.local)
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
        )
        entry = state.copy()
        entry.local = self._bound(function, arguments, keywords, state, frame, open_call=open_call)
        if self._turns_grad_off(function):
            entry.grad = False
        if isinstance(node, ast.Lambda):
            result = self.expressions.value(node.body, entry, inner)
            state.take_over(entry)
            return result
        exit_state = solver.solve(self._graph(node), entry, lambda block, after: self._transfer(block, after, inner))
        if exit_state is None:
            return UNKNOWN
        decorated = self._turns_grad_off(function)
        state.take_over(exit_state)
        if not decorated:
            state.grad = exit_state.grad
        made = made_object(Kind.LIST, function.source, node, inner.stack)
        if state.get(made, "[]") is not None:
            return made  # a generator
        return inner.returned if inner.returned is not None else Const(None)

    def yielded(self, frame: Frame) -> Obj:
        """The list that stands for what the generator running in ``frame`` yields."""
        return made_object(Kind.LIST, frame.source, frame.node, frame.stack)

    def lose(self, values: Sequence[Value], state: State) -> None:
        """These go to code out of sight: forget what it may change."""
        found = [obj for value in values for obj in objects(value)]
        for value in values:
            for item in alternatives(value):
                if isinstance(item, Function):
                    if isinstance(item.receiver, Obj):
                        found.append(item.receiver)
                    if mentions_mode(item.node):
                        found += list(state.modes)
        if found or any(isinstance(value, (Function, Class)) for value in values):
            state.lose([*found, *sorted(state.exposed, key=lambda obj: getattr(obj.node, "lineno", 0))])

    def _graph(self, node: FunctionNode | ast.Module) -> Graph:
        if node not in self._graphs:
            assert not isinstance(node, ast.Lambda)
            self._graphs[node] = build(node.body)
        return self._graphs[node]

    def _bound(
        self,
        function: Function,
        positional: Sequence[Value],
        keywords: Mapping[str, Value],
        state: State,
        frame: Frame | None,
        *,
        open_call: bool,
    ) -> dict[str, Value]:
        """The parameters of ``function``, with their values."""
        parameters = function.node.args
        names = [parameter.arg for parameter in (*parameters.posonlyargs, *parameters.args)]
        given = list(positional)
        if function.receiver is not None:
            given.insert(0, function.receiver)
        values: dict[str, Value] = dict(zip(names, given))
        every = {*names, *(parameter.arg for parameter in parameters.kwonlyargs)}
        values.update({name: value for name, value in keywords.items() if name in every})
        defaults = dict(zip(reversed(names), reversed(parameters.defaults)))
        defaults.update(
            {p.arg: default for p, default in zip(parameters.kwonlyargs, parameters.kw_defaults) if default is not None}
        )
        home = Frame(function.source, function.source.tree)
        for name in sorted(every - values.keys()):
            known = name in defaults and not open_call
            values[name] = self.expressions.value(defaults[name], state.copy(), home) if known else UNKNOWN
        for rest in (parameters.vararg, parameters.kwarg):
            if rest is not None:
                values[rest.arg] = UNKNOWN
        return values

    def _is_transparent(self, function: Function) -> bool:
        """Whether the decorators let calls through as they are, as far as modes go."""
        for decorator in getattr(function.node, "decorator_list", ()):
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            value = self.expressions.value(target, State(), Frame(function.source, function.source.tree))
            if isinstance(value, Function) and mentions_mode(value.node):
                return False
            last = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
            if last in ("contextmanager", "asynccontextmanager", "overload"):
                return False
        return True

    def _turns_grad_off(self, function: Function) -> bool:
        for decorator in getattr(function.node, "decorator_list", ()):
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            value = self.expressions.value(target, State(), Frame(function.source, function.source.tree))
            if isinstance(value, Dotted) and value.name in GRAD_OFF:
                return True
        return False

    def _transfer(self, block: Block, state: State, frame: Frame) -> bool | None:
        frame.loops = tuple(block.loops)
        outcome: bool | None = None
        for step in block.steps:
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise TooManySteps
            outcome = self._step(step, state, frame)
        return outcome

    def _step(self, step: Step, state: State, frame: Frame) -> bool | None:
        node = step.node
        if step.kind is StepKind.RUN:
            assert isinstance(node, ast.stmt)
            self._run(node, state, frame)
        elif step.kind is StepKind.TEST:
            assert isinstance(node, ast.expr)
            return truth(self.expressions.value(node, state, frame))
        elif step.kind is StepKind.NEXT:
            assert isinstance(node, (ast.For, ast.AsyncFor))
            outer, frame.loops = frame.loops, frame.loops[:-1]  # the iterable is taken once, before the loop
            element = self.expressions.element(self.expressions.value(node.iter, state, frame), state)
            frame.loops = outer
            self.names.bind(node.target, element, state, frame)
        elif step.kind is StepKind.ENTER:
            assert isinstance(node, ast.withitem)
            self._enter(node, state, frame)
        elif step.kind is StepKind.EXIT:
            saved = state.local.pop(_grad_key(node), None)
            if isinstance(saved, Const):
                state.grad = None if saved.value is None else bool(saved.value)
        elif step.kind is StepKind.CATCH:
            assert isinstance(node, ast.ExceptHandler)
            if node.name:
                self.names.bind(ast.Name(node.name, ast.Store()), UNKNOWN, state, frame)
        else:
            for part in ast.walk(node):
                name = (
                    getattr(part, "rest", None) if isinstance(part, ast.MatchMapping) else getattr(part, "name", None)
                )
                if isinstance(name, str):
                    self.names.bind(ast.Name(name, ast.Store()), UNKNOWN, state, frame)
        return None

    def _enter(self, item: ast.withitem, state: State, frame: Frame) -> None:
        state.local[_grad_key(item)] = Const(state.grad)
        context = item.context_expr
        effect = self._grad_effect(context, state, frame)
        if effect is not None:
            state.grad = effect[0]
            return
        value = self.expressions.value(context, state, frame)
        if item.optional_vars is not None:
            self.names.bind(item.optional_vars, value, state, frame)

    def _grad_effect(self, context: ast.expr, state: State, frame: Frame) -> tuple[bool | None] | None:
        """What entering ``context`` does to the recording of gradients; None if it has nothing to do with that."""
        if isinstance(context, ast.IfExp):
            outcome = truth(self.expressions.value(context.test, state, frame))
            one = self._grad_effect(context.body, state, frame)
            other = self._grad_effect(context.orelse, state, frame)
            if outcome is not None:
                return one if outcome else other
            return (None,) if one is not None or other is not None else None
        if not isinstance(context, ast.Call):
            return None
        callee = self.expressions.value(context.func, state, frame)
        if not isinstance(callee, Dotted):
            return None
        if callee.name in GRAD_OFF:
            mode = self.expressions.value(context.args[0], state, frame) if context.args else Const(True)
            return (False,) if truth(mode) is True else (None,) if truth(mode) is None else None
        if callee.name in GRAD_ON:
            return (True,)
        if callee.name in GRAD_SET and (context.args or context.keywords):
            argument = context.args[0] if context.args else context.keywords[0].value
            return (truth(self.expressions.value(argument, state, frame)),)
        return None

    def _run(self, node: ast.stmt, state: State, frame: Frame) -> None:
        if isinstance(node, ast.Assign):
            value = self.expressions.value(node.value, state, frame)
            for target in node.targets:
                self.names.bind(target, value, state, frame)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self.names.bind(node.target, self.expressions.value(node.value, state, frame), state, frame)
        elif isinstance(node, ast.AugAssign):
            self._augment(node, state, frame)
        elif isinstance(node, ast.Expr):
            self.expressions.value(node.value, state, frame)
        elif isinstance(node, ast.Return):
            value = self.expressions.value(node.value, state, frame)
            frame.returned = value if frame.returned is None else join_values(frame.returned, value)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            function = Function(frame.source, node, None, None, {**frame.closure, **state.local}, frame.node)
            self.names.bind(ast.Name(node.name, ast.Store()), function, state, frame)
        elif isinstance(node, ast.ClassDef):
            defined = Class(frame.source.classes.facts(node))
            self.names.bind(ast.Name(node.name, ast.Store()), defined, state, frame)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node, state, frame)
        elif isinstance(node, ast.Assert):
            self.expressions.value(node.test, state, frame)
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    state.local.pop(target.id, None)

    def _augment(self, node: ast.AugAssign, state: State, frame: Frame) -> None:
        value = self.expressions.value(node.value, state, frame)
        load = ast.copy_location(
            ast.parse(ast.unparse(node.target), mode="eval").body, node.target
        )  # the same target, to be read
        held = self.expressions.value(load, state, frame)
        if isinstance(held, Obj) and held.kind is Kind.LIST:
            state.add_element(held, self.expressions.element(value, state))
        else:
            self.names.bind(node.target, UNKNOWN, state, frame)

    def _import(self, node: ast.Import | ast.ImportFrom, state: State, frame: Frame) -> None:
        if isinstance(frame.node, ast.Module):
            return  # `Naming` knows the imports of a module
        bindings = frame.source.names.bindings_in(frame.node) if not isinstance(frame.node, ast.Lambda) else None
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            for binding in bindings.by_name.get(name, ()) if bindings is not None else ():
                if binding.node is node and binding.dotted is not None:
                    state.local[name] = self.names.dotted(frame.source, binding.dotted)


def mentions_mode(node: ast.AST) -> bool:
    """Whether the code speaks of modes at all: ``.train``, ``.eval`` or ``.training``."""
    return any(
        isinstance(part, ast.Attribute) and part.attr in ("train", "eval", "training", "_training")
        for part in ast.walk(node)
    )


def _grad_key(node: ast.AST) -> str:
    """A name that no program has, for what a ``with`` item restores."""
    context = getattr(node, "context_expr", node)
    return f"<grad before {getattr(context, 'lineno', 0)}:{getattr(context, 'col_offset', 0)}>"
