"""Whether an expression is a module for certain: by what it is built from, how it is annotated, or how it is used."""

from __future__ import annotations

import ast
import re
from enum import Enum

from dropout_lint.semantic.classes import ClassModel, classes_of
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.node_tests import attribute_of_self
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.syntax.source import SourceFile

_USES_OF_A_MODULE = frozenset(
    ["parameters", "named_parameters", "state_dict", "load_state_dict", "named_modules", "modules", "eval"]
)
_TORCH_LAYER = re.compile(r"torch\.nn\.[A-Z]\w*")
_WITH_PARTS = re.compile(r"torch\.nn\.(?:Sequential|Module(?:List|Dict)|Transformer\w*|DataParallel)")


class Known(Enum):
    """What is known of an object."""

    NOTHING = "nothing"
    LAYER = "layer"  # a module without modules in it
    MODULE = "module"  # one that may hold others


def known_module(receiver: ast.expr, source: SourceFile) -> Known:
    """What is known of the object ``receiver``; `Known.NOTHING` for ``self`` and for the variable of a loop."""
    built: set[Known] = set()
    if isinstance(receiver, ast.Name):
        if receiver.id in ("self", "cls"):
            return Known.NOTHING
        bindings = names_of(source).bindings(receiver)
        if not bindings or any(isinstance(binding.node, (ast.For, ast.comprehension)) for binding in bindings):
            return Known.NOTHING
        if any(binding.kind is BindingKind.PARAMETER and _is_annotated(binding.node, source) for binding in bindings):
            return Known.MODULE
        built = {_built_by(binding.value, source) for binding in bindings if binding.value is not None}
    elif (attribute := attribute_of_self(receiver)) is not None:
        around = classes_of(source).around(receiver)
        stores = () if around is None else around[0].stores(attribute)
        built = {_built_by(store.value, facts.source) for facts, store in stores}
        if len(built) != 1:
            built.clear()
    elif not isinstance(receiver, ast.Attribute):
        return Known.NOTHING
    if Known.MODULE in built:
        return Known.MODULE
    if built == {Known.LAYER}:
        return Known.LAYER
    return Known.MODULE if _is_used_as_module(receiver, source) else Known.NOTHING


def _built_by(value: ast.expr | None, source: SourceFile) -> Known:
    if not isinstance(value, ast.Call):
        return Known.NOTHING
    facts = classes_of(source).named(value.func)
    if facts is not None:
        return Known.NOTHING if not facts.is_module else Known.MODULE if _may_hold_modules(facts) else Known.LAYER
    name = names_of(source).resolve(value.func) or ""
    if _TORCH_LAYER.fullmatch(name) is None:
        return Known.NOTHING
    return Known.MODULE if _WITH_PARTS.fullmatch(name) is not None else Known.LAYER


def _may_hold_modules(facts: ClassModel) -> bool:
    """Whether an instance of the class may hold other modules: all but a layer that the project wrote itself."""
    if not facts.is_closed:
        return True
    for each in facts.ancestry:
        for name in each.stored_names:
            for _, store in each.stores(name):
                if isinstance(store.value, (ast.Call, ast.Name, ast.List, ast.ListComp)) and store.method is not None:
                    return True
    return False


def _is_annotated(parameter: ast.AST, source: SourceFile) -> bool:
    annotation = getattr(parameter, "annotation", None)
    return isinstance(annotation, ast.expr) and names_of(source).resolve(annotation) == "torch.nn.Module"


def _is_used_as_module(receiver: ast.expr, source: SourceFile) -> bool:
    """Whether the same function calls a method on ``receiver`` that only modules have."""
    spelling = ast.unparse(receiver)
    for above in source.ancestors(receiver):
        if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)):
            return any(
                isinstance(part, ast.Call)
                and isinstance(part.func, ast.Attribute)
                and part.func.attr in _USES_OF_A_MODULE
                and ast.unparse(part.func.value) == spelling
                for part in ast.walk(above)
            )
    return False
