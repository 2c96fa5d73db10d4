"""torch_geometric: its convolutions and its ready-made models, each with dropout where it takes a rate."""

# mypy: ignore-errors
# Its libraries stand in an environment of their own.

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
import torch_geometric.nn as graph
from torch import nn

from benchmarks.zoo.entry import RATE, Call, Entry

X = torch.rand(6, 8)
EDGES = torch.tensor([[0, 1, 2, 3, 4, 5, 0, 2], [1, 2, 3, 4, 5, 0, 3, 5]])
BATCH = torch.zeros(6, dtype=torch.long)
_GUESSED = {"edge_dim": 4, "kernel_size": 3, "channels": 8, "dropout": RATE, "in_channels": 8, "out_channels": 8}


def entries() -> Iterator[Entry]:
    """Every convolution whose arguments can be guessed, then the models."""
    for name in graph.conv.classes:
        yield Entry(name, partial(_convolution, name))
    for model in _models():
        yield Entry(type(model).__name__, partial(_call, model))


def _convolution(name: str) -> Call:
    cls = getattr(graph, name)
    given: dict[str, Any] = {}
    for key, parameter in list(inspect.signature(cls.__init__).parameters.items())[1:]:
        if key in ("in_channels", "out_channels", "dropout"):
            given[key] = _GUESSED[key]
        elif parameter.default is inspect.Parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            given[key] = nn.Sequential(nn.Linear(8, 8)) if key == "nn" else _GUESSED.get(key, 2)
    return Call(cls(**given), (X, EDGES))


def _models() -> list[Any]:
    common = {"in_channels": 8, "hidden_channels": 8, "num_layers": 2, "dropout": RATE}
    return [
        *(cls(**common) for cls in (graph.GCN, graph.GraphSAGE, graph.GIN, graph.GAT, graph.EdgeCNN)),
        graph.GAT(**common, v2=True, heads=2, jk="lstm"),
        graph.PNA(**common, aggregators=["mean"], scalers=["identity"], deg=torch.tensor([0, 4, 2])),
        graph.MLP([8, 8, 8], dropout=RATE),
        graph.GraphUNet(8, 8, 8, depth=2),
        graph.GPSConv(8, graph.GATConv(8, 8, dropout=RATE), heads=2, dropout=RATE),
        graph.AttentiveFP(8, 8, 8, edge_dim=4, num_layers=2, num_timesteps=2, dropout=RATE),
        graph.VGAE(graph.GCN(8, 8, 2, 8, dropout=RATE)),
        graph.TransformerConv(8, 8, heads=2, dropout=RATE),
        graph.DeepGCNLayer(graph.GCNConv(8, 8), nn.BatchNorm1d(8), nn.ReLU(), dropout=RATE),
        graph.LINKX(6, 8, 8, 8, 2, dropout=RATE),
    ]


def _call(model: Any) -> Call:
    if isinstance(model, graph.MLP):
        return Call(model, (X,))
    if isinstance(model, graph.AttentiveFP):
        return Call(model, (X, EDGES, torch.rand(8, 4), BATCH))
    return Call(model, (X, EDGES))
