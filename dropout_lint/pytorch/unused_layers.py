"""Is a dropout layer that is never called a leftover, which costs nothing?

It is one where the class applies the rate in another way, where the rate is not a setting, and where there is nothing
to drop yet.
"""

from __future__ import annotations

import ast
import re

from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.knowledge.vocabulary import words_of
from dropout_lint.pytorch.dropout_calls import TorchCall, torch_call
from dropout_lint.pytorch.dropout_layers import dropout_layer
from dropout_lint.semantic.classes import ClassModel, classes_of
from dropout_lint.semantic.constants import Origin, constants_of
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.node_tests import is_self, last_name
from dropout_lint.syntax.source import SourceFile

_ATTENTION = frozenset(["attention", "attn", "attns", "att"])
_SCORES = frozenset(["score", "scores", "logit", "logits"])


def is_leftover(source: SourceFile, facts: ClassModel, attribute: str, call: TorchCall, *, is_copied: bool) -> bool:
    """Whether ``call``, which builds the layer ``attribute`` of ``facts``, builds it for nothing, and harmlessly.

    ``is_copied`` says that another dropout is called in its place: what that one drops excuses nothing.
    """
    if call.rate is None:
        return False
    folded = constants_of(source).fold(call.rate)
    if folded is not None and folded.origin is not Origin.DEFAULT and not folded.value:
        return True
    if isinstance(call.rate, ast.Constant):  # a number in the code is no setting that is without effect
        return not is_copied and (_another_drops(facts, attribute) or _a_container_drops(facts))
    rate = ast.unparse(call.rate)
    return (
        _is_applied(facts, call, rate)
        or (not is_copied and _another_drops(facts, attribute, rate))
        or _all_parts_drop(facts, rate)
        or (_speaks_of_attention(attribute, call.rate) and (_attention_gets(facts, rate) or _returns_scores(facts)))
    )


def _is_applied(facts: ClassModel, call: TorchCall, rate: str) -> bool:
    """Whether the class reads ``rate`` when it runs, gives it to a layer of torch that drops by itself, or has a base
    that uses it.
    """
    spellings = {rate} if re.search(r"[A-Za-z]", rate) else set()
    for name in facts.stored_names:
        if any(store.value is not None and ast.unparse(store.value) == rate for _, store in facts.stores(name)):
            spellings.add(f"self.{name}")
    init = facts.methods.get("__init__")
    if init is not None and any(_drops_inside(facts.source, part, spellings) for part in ast.walk(init)):
        return True
    running = [method for name, method in facts.methods.items() if name != "__init__"]
    shared = {spelling for spelling in spellings if spelling.startswith("self.")}
    bases = [method for base in facts.ancestry[1:] for method in base.methods.values()]
    if any(_loads(part, spelling) for spelling in shared for method in bases for part in ast.walk(method)):
        return True  # `self.rate` is the same attribute there
    return any(_loads(part, spelling) for spelling in spellings for method in running for part in ast.walk(method))


def _drops_inside(source: SourceFile, part: ast.AST, spellings: set[str]) -> bool:
    """Whether ``part`` gives the rate to a recurrent or attention layer of torch, which drops by itself."""
    call = torch_call(source, part) if isinstance(part, ast.Call) else None
    if call is None or call.rate is None or call.callee.kind not in (CalleeKind.RECURRENT, CalleeKind.ATTENTION):
        return False
    if call.callee.kind is CalleeKind.RECURRENT and _has_one_layer(source, call):
        return False  # it drops between layers: with one, nothing
    return any(_loads(inner, spelling) for spelling in spellings for inner in ast.walk(call.rate))


def _has_one_layer(source: SourceFile, call: TorchCall) -> bool:
    layers = call.arguments.get("num_layers")
    if layers is None:
        return call.arguments.omits("num_layers")
    folded = constants_of(source).fold(layers)
    return folded is not None and folded.origin is not Origin.DEFAULT and folded.value == 1


def _another_drops(facts: ClassModel, attribute: str, rate: str | None = None) -> bool:
    """Whether the class runs another dropout layer that it built itself; with ``rate``, unless that is None."""
    return any(
        name != attribute
        and any(_is_layer(owner.source, store.value, rate) for owner, store in facts.stores(name))
        and name in _attributes_run(facts)
        for name in facts.stored_names
    )


def _all_parts_drop(facts: ClassModel, rate: str) -> bool:
    """Whether each part that the class runs drops at that ``rate`` itself."""
    parts = sorted(_attributes_run(facts) - set(facts.methods))
    return bool(parts) and all(
        any(
            _container_drops(owner.source, store.value, rate) or _class_drops(owner.source, store.value, rate)
            for owner, store in facts.stores(name)
        )
        for name in parts
    )


def _a_container_drops(facts: ClassModel) -> bool:
    """Whether the class runs a container that it wrote out, with a dropout in it."""
    return any(
        _container_drops(owner.source, store.value, None)
        for name in sorted(_attributes_run(facts))
        for owner, store in facts.stores(name)
    )


def _container_drops(source: SourceFile, value: ast.expr | None, rate: str | None) -> bool:
    if value is None or not _is_container(source, value):
        return False
    return any(_is_layer(source, part, rate) for part in ast.walk(value))


def _class_drops(source: SourceFile, value: ast.expr | None, rate: str) -> bool:
    """Whether ``value`` builds a class of the project out of the object that has the ``rate``, as ``config`` has
    ``config.rate``, and that class builds a dropout with the same entry of it.
    """
    settings, _, entry = rate.rpartition(".")
    if not settings or not isinstance(value, ast.Call) or not any(ast.unparse(part) == settings for part in value.args):
        return False
    part = classes_of(source).named(value.func)
    return part is not None and any(
        call is not None and call.rate is not None and last_name(call.rate) == entry
        for call in (dropout_layer(part.source, inner) for inner in ast.walk(part.node))
    )


def _attributes_run(facts: ClassModel) -> set[str]:
    """The attributes that methods other than ``__init__`` call on ``self``."""
    return {
        part.func.attr
        for name, method in facts.methods.items()
        if name != "__init__"
        for part in ast.walk(method)
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and is_self(part.func.value)
    }


def _is_container(source: SourceFile, value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and names_of(source).resolve(value.func) == "torch.nn.Sequential"


def _is_layer(source: SourceFile, part: ast.AST | None, rate: str | None) -> bool:
    """Whether ``part`` builds a dropout layer; with ``rate``, unless that is None."""
    call = dropout_layer(source, part)
    if call is None:
        return False
    return rate is None or (call.rate is not None and ast.unparse(call.rate) == rate)


def _speaks_of_attention(attribute: str, rate: ast.expr) -> bool:
    names = {attribute, *(part.attr for part in ast.walk(rate) if isinstance(part, ast.Attribute))}
    names |= {part.id for part in ast.walk(rate) if isinstance(part, ast.Name)}
    return any(_ATTENTION.intersection(words_of(name)) for name in names)


def _attention_gets(facts: ClassModel, rate: str) -> bool:
    """Whether a part whose class is called after attention is built with ``rate``: it will drop its weights itself."""
    init = facts.methods.get("__init__")
    return init is not None and any(
        isinstance(part, ast.Call)
        and not _ATTENTION.isdisjoint(words_of(last_name(part.func) or ""))
        and any(ast.unparse(value) == rate for value in (*part.args, *(keyword.value for keyword in part.keywords)))
        for part in ast.walk(init)
    )


def _returns_scores(facts: ClassModel) -> bool:
    """Whether the class returns scores: before a softmax there are no attention weights to drop."""
    forward = facts.methods.get("forward")
    if forward is None:
        return False
    returned = [part.value for part in ast.walk(forward) if isinstance(part, ast.Return)]
    return bool(returned) and all(
        isinstance(value, ast.Name) and not _SCORES.isdisjoint(words_of(value.id)) for value in returned
    )


def _loads(part: ast.AST, spelling: str) -> bool:
    if not isinstance(part, (ast.Name, ast.Attribute, ast.Subscript)) or not isinstance(part.ctx, ast.Load):
        return False
    return ast.unparse(part) == spelling
