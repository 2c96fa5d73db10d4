"""Monte-Carlo sampling in eval mode: dropout is off, and every sample is the same."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from dropout_lint.finding import Confidence
from dropout_lint.syntax.node_tests import last_name
from dropout_lint.typestate.analysis import Run
from dropout_lint.typestate.domain.frames import Event
from dropout_lint.typestate.domain.modes import Layers, Mode
from dropout_lint.typestate.domain.values import AbstractObject
from dropout_lint.typestate.verdicts.sampling import given_to, samples_one_input
from dropout_lint.typestate.verdicts.verdict import Misuse, Verdict

_SPREAD = frozenset({"std", "var", "std_mean", "var_mean"})
_COLLECTS = frozenset({"append", "extend", "add"})
_MOVES = frozenset({"to", "cuda", "cpu", "float", "long", "unsqueeze", "view", "reshape"})
_DRAWS = re.compile(r"rand|normal|sampl|bernoulli|multinomial|gumbel|noise|perturb|(?<!self\.)dropout\w*\(|F\.\w*drop")
_FLAG_SET = re.compile(r"\.training\s*=(?!=)")
_QUIET_LIBRARIES = ("torch.nn.", "torchvision.models.")


def idle_sampling_verdicts(event: Event, run: Run, training: list[Event]) -> Iterator[Verdict]:
    """A pass in eval mode that is one of many samples of one input, whose spread is looked at."""
    if event.fact is None or event.fact.mode is not Mode.EVAL or not event.loops:
        return
    if not all(Layers.DROPOUT in run.dependent.get(obj, ()) for obj in event.objs):
        return
    if not samples_one_input(event, training) or _is_made_anew(event) or not _comes_to_spread(event):
        return
    if all(_is_the_same_each_time(obj, run) for obj in event.objs) and _FLAG_SET.search(event.source.text) is None:
        yield Verdict(Misuse.SAMPLES_WITHOUT_DROPOUT, event, event.fact.origins, Confidence.MEDIUM)


def _is_made_anew(event: Event) -> bool:
    """Whether calls make the input of each pass: they may draw it."""
    calls = [part for each in given_to(event) for part in ast.walk(each) if isinstance(part, ast.Call)]
    return any(last_name(call.func) not in _MOVES for call in calls)


def _is_the_same_each_time(obj: AbstractObject, run: Run) -> bool:
    """Whether nothing in ``obj`` draws at random in eval mode, and nobody switched a part of it by itself."""
    if any(obj in part.wholes() for part in run.switched_parts):
        return False
    for part in run.parts.get(obj, (obj,)):
        for facts in part.facts.ancestry if part.facts is not None else ():
            if not facts.is_closed or _DRAWS.search("".join(facts.source.lines_of(facts.node))) is not None:
                return False
        if part.facts is None and not part.library.startswith(_QUIET_LIBRARIES):
            return False
    return True


def _comes_to_spread(event: Event) -> bool:
    """Whether a spread is taken of what the results are collected in, in the function at hand."""
    nodes = list(ast.walk(event.function_node))
    held: set[str] = set()
    while True:
        known = len(held)
        for node in nodes:
            if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)) and node.value is not None:
                if _holds(node.value, event.node, held):
                    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                    held.update(name for target in targets for name in _stored(target))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _COLLECTS:
                if any(_holds(given, event.node, held) for given in node.args):
                    held.update(_stored(node.func.value))
        if len(held) == known:
            break
    return any(
        _holds(node, event.node, held)
        for node in nodes
        if isinstance(node, ast.Call) and last_name(node.func) in _SPREAD
    )


def _holds(node: ast.expr, result: ast.expr, held: set[str]) -> bool:
    """Whether the ``result``, or one of the names that hold it, is in ``node``."""
    return any(part is result or (isinstance(part, ast.Name) and part.id in held) for part in ast.walk(node))


def _stored(target: ast.expr) -> list[str]:
    """The names that an assignment to ``target`` gives a value, or new content."""
    if isinstance(target, ast.Subscript):
        return _stored(target.value)
    return [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]
