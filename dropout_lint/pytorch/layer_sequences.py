"""Which layer comes directly before a dropout: in an `nn.Sequential`, or in a nested call such as
``self.drop(torch.relu(x))``.

Only what is certainly a layer of torch counts; anything else between two layers keeps them apart.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.pytorch.dropout_calls import torch_call
from dropout_lint.semantic.classes import classes_of
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.node_tests import is_self
from dropout_lint.syntax.source import SourceFile

_FUNCTIONS = {
    "relu": "ReLU",
    "relu_": "ReLU",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "softmax": "Softmax",
    "log_softmax": "LogSoftmax",
    "selu": "SELU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "leaky_relu": "LeakyReLU",
}
"""Functions of ``torch`` and ``torch.nn.functional`` that do what a layer does."""

ACTIVATIONS = frozenset(
    [
        "ReLU",
        "ReLU6",
        "LeakyReLU",
        "ELU",
        "SELU",
        "CELU",
        "GELU",
        "SiLU",
        "Mish",
        "Sigmoid",
        "Tanh",
        "PReLU",
        "Softplus",
    ]
)


class Layer(NamedTuple):
    """One layer: its class in ``torch.nn`` without the prefix, and the place to report."""

    name: str
    place: ast.Call  # where it is built, or the call of the function

    @property
    def is_dropout(self) -> bool:
        """Whether this is dropout, of whatever kind."""
        return "Dropout" in self.name


def neighbours(source: SourceFile, node: ast.Call) -> Iterator[tuple[Layer, Layer]]:
    """Each pair of layers, first and second, that ``node`` (an ``nn.Sequential(...)``, or a call on a call) joins."""
    if names_of(source).resolve(node.func) == "torch.nn.Sequential":
        members = [_built(source, member) for member in _members(source, node)]
        for first, second in pairwise(members):
            if first is not None and second is not None:
                yield first, second
    elif node.args and isinstance(node.args[0], ast.Call):
        first, second = _applied(source, node.args[0]), _applied(source, node)
        if first is not None and second is not None:
            yield first, second


def inplace(source: SourceFile, layer: Layer) -> bool | None:
    """Whether ``layer`` works in place; None if that is not certain."""
    for keyword in layer.place.keywords:
        if keyword.arg is None:
            return None
        if keyword.arg == "inplace":
            return keyword.value.value is True if isinstance(keyword.value, ast.Constant) else None
    known = torch_call(source, layer.place)
    value = None if known is None else known.arguments.get("inplace")
    if value is None:
        return False
    return bool(value.value) if isinstance(value, ast.Constant) else None


def _members(source: SourceFile, sequential: ast.Call) -> list[ast.expr]:
    """The members of an ``nn.Sequential``, also of ``nn.Sequential(OrderedDict([("name", layer), ...]))``."""
    if len(sequential.args) == 1 and isinstance(sequential.args[0], ast.Call):
        ordered = sequential.args[0]
        if names_of(source).resolve(ordered.func) == "collections.OrderedDict" and len(ordered.args) == 1:
            pairs = ordered.args[0].elts if isinstance(ordered.args[0], (ast.List, ast.Tuple)) else []
            return [pair.elts[1] for pair in pairs if isinstance(pair, ast.Tuple) and len(pair.elts) == 2]
    return list(sequential.args)


def _built(source: SourceFile, member: ast.expr) -> Layer | None:
    if not isinstance(member, ast.Call):
        return None
    dotted = names_of(source).resolve(member.func) or ""
    name = dotted.removeprefix("torch.nn.")
    return Layer(name, member) if dotted.startswith("torch.nn.") and name[:1].isupper() else None


def _applied(source: SourceFile, call: ast.Call) -> Layer | None:
    """The layer that ``call`` applies to its first argument: ``self.drop(x)``, ``F.relu(x)``."""
    known = torch_call(source, call)
    if known is not None and known.callee.kind in (CalleeKind.FUNCTION, CalleeKind.OPERATOR):
        name = known.callee.name.rpartition(".")[2]
        words = {"dropout": "Dropout", "alpha_dropout": "AlphaDropout", "feature_alpha_dropout": "FeatureAlphaDropout"}
        return Layer(words.get(name, name.replace("dropout", "Dropout")), call)
    dotted = names_of(source).resolve(call.func)
    if dotted is not None:
        module, _, name = dotted.rpartition(".")
        is_torch = module in ("torch", "torch.nn.functional")
        return Layer(_FUNCTIONS[name], call) if is_torch and name in _FUNCTIONS else None
    around = classes_of(source).around(call)
    if around is None or not (isinstance(call.func, ast.Attribute) and is_self(call.func.value)):
        return None
    built = [
        _built(owner.source, store.value) if owner.source is source and store.value is not None else None
        for owner, store in around[0].stores(call.func.attr)
    ]
    return built[0] if len(built) == 1 else None
