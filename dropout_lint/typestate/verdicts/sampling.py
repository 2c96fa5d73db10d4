"""One input that runs through a model again and again: how Monte-Carlo dropout samples, and how speed is measured."""

from __future__ import annotations

import ast

from dropout_lint.syntax.node_tests import last_name
from dropout_lint.typestate.domain.frames import Event
from dropout_lint.typestate.verdicts.result_flow import result_use

_DRAWS = frozenset({"randn", "rand", "randint", "randperm", "randn_like", "rand_like", "normal", "uniform", "next"})
_COUNTS = frozenset({"range", "trange", "count", "repeat"})
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)


def samples_one_input(event: Event, training: list[Event]) -> bool:
    """Whether ``event`` is given the same in every turn of a loop that only counts, and in which nothing is trained."""
    return _repeats(event, training) and not _is_drawn_anew(event)


def measures_speed(event: Event, training: list[Event]) -> bool:
    """Whether each turn of such a loop draws an input of its own, and nobody looks at the results."""
    return _repeats(event, training) and _is_drawn_anew(event) and not result_use(event, ()).is_read


def given_to(event: Event) -> list[ast.expr]:
    """The arguments of the call that ``event`` is."""
    if not isinstance(event.node, ast.Call):
        return []
    return [*event.node.args, *(keyword.value for keyword in event.node.keywords)]


def _repeats(event: Event, training: list[Event]) -> bool:
    """Whether a loop that only counts, and in which nothing is trained, changes no name that ``event`` is given."""
    given = given_to(event)
    if not event.loops or not given:
        return False
    loop, contexts = event.loops[-1], event.loop_contexts
    if not _counts(loop) or any(contexts[-1] in other.loop_contexts for other in training):
        return False
    read = {
        ast.unparse(part) for each in given for part in ast.walk(each) if isinstance(part, (ast.Name, ast.Attribute))
    }
    return read.isdisjoint(_changed_in(loop))


def _is_drawn_anew(event: Event) -> bool:
    calls = [part for each in given_to(event) for part in ast.walk(each) if isinstance(part, ast.Call)]
    return any(last_name(call.func) in _DRAWS for call in calls)


def _counts(loop: ast.AST) -> bool:
    if isinstance(loop, _COMPREHENSIONS):
        return all(_is_count(generator.iter) for generator in loop.generators)
    return isinstance(loop, ast.For) and _is_count(loop.iter)


def _is_count(node: ast.expr) -> bool:
    """``range(n)``, also inside of ``tqdm``."""
    return any(isinstance(part, ast.Call) and last_name(part.func) in _COUNTS for part in ast.walk(node))


def _changed_in(loop: ast.AST) -> set[str]:
    """What ``loop`` gives a new value, or new content: names, and attributes."""
    changed: set[str] = set()
    for node in ast.walk(loop):
        if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            changed.add(ast.unparse(node.value if isinstance(node, ast.Subscript) else node))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr.endswith("_") or node.func.attr in ("append", "extend", "insert"):
                changed.add(ast.unparse(node.func.value))
    return changed
