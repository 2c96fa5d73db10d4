"""What one step of a function does to the state: assignments, loops, ``with``, definitions, imports."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from dropout_lint.semantic.classes import classes_of
from dropout_lint.typestate.cfg.builder import Step, StepKind
from dropout_lint.typestate.domain.bounds import join_values
from dropout_lint.typestate.domain.collections import element_of
from dropout_lint.typestate.domain.conditions import truth
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame
from dropout_lint.typestate.domain.library_facts import HARMLESS_LIBRARIES
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    UNKNOWN,
    AbstractObject,
    ClassValue,
    Const,
    Dotted,
    FunctionValue,
    ObjectKind,
    ParameterList,
    Tuple_,
    Unknown,
)
from dropout_lint.typestate.models.grad_mode import grad_key


class Statements:
    """Runs steps for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def run(self, step: Step, state: State, frame: Frame) -> bool | None:
        node = step.node
        if step.kind is StepKind.RUN:
            method = _METHODS.get(type(node))
            if method is not None:
                method(self, node, state, frame)
        elif step.kind is StepKind.TEST:
            assert isinstance(node, ast.expr)
            return truth(self._evaluator.value(node, state, frame))
        elif step.kind in (StepKind.FIRST, StepKind.NEXT):
            assert isinstance(node, (ast.For, ast.AsyncFor))
            outer, frame.loops = frame.loops, frame.loops[:-1]  # the iterable is taken once, before the loop
            iterable = self._evaluator.value(node.iter, state, frame)
            frame.loops = outer
            self._evaluator.bind(node.target, element_of(iterable, state), state, frame)
            if step.kind is StepKind.FIRST:
                return not (isinstance(iterable, Tuple_) and not iterable.items)
        elif step.kind is StepKind.ENTER:
            assert isinstance(node, ast.withitem)
            self._enter(node, state, frame)
        elif step.kind is StepKind.EXIT:
            assert isinstance(node, ast.withitem)
            self._evaluator.leave_context(node, state, frame)
            saved = state.local.pop(grad_key(node), None)
            if isinstance(saved, Const):
                state.grad = None if saved.value is None else bool(saved.value)
        elif step.kind is StepKind.CATCH:
            assert isinstance(node, ast.ExceptHandler)
            if node.name:
                self._evaluator.bind(ast.Name(node.name, ast.Store()), UNKNOWN, state, frame)
        else:
            for part in ast.walk(node):
                name = (
                    getattr(part, "rest", None) if isinstance(part, ast.MatchMapping) else getattr(part, "name", None)
                )
                if isinstance(name, str):
                    self._evaluator.bind(ast.Name(name, ast.Store()), UNKNOWN, state, frame)
        return None

    def _enter(self, item: ast.withitem, state: State, frame: Frame) -> None:
        state.local[grad_key(item)] = Const(state.grad)
        context = item.context_expr
        effect = self._evaluator.gradient_effect(context, state, frame)
        if effect is not None:
            state.grad = effect[0]
            return
        value = self._evaluator.value(context, state, frame)
        value = self._evaluator.enter_context(value, item, state, frame)
        if item.optional_vars is not None:
            self._evaluator.bind(item.optional_vars, value, state, frame)

    def _Assign(self, node: ast.Assign, state: State, frame: Frame) -> None:
        value = self._evaluator.value(node.value, state, frame)
        for target in node.targets:
            self._evaluator.bind(target, value, state, frame)

    def _AnnAssign(self, node: ast.AnnAssign, state: State, frame: Frame) -> None:
        if node.value is not None:
            value = self._evaluator.value(node.value, state, frame)
            self._evaluator.bind(node.target, value, state, frame)

    def _AugAssign(self, node: ast.AugAssign, state: State, frame: Frame) -> None:
        value = self._evaluator.value(node.value, state, frame)
        held = self._evaluator.value(node.target, state, frame)
        if isinstance(held, ParameterList) and isinstance(value, ParameterList):
            owners = tuple(dict.fromkeys((*held.owners, *value.owners)))
            self._evaluator.bind(node.target, ParameterList(owners), state, frame)
        elif isinstance(held, AbstractObject) and held.kind is ObjectKind.LIST:
            state.add_element(held, element_of(value, state))
        else:
            kept = held if isinstance(held, Unknown) else UNKNOWN
            self._evaluator.bind(node.target, kept, state, frame)

    def _Expr(self, node: ast.Expr, state: State, frame: Frame) -> None:
        self._evaluator.value(node.value, state, frame)

    def _Assert(self, node: ast.Assert, state: State, frame: Frame) -> None:
        self._evaluator.value(node.test, state, frame)

    def _Return(self, node: ast.Return, state: State, frame: Frame) -> None:
        value = self._evaluator.value(node.value, state, frame)
        frame.returned = value if frame.returned is None else join_values(frame.returned, value)

    def _FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, state: State, frame: Frame) -> None:
        function = FunctionValue(frame.source, node, None, None, {**frame.closure, **state.local}, frame.node)
        if any(self._hands_out(decorator, state, frame) for decorator in node.decorator_list):
            self._evaluator.let_escape(function, state)
        self._evaluator.bind(ast.Name(node.name, ast.Store()), function, state, frame)

    _AsyncFunctionDef = _FunctionDef

    def _ClassDef(self, node: ast.ClassDef, state: State, frame: Frame) -> None:
        defined = ClassValue(classes_of(frame.source).facts(node))
        self._evaluator.bind(ast.Name(node.name, ast.Store()), defined, state, frame)

    def _Delete(self, node: ast.Delete, state: State, frame: Frame) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                state.local.pop(target.id, None)

    def _hands_out(self, decorator: ast.expr, state: State, frame: Frame) -> bool:
        """Whether a decorator is an object's or a library's that may keep what it decorates: ``@app.route("/")``."""
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        value = self._evaluator.value(target, state, frame)
        if isinstance(value, Dotted):
            return value.name.partition(".")[0] not in HARMLESS_LIBRARIES
        return isinstance(value, Unknown)

    def _Import(self, node: ast.Import | ast.ImportFrom, state: State, frame: Frame) -> None:
        if isinstance(frame.node, ast.Module):
            return  # `Naming` knows the imports of a module
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            for binding in frame.bindings.by_name.get(name, ()) if frame.bindings is not None else ():
                if binding.node is node and binding.dotted is not None:
                    state.local[name] = self._evaluator.dotted(frame.source, binding.dotted)

    _ImportFrom = _Import


_METHODS: Mapping[type, Callable[..., None]] = {
    getattr(ast, name[1:]): method for name, method in vars(Statements).items() if hasattr(ast, name[1:])
}
"""What runs each kind of statement; all others do nothing to a state."""
