"""Whether gradients are recorded: `torch.no_grad` and its kin, as contexts and as decorators."""

from __future__ import annotations

import ast

from dropout_lint.syntax.extensions import Table
from dropout_lint.typestate.domain.conditions import truth
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame
from dropout_lint.typestate.domain.library_facts import GRAD_OFF, GRAD_ON, GRAD_SET
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import Const, Dotted, FunctionValue


class _WithoutGradients(Table[ast.AST, bool]):
    """Whether decorators switch gradients off, for the functions of a file."""


class Gradients:
    """Follows the recording of gradients for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def are_off_in(self, function: FunctionValue) -> bool:
        """Whether a decorator of ``function`` switches gradients off."""
        known = function.source.extension(_WithoutGradients)
        if function.node not in known:
            known[function.node] = self._are_off_in(function)
        return known[function.node]

    def _are_off_in(self, function: FunctionValue) -> bool:
        for decorator in getattr(function.node, "decorator_list", ()):
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            value = self._evaluator.value(target, State(), Frame(function.source, function.source.tree))
            if isinstance(value, Dotted) and value.name in GRAD_OFF:
                return True
        return False

    def effect(self, context: ast.expr, state: State, frame: Frame) -> tuple[bool | None] | None:
        """What entering ``context`` does to the recording of gradients; None if it has nothing to do with that."""
        if isinstance(context, ast.IfExp):
            outcome = truth(self._evaluator.value(context.test, state, frame))
            one = self.effect(context.body, state, frame)
            other = self.effect(context.orelse, state, frame)
            if outcome is not None:
                return one if outcome else other
            return (None,) if one is not None or other is not None else None
        if not isinstance(context, ast.Call):
            return None
        callee = self._evaluator.value(context.func, state, frame)
        if not isinstance(callee, Dotted):
            return None
        if callee.name in GRAD_OFF:
            mode = self._evaluator.value(context.args[0], state, frame) if context.args else Const(True)
            return (False,) if truth(mode) is True else (None,) if truth(mode) is None else None
        if callee.name in GRAD_ON:
            return (True,)
        if callee.name in GRAD_SET and (context.args or context.keywords):
            argument = context.args[0] if context.args else context.keywords[0].value
            return (truth(self._evaluator.value(argument, state, frame)),)
        return None


def gradients_by_hand(
    evaluator: Evaluator, method: ast.Attribute, node: ast.Call, state: State, frame: Frame
) -> tuple[bool | None] | None:
    """What a context that is entered or left without a ``with`` does to the recording of gradients; None if it has
    nothing to do with that: ``torch.no_grad().__enter__()``, ``stack.enter_context(torch.no_grad())``.
    """
    if method.attr == "enter_context":
        return evaluator.gradient_effect(node.args[0], state, frame) if node.args else None
    if method.attr == "__enter__":
        return evaluator.gradient_effect(method.value, state, frame)
    return (None,) if state.grad is False else None  # which one is left, and what held before, nobody knows


def grad_key(node: ast.AST) -> str:
    """A name that no program has, for what a ``with`` item restores."""
    context = getattr(node, "context_expr", node)
    return f"<grad before {getattr(context, 'lineno', 0)}:{getattr(context, 'col_offset', 0)}>"
