"""What builds a dropout layer: torch's own, and classes of the project that are called so."""

from __future__ import annotations

import ast
import re

from dropout_lint.knowledge.torch_api import Callee, CalleeKind
from dropout_lint.knowledge.vocabulary import names_rate
from dropout_lint.pytorch.dropout_calls import TorchCall, torch_call
from dropout_lint.semantic.classes import classes_of
from dropout_lint.syntax.arguments import bind
from dropout_lint.syntax.source import SourceFile
from dropout_lint.triggers.classes import NAMED_LAYER

_NAMED_LAYER = re.compile(NAMED_LAYER)


def dropout_layer(source: SourceFile, node: ast.AST | None) -> TorchCall | None:
    """The call that ``node`` is, if that builds a dropout layer."""
    if not isinstance(node, ast.Call):
        return None
    call = torch_call(source, node)
    if call is not None:
        return call if call.callee.kind is CalleeKind.LAYER else None
    facts = classes_of(source).named(node.func)
    if facts is None or not facts.is_module or _NAMED_LAYER.fullmatch(facts.node.name) is None:
        return None
    init = facts.method("__init__")
    arguments = None if init is None else init[1].args
    names = [] if arguments is None else [each.arg for each in (*arguments.posonlyargs, *arguments.args)[1:]]
    rate = next((name for name in names if names_rate(name)), names[0] if names else "p")
    known = Callee(facts.node.name, CalleeKind.LAYER, tuple(names) or ("p", "inplace"), rate)
    return TorchCall(node, known, bind(node, known.parameters), source.segment(node.func))
