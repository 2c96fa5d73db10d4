"""Does an expression build a module, and one that has something to lose if nobody registers it?

Seen through are methods that return the module itself (``nn.Linear(2, 2).to(device)``), wrappers of torch, names, both
sides of a choice, and functions and methods of the project all of whose returns build modules.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from dropout_lint.knowledge.vocabulary import RETURN_THE_MODULE
from dropout_lint.semantic.classes import classes_of
from dropout_lint.semantic.names import names_of
from dropout_lint.semantic.project import project_of
from dropout_lint.syntax.node_tests import Function, is_self
from dropout_lint.syntax.scopes import BindingKind, scope_of
from dropout_lint.syntax.source import SourceFile

_TORCH_LAYER = re.compile(r"torch\.nn\.(?:quantized\.)?([A-Z]\w*)")
_STATELESS = re.compile(
    r"\w*(?:ReLU6?|GELU|ELU|SiLU|Mish|GLU|Sigmoid|Tanh|Softmax|LogSoftmax|Softplus|Softmin|Softsign|Hardswish|Hardtanh|Hardsigmoid|"
    r"Threshold|Loss|Pool[123]d|Flatten|Unflatten|Identity|Upsample|PixelShuffle|PixelUnshuffle|Unfold|Fold|Pad[123]d|"
    r"Parameter|Buffer|ParameterList|ParameterDict|Module|CosineSimilarity|PairwiseDistance)"
)
"""Layers without parameters and without a mode: nothing is lost if nobody registers them."""

_NO_MODULES = frozenset({"Parameter", "Buffer", "UninitializedParameter", "UninitializedBuffer"})
CONTAINERS = frozenset(f"torch.nn.{name}" for name in ("ModuleList", "ModuleDict", "Sequential"))
REGISTERING = frozenset({"add_module", "register_module", "setattr"})
"""What functions that register a module are called."""

_FREEZE = frozenset(["eval", "requires_grad_"])
_RETURN_THE_ARGUMENT = frozenset(
    {
        "copy.deepcopy",
        "copy.copy",
        *(f"torch.nn.utils.{name}" for name in ("weight_norm", "spectral_norm")),
        *(f"torch.nn.utils.parametrizations.{name}" for name in ("weight_norm", "spectral_norm", "orthogonal")),
    }
)
_MOST_STEPS = 6  # from an expression to where the module is built

Built = list[tuple[SourceFile, ast.Call]]
"""The calls that build a module, each with the file that it stands in."""


def builds_module(source: SourceFile, expression: ast.expr) -> bool:
    """Whether ``expression`` certainly builds a module, with or without parameters."""
    return bool(_built(source, expression, _MOST_STEPS))


def builds_stateful_module(source: SourceFile, expression: ast.expr, *, any_layer: bool = False) -> bool:
    """Whether ``expression`` certainly builds a module, and one with parameters or a mode, if not ``any_layer``."""
    built = _built(source, expression, _MOST_STEPS)
    return any(_is_stateful(where, call, any_layer=any_layer) for where, call in built or ())


def innermost(expression: ast.expr) -> ast.expr:
    """``layer`` of ``layer.to(device).eval()``."""
    while isinstance(expression, ast.Call) and _returns_the_module(expression):
        assert isinstance(expression.func, ast.Attribute)
        expression = expression.func.value
    return expression


def is_frozen(expression: ast.expr) -> bool:
    """Whether ``expression`` freezes what it builds: ``build().eval()``, ``build().requires_grad_(False)``."""
    while isinstance(expression, ast.Call) and isinstance(expression.func, ast.Attribute):
        if expression.func.attr in _FREEZE:
            return True
        expression = expression.func.value
    return False


def _returns_the_module(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in RETURN_THE_MODULE


def _built(source: SourceFile, expression: ast.expr, steps: int) -> Built | None:
    """Where the modules are built of which ``expression`` is one; None if it may be anything else."""
    if steps == 0:
        return None
    if isinstance(expression, ast.IfExp):
        return _all_built([(source, expression.body), (source, expression.orelse)], steps - 1)
    if isinstance(expression, ast.Name):
        bindings = names_of(source).bindings(expression)
        values = [binding.value for binding in bindings if binding.kind is BindingKind.ASSIGNMENT]
        known = [(source, value) for value in values if value is not None and not isinstance(value, ast.Name)]
        return _all_built(known, steps - 1) if len(known) == len(bindings) else None
    if not isinstance(expression, ast.Call):
        return None
    if _returns_the_module(expression):
        return _built(source, innermost(expression), steps - 1)
    name = names_of(source).resolve(expression.func)
    if name in _RETURN_THE_ARGUMENT:
        return _built(source, expression.args[0], steps - 1) if expression.args else None
    layer = _TORCH_LAYER.fullmatch(name or "")
    if layer is not None:
        return None if layer[1] in _NO_MODULES else [(source, expression)]
    facts = classes_of(source).named(expression.func)
    if facts is not None:
        return [(source, expression)] if facts.is_module else None
    factory = _factory(source, expression)
    return None if factory is None else _all_built(_returned(*factory), steps - 1)


def _all_built(values: Iterable[tuple[SourceFile, ast.expr]], steps: int) -> Built | None:
    found: Built = []
    for source, value in values:
        built = _built(source, value, steps)
        if built is None:
            return None
        found += built
    return found or None


def _factory(source: SourceFile, call: ast.Call) -> tuple[SourceFile, Function] | None:
    """The function or method of the project that ``call`` calls, if all it can do with the module is to return it."""
    found: tuple[SourceFile, Function] | None = None
    if isinstance(call.func, ast.Attribute) and is_self(call.func.value):
        around = classes_of(source).around(call)
        method = None if around is None else around[0].method(call.func.attr)
        found = None if method is None else (method[0].source, method[1])
    elif not any(is_self(part) for part in (*call.args, *(keyword.value for keyword in call.keywords))):
        found = _function(source, call.func)
    if found is None or found[1].decorator_list or isinstance(found[1], ast.AsyncFunctionDef):
        return None
    return None if any(map(_may_register, ast.walk(found[1]))) else found


def _may_register(part: ast.AST) -> bool:
    """Whether ``part`` calls what registers a module, or stores something on ``self``."""
    if isinstance(part, ast.Attribute):
        return part.attr in REGISTERING or (isinstance(part.ctx, ast.Store) and is_self(part.value))
    return isinstance(part, ast.Name) and part.id in REGISTERING


def _function(source: SourceFile, called: ast.expr) -> tuple[SourceFile, Function] | None:
    local = names_of(source).definition(called)
    if local is not None:
        return None if isinstance(local, ast.ClassDef) else (source, local)
    dotted = names_of(source).resolve(called)
    project = project_of(source)
    if dotted is None or project is None or dotted.startswith("torch."):
        return None
    found = project.definition(source, dotted)
    return None if found is None or isinstance(found[1], ast.ClassDef) else (found[0], found[1])


def _returned(source: SourceFile, function: Function) -> list[tuple[SourceFile, ast.expr]]:
    """What ``function`` returns; nothing if it may return None, or yields."""
    values: list[tuple[SourceFile, ast.expr]] = []
    for part in ast.walk(function):
        if isinstance(part, (ast.Yield, ast.YieldFrom)):
            return []
        if isinstance(part, ast.Return) and scope_of(source, part) is function:
            if part.value is None:
                return []
            values.append((source, part.value))
    return values


def _is_stateful(source: SourceFile, call: ast.Call, *, any_layer: bool = False) -> bool:
    """Whether the module that ``call`` builds has parameters or a mode."""
    name = names_of(source).resolve(call.func)
    layer = _TORCH_LAYER.fullmatch(name or "")
    if layer is not None:
        is_empty = name in CONTAINERS and not call.args
        return not is_empty and (any_layer or _STATELESS.fullmatch(layer[1]) is None)
    facts = classes_of(source).named(call.func)
    if facts is None or not facts.is_module:
        return False
    # A module of the project that stores no layer, owns no parameter and asks for no mode has nothing to lose either.
    return any(
        (store.value is not None and _has_state(owner.source, store.value))
        for owner in facts.ancestry
        for attribute in owner.stored_names
        for _, store in owner.stores(attribute)
    ) or any(
        isinstance(part, ast.Attribute) and part.attr == "training" and isinstance(part.ctx, ast.Load)
        for owner in facts.ancestry
        for part in ast.walk(owner.node)
    )


def _has_state(source: SourceFile, value: ast.expr) -> bool:
    return builds_stateful_module(source, value) or _names_parameter(source, value)


def _names_parameter(source: SourceFile, value: ast.expr) -> bool:
    if not isinstance(value, ast.Call):
        return False
    return names_of(source).resolve(value.func) in ("torch.nn.Parameter", "torch.nn.parameter.Parameter")
