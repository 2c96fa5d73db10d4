"""Recurrent layers behind a wrapper: does the rate that is passed to a class of the project ever have an effect?

A wrapper that passes ``num_layers`` and ``dropout`` to `nn.LSTM` is right; a call of it with one layer and a rate is
not, which can only be seen by looking into the wrapper.  The rate has no effect only if every use of it in the
constructor, followed through further wrappers, ends at a recurrent layer that is built with one layer.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import NamedTuple

from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.pytorch.dropout_calls import torch_call
from dropout_lint.semantic.classes import ClassModel, classes_of
from dropout_lint.semantic.constants import Origin, constants_of
from dropout_lint.semantic.names import names_of
from dropout_lint.semantic.project import project_of
from dropout_lint.syntax.arguments import bind
from dropout_lint.syntax.node_tests import Function
from dropout_lint.syntax.source import SourceFile

_MOST_LEVELS = 4  # of wrappers around wrappers
_Given = Mapping[str, object]  # parameters whose value is known, with that value


class Layer(NamedTuple):
    """The recurrent layer at which a rate ends, without effect."""

    source: SourceFile
    node: ast.Call
    spelling: str


class Ineffective(NamedTuple):
    """A rate that has no effect: the wrapper's parameter, what is passed for it, and where it ends."""

    parameter: str
    value: ast.expr
    layer: Layer


def ineffective_rate(source: SourceFile, call: ast.Call) -> Ineffective | None:
    """The rate that ``call``, of a class of the project, passes in vain; None if there is none, or no certainty."""
    facts = classes_of(source).named(call.func)
    found = None if facts is None or not facts.is_module else facts.method("__init__")
    if facts is None or found is None:
        return None
    passed = _passed(found[1], call)
    for name, value in passed.items():
        if "drop" in name and not constants_of(source).is_nothing(value):
            if _end_of(found[0], found[1], name, {}, _MOST_LEVELS) is not None:
                continue  # whatever is passed: the class itself builds one layer, and that is reported there
            layer = _end_of(found[0], found[1], name, _given(source, {}, found[0].source, found[1], call), _MOST_LEVELS)
            if layer is not None:
                return Ineffective(name, value, layer)
    return None


def _end_of(owner: ClassModel, init: Function, rate: str, given: _Given, levels: int) -> Layer | None:
    """The one-layer recurrent layer at which the parameter ``rate`` of ``init`` ends; None if it may go elsewhere."""
    source = owner.source
    loads = [part for part in ast.walk(init) if isinstance(part, ast.Name) and part.id == rate]
    if levels == 0 or not loads or any(len(names_of(source).bindings(load)) != 1 for load in loads):
        return None
    ends = [_end_of_use(source, load, given, levels) for load in loads]
    return None if any(end is None for end in ends) else ends[0]


def _end_of_use(source: SourceFile, load: ast.Name, given: _Given, levels: int) -> Layer | None:
    above = source.parent(load)
    call = source.parent(above) if isinstance(above, ast.keyword) else above
    if not isinstance(call, ast.Call) or call.func is load:
        return None
    known = torch_call(source, call)
    if known is not None:
        if known.callee.kind is not CalleeKind.RECURRENT or known.rate is not load:
            return None
        layers = known.arguments.get("num_layers")
        count = 1 if known.arguments.omits("num_layers") else layers and _value(source, layers, given)
        return Layer(source, call, known.spelling) if count == 1 and count is not True else None
    facts = _class_called(source, call, given)
    found = None if facts is None or not facts.is_module else facts.method("__init__")
    if found is None:
        return None
    owner, init = found
    names = [name for name, value in _passed(init, call).items() if value is load]
    inner = _given(source, given, owner.source, init, call)
    return _end_of(owner, init, names[0], inner, levels - 1) if len(names) == 1 else None


def _class_called(source: SourceFile, call: ast.Call, given: _Given) -> ClassModel | None:
    """The class of the project that ``call`` makes an object of, also by ``getattr(module, kind)``."""
    function = call.func
    if not isinstance(function, ast.Call):
        return classes_of(source).named(function)
    if not (isinstance(function.func, ast.Name) and function.func.id == "getattr" and len(function.args) == 2):
        return None
    module, kind = names_of(source).resolve(function.args[0]), _value(source, function.args[1], given)
    project = project_of(source)
    if module is None or not isinstance(kind, str) or project is None:
        return None
    found = project.definition(source, f"{module}.{kind}")
    return classes_of(found[0]).facts(found[1]) if found is not None and isinstance(found[1], ast.ClassDef) else None


def _passed(init: Function, call: ast.Call) -> dict[str, ast.expr]:
    names = [parameter.arg for parameter in (*init.args.posonlyargs, *init.args.args)][1:]
    return bind(call, [*names, *(parameter.arg for parameter in init.args.kwonlyargs)]).by_name


def _given(caller: SourceFile, outer: _Given, callee: SourceFile, init: Function, call: ast.Call) -> dict[str, object]:
    """What is known of the parameters of ``init`` when ``call`` calls it: constants, and defaults where nothing is
    passed.
    """
    passed = _passed(init, call)
    is_open = any(isinstance(part, ast.Starred) for part in call.args) or any(
        part.arg is None for part in call.keywords
    )
    known: dict[str, object] = {}
    for name, bindings in names_of(callee).bindings_in(init).by_name.items():
        if len(bindings) != 1:
            continue  # rebound on the way
        if name in passed:
            known[name] = _value(caller, passed[name], outer)
        elif not is_open and bindings[0].value is not None and isinstance(bindings[0].node, ast.arg):
            known[name] = _value(callee, bindings[0].value, {})
    return {name: value for name, value in known.items() if value is not None}


def _value(source: SourceFile, expression: ast.expr, given: _Given) -> object | None:
    """The value of ``expression``; None if it is not certain, or None itself."""
    if isinstance(expression, ast.Name) and expression.id in given:
        return given[expression.id]
    folded = constants_of(source).fold(expression)
    return None if folded is None or folded.origin is Origin.DEFAULT else folded.value
