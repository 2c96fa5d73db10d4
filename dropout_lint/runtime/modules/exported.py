"""Modules that `torch.export` made: their dropout and their norms were switched on or off when they were exported.

Their flag says nothing.  Of `ep.module()` it is always True, and `train()` and `eval()` raise, those of every module
around it too; `unflatten(ep)` accepts both, and goes on as before.  What its graph says is the mode.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn

from dropout_lint.runtime.modules.module_paths import type_name, user_path
from dropout_lint.runtime.modules.operators import OPERATORS, Operator

_UNFLATTENED = ("UnflattenedModule", "InterpreterModule", "InterpreterModuleDispatcher")
_BY_NAME: dict[str, Operator] = {f"aten::{operator.name}": operator for operator in OPERATORS}


@dataclass(frozen=True)
class FixedLayer:
    """An operator in an exported graph that the mode had a say in, when it was exported."""

    path: str  # of the layer that ran it, in the model that was exported
    type: str  # class of that layer
    op: str
    p: float | None
    training: bool  # it is switched on


def refuses_modes(module: nn.Module) -> bool:
    """Whether ``module`` is `ep.module()`, whose `train()` and `eval()` raise."""
    return isinstance(module, fx.GraphModule) and "train" in module.__dict__


def is_unflattened(module: nn.Module) -> bool:
    """Whether ``module`` is, or is a part of, what `torch.export.unflatten` made."""
    return type(module).__name__ in _UNFLATTENED and type(module).__module__.startswith("torch.export")


def is_exported(module: nn.Module) -> bool:
    """Whether ``module`` is made of an exported graph."""
    return refuses_modes(module) or is_unflattened(module)


def fixed_layers(root: nn.Module) -> tuple[FixedLayer, ...]:
    """What is fixed in the exported graphs in ``root``, in the order in which they run."""
    return tuple(
        layer
        for path, module in nn.Module.named_modules(root)
        if is_exported(module)
        for layer in _of_graph(user_path(root, path), module)
    )


def _of_graph(own: str, module: nn.Module) -> Iterator[FixedLayer]:
    graph: Any = module.__dict__.get("graph") or getattr(module, "_graph", None)
    if not isinstance(graph, fx.Graph):
        return
    for node in graph.nodes:
        operator = _operator(node)
        if operator is None or not (operator.active(node.args) or operator.follows_a_flag(node.args)):
            continue
        inner, layer_type = _layer(node) if refuses_modes(module) else ("", "")
        path = ".".join(name for name in (own, inner) if name)
        active = bool(operator.active(node.args))
        yield FixedLayer(path, layer_type or type_name(module), operator.short, operator.p(node.args), active)


def _operator(node: fx.Node) -> Operator | None:
    if not isinstance(node.target, torch._ops.OpOverload) or any(value is None for value in node.args[:1]):
        return None
    name = node.target._schema.name
    overload = node.target._overloadname
    return _BY_NAME.get(name if overload == "default" else f"{name}.{overload}")


def _layer(node: fx.Node) -> tuple[str, str]:
    """The path and the class of the layer that ``node`` comes from, as the exporter noted them."""
    noted = node.meta.get("nn_module_stack")
    if not isinstance(noted, dict) or not noted:
        return "", ""
    path, kind = list(noted.values())[-1]
    name = kind if isinstance(kind, str) else getattr(kind, "__qualname__", "")
    return str(path), name.rpartition(".")[2]
