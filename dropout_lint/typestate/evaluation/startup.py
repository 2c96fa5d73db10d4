"""Functions that a web framework runs once, before it answers requests: they load the models that handlers run."""

from __future__ import annotations

import ast

from dropout_lint.typestate.domain.library_facts import LIFESPAN, RUN_ONCE
from dropout_lint.typestate.domain.values import FunctionValue
from dropout_lint.typestate.evaluation.with_statements import is_context


def runs_at_startup(function: FunctionValue) -> bool:
    """Whether a decorator hands ``function`` to a framework that calls it first, or it is FastAPI's ``lifespan``."""
    if isinstance(function.node, ast.Lambda) or function.owner is not None:
        return False
    if is_context(function):
        return LIFESPAN in function.node.name
    return any(_names_startup(decorator) for decorator in function.node.decorator_list)


def _names_startup(decorator: ast.expr) -> bool:
    """``@app.on_event("startup")``, ``@app.before_serving``."""
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    if not isinstance(target, ast.Attribute):
        return False
    if target.attr == "on_event" and isinstance(decorator, ast.Call) and decorator.args:
        event = decorator.args[0]
        return isinstance(event, ast.Constant) and event.value == "startup"
    return target.attr in RUN_ONCE
