"""Layers in the wrong mode, and layers that `eval()` cannot reach: from the design's table."""

# mypy: ignore-errors
# Models as their users write them: without annotations.

from __future__ import annotations

import functools
from types import SimpleNamespace

import torch
from torch import nn

from tests.runtime.cases.case import misuse

X = torch.ones(4, 8)
SEQUENCE = torch.ones(5, 4, 8)
GLOBAL = nn.Dropout(0.5)


@misuse("eval() forgotten", "DRP301", tier="state", layer="1", design=True)
def eval_forgotten():
    return nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5)), X


@misuse("a child put back into train mode", "DRP305", tier="state", layer="drop", design=True)
def child_in_train():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop = nn.Dropout(0.5)

        def forward(self, x):
            return self.drop(x)  # here

    net = Net().eval()
    net.drop.train()
    return net, X


@misuse("an LSTM left in train mode in a plain list", "DRP401", layer="rnn[0]", tier="state", design=True)
def lstm_in_list():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = [nn.LSTM(8, 8, 2, dropout=0.5)]

        def forward(self, x):
            return self.rnn[0](x)[0]  # here

    return Net().eval(), SEQUENCE


@misuse("multi-head attention in a plain list", "DRP401", layer="attention[0]", tier="state", design=True)
def attention_in_list():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = [nn.MultiheadAttention(8, 2, dropout=0.5)]

        def forward(self, x):
            return self.attention[0](x, x, x)[0]  # here

    return Net().eval(), SEQUENCE


@misuse("an encoder layer in train mode below an eval one", "DRP305", tier="state", design=True)
def encoder_layer():
    net = nn.Sequential(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.5)).eval()
    net[0].train()
    return net, SEQUENCE


@misuse("dropout in a plain list", "DRP401", layer="layers[0]", tier="state", design=True)
def in_list():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Dropout(0.5)]

        def forward(self, x):
            return self.layers[0](x)  # here

    return Net().eval(), X


@misuse("dropout in a dict of tuples", "DRP401", layer="d['a'][1]", tier="state", design=True)
def in_dict_of_tuples():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.d = {"a": (None, nn.Dropout(0.5))}

        def forward(self, x):
            return self.d["a"][1](x)  # here

    return Net().eval(), X


@misuse("dropout in the closure of a function that is kept", "DRP401", layer="g", tier="state", design=True)
def in_closure():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            drop = nn.Dropout(0.5)
            self.g = lambda x: drop(x)  # here

        def forward(self, x):
            return self.g(x)

    return Net().eval(), X


@misuse("dropout inside a partial", "DRP401", layer="g", tier="state", design=True)
def in_partial():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.g = functools.partial(nn.Dropout(0.5))

        def forward(self, x):
            return self.g(x)  # here

    return Net().eval(), X


@misuse("dropout as a global of its module", "DRP401", layer="tests.runtime.cases.design_layers.GLOBAL", design=True)
def as_global():
    class Net(nn.Module):
        def forward(self, x):
            return GLOBAL(x)  # here

    return Net().eval(), X


@misuse("dropout built in forward", "DRP205", design=True)
def built_in_forward():
    class Net(nn.Module):
        def forward(self, x):
            return nn.Dropout(0.5)(x)  # here

    return Net().eval(), X


@misuse("dropout on an object that is no module", "DRP401", design=True)
def on_another_object():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = SimpleNamespace(drop=nn.Dropout(0.5))

        def forward(self, x):
            return self.parts.drop(x)  # here

    return Net().eval(), X


@misuse("dropout as a class attribute", "DRP401", layer="Net.drop", design=True)
def as_class_attribute():
    class Net(nn.Module):
        drop = nn.Dropout(0.5)

        def forward(self, x):
            return self.drop(x)  # here

    return Net().eval(), X


@misuse("batch norm in a plain list", "DRP401", layer="norms[0]", tier="state", design=True)
def batch_norm_in_list():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.norms = [nn.BatchNorm1d(8)]

        def forward(self, x):
            return self.norms[0](x)  # here

    return Net().eval(), X
