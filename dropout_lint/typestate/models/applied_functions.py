"""Functions that ``module.apply`` runs on every part: may they switch modes?  Nearly all initialise weights."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dropout_lint.knowledge.vocabulary import names_mode, names_rate, words_of
from dropout_lint.syntax.node_tests import attribute_of_self, last_name
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.function_text import mentions_mode
from dropout_lint.typestate.domain.values import FunctionValue, Value, alternatives

_PARTS = frozenset({"bn", "batchnorm", "norm", "freeze", "unfreeze", "frozen"})
"""Words in the name of an external function that may switch the modes of parts."""


def may_switch(function: Value, node: ast.AST, evaluator: Evaluator) -> bool:
    """Whether ``function``, which is written as ``node``, may switch modes, or what they do: it, or one that it calls,
    speaks of them.

    Of one that nobody can look into, its name tells.
    """
    known = [each for each in alternatives(function) if isinstance(each, FunctionValue)]
    if not known:
        named = node.args[0] if isinstance(node, ast.Call) and node.args else node  # `partial(init, std=0.02)`
        name = last_name(named) or ""
        return names_mode(name) or names_rate(name) or not _PARTS.isdisjoint(words_of(name))
    seen: set[ast.AST] = set()
    while known:
        each = known.pop()
        if each.node in seen:
            continue
        seen.add(each.node)
        if mentions_mode(each.source, each.node) or _sets_a_rate(each):
            return True
        known += _called_by(each, evaluator)
    return False


def _sets_a_rate(function: FunctionValue) -> bool:
    """Whether ``function`` sets how much a layer drops, or whether it keeps statistics: it may have no mode then."""
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and (names_rate(node.attr) or node.attr == "track_running_stats")
        for node in ast.walk(function.node)
    )


def _called_by(function: FunctionValue, evaluator: Evaluator) -> Iterator[FunctionValue]:
    """The functions of the project that ``function`` calls by their name, or as methods of its own object."""
    for node in ast.walk(function.node):
        if not isinstance(node, ast.Call):
            continue
        method = attribute_of_self(node.func)
        if isinstance(node.func, ast.Name):
            for each in alternatives(evaluator.defined(function.source, node.func.id)):
                if isinstance(each, FunctionValue):
                    yield each
        elif method is not None and function.owner is not None:
            found = function.owner.method(method)
            if found is not None:
                yield FunctionValue(found[0].source, found[1], found[0])
