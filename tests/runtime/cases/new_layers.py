"""Layers that stay in train mode for reasons that the design did not try."""

# mypy: ignore-errors
# Models as their users write them: without annotations.

from __future__ import annotations

import copy
import functools
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.ao.quantization import quantize_dynamic
from torch.optim.swa_utils import AveragedModel

from tests.runtime.cases.case import misuse

X = torch.ones(4, 8)
SEQUENCE = torch.ones(5, 4, 8)


@misuse("an adapter added after eval()", "DRP305", tier="state", layer="0.dropout")
def adapter():
    class Lora(nn.Module):
        def __init__(self, base):
            super().__init__()
            self.base, self.dropout, self.down = base, nn.Dropout(0.1), nn.Linear(8, 8, bias=False)

        def forward(self, x):
            return self.base(x) + self.down(self.dropout(x))  # here

    net = nn.Sequential(nn.Linear(8, 8), nn.ReLU()).eval()
    net[0] = Lora(net[0])
    return net, X


@misuse("a dropout shared by two blocks, reset through one", "DRP305", tier="state", layer="a.drop")
def shared():
    class Block(nn.Module):
        def __init__(self, drop):
            super().__init__()
            self.drop = drop

        def forward(self, x):
            return self.drop(x)  # here

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            drop = nn.Dropout(0.5)
            self.a, self.b = Block(drop), Block(drop)

        def forward(self, x):
            return self.b(x)

    net = Net().eval()
    net.b.train()
    return net, X


@misuse("only the root's flag is set", "DRP305", tier="state", layer="0")
def root_flag():
    net = nn.Sequential(nn.Dropout(0.5))
    net.training = False
    return net, X


@misuse("an eval() that does not reach the children", "DRP305", tier="state", layer="drop")
def shallow_eval():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop = nn.Dropout(0.5)

        def eval(self):
            self.training = False
            return self

        def forward(self, x):
            return self.drop(x)  # here

    return Net().eval(), X


@misuse("a child whose train() ignores the mode", "DRP305", tier="state", layer="head.drop")
def stubborn_child():
    class Head(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop = nn.Dropout(0.5)

        def train(self, mode=True):
            return self

        def forward(self, x):
            return self.drop(x)  # here

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = Head()

        def forward(self, x):
            return self.head(x)

    return Net().eval(), X


@misuse("a hook that goes back to train mode at every call", "DRP301", layer="0")
def mode_hook():
    net = nn.Sequential(nn.Dropout(0.5))
    net.register_forward_pre_hook(lambda module, args: module.train() and None)
    return net.eval(), X


@misuse("an averaged model whose source was training", "DRP301", tier="state", layer="1")
def averaged():
    return AveragedModel(nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5))), X


@misuse("a teacher copied before eval(), hidden from it in a tuple", "DRP401", tier="state", layer="teacher[0].1")
def teacher():
    class Student(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5))
            self.teacher = (copy.deepcopy(self.net),)

        def forward(self, x):
            return self.net(x) - self.teacher[0](x)  # here

    return Student().eval(), X


@misuse("dropout as a default argument", "DRP401")
def default_argument():
    class Net(nn.Module):
        def forward(self, x, drop=nn.Dropout(0.5)):  # noqa: B008
            return drop(x)  # here

    return Net().eval(), X


@misuse("dropout put past registration", "DRP401", tier="state", layer="drop")
def past_registration():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.__dict__["drop"] = nn.Dropout(0.5)

        def forward(self, x):
            return self.drop(x)  # here

    return Net().eval(), X


@misuse("dropout from a cached factory", "DRP401")
def cached_factory():
    @functools.lru_cache
    def drop(p):
        return nn.Dropout(p)

    class Net(nn.Module):
        def forward(self, x):
            return drop(0.5)(x)  # here

    return Net().eval(), X


@misuse("dropout in a field of a dataclass", "DRP401")
def dataclass_field():
    @dataclass
    class Parts:
        drop: nn.Module = field(default_factory=lambda: nn.Dropout(0.5))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = Parts()

        def forward(self, x):
            return self.parts.drop(x)  # here

    return Net().eval(), X


@misuse("dropout behind a property that builds it", "DRP205")
def property_that_builds():
    class Net(nn.Module):
        @property
        def drop(self):
            return nn.Dropout(0.5)

        def forward(self, x):
            return self.drop(x)  # here

    return Net().eval(), X


@misuse("a Sequential built in forward", "DRP401")
def sequential_in_forward():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(8, 8)

        def forward(self, x):
            return nn.Sequential(self.fc, nn.Dropout(0.5))(x)  # here

    return Net().eval(), X


@misuse("RReLU in a plain list", "DRP401", tier="state", layer="activations[0]")
def random_relu():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.activations = [nn.RReLU()]

        def forward(self, x):
            return self.activations[0](-x)  # here

    return Net().eval(), X


@misuse("instance norm with running statistics, in train mode", "DRP305", tier="state", layer="norm")
def instance_norm():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.InstanceNorm1d(8, track_running_stats=True)

        def forward(self, x):
            return self.norm(x)  # here

    net = Net().eval()
    net.norm.train()
    return net, torch.rand(4, 8, 6)


@misuse("a quantized LSTM in a plain list", "DRP401", layer="rnn[0]", tier="state")
def quantized():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = [quantize_dynamic(nn.Sequential(nn.LSTM(8, 8, 2, dropout=0.5)), {nn.LSTM})[0].train()]

        def forward(self, x):
            return self.rnn[0](x)[0]  # here

    return Net().eval(), SEQUENCE
