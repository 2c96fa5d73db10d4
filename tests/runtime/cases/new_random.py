"""Randomness by hand, in an eval forward pass: what public code has instead of a dropout layer."""

# mypy: ignore-errors
# Models as their users write them: without annotations.

from __future__ import annotations

import random

import numpy as np
import torch
from torch import nn

from tests.runtime.cases.case import misuse

X = torch.ones(4, 8)
PRIVATE = "drawn from a generator that nobody else can see, so no state to compare; two runs would tell"


@misuse("stochastic depth with torch.rand, without a gate", "DRP201", tier="strict")
def stochastic_depth():
    class Net(nn.Module):
        def forward(self, x):
            keep = torch.rand(x.shape[0], 1) < 0.8  # here
            return x + keep * x / 0.8

    return Net().eval(), X


@misuse("a layer of Gaussian noise, without a gate", "DRP201", tier="strict")
def noise():
    class Noise(nn.Module):
        def forward(self, x):
            return x + 0.1 * torch.randn_like(x)  # here

    return nn.Sequential(nn.Linear(8, 8), Noise()).eval(), X


@misuse("router jitter of a mixture of experts, without a gate", "DRP201", tier="strict")
def router_jitter():
    class Router(nn.Module):
        def forward(self, x):
            return torch.softmax(x * torch.empty_like(x).uniform_(0.99, 1.01), -1)  # here

    return Router().eval(), X


@misuse("labels dropped for guidance, without a gate", "DRP201", tier="strict")
def label_dropout():
    class Labels(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(11, 8)

        def forward(self, labels):
            dropped = torch.rand(labels.shape) < 0.1  # here
            return self.table(torch.where(dropped, 10, labels))

    return Labels().eval(), torch.arange(4)


@misuse("mixup in forward, without a gate", "DRP201", tier="strict")
def mixup():
    class Net(nn.Module):
        def forward(self, x):
            return 0.9 * x + 0.1 * x[torch.randperm(len(x))]  # here

    return Net().eval(), X


@misuse("bands masked by numpy, without a gate", "DRP201", tier="strict")
def spectrum_mask():
    class Net(nn.Module):
        def forward(self, x):
            start = np.random.randint(0, 6)
            x = x.clone()
            x[:, start : start + 2] = 0
            return x

    return Net().eval(), X


@misuse("teacher forcing by random.random, without a gate", "DRP201", tier="strict")
def teacher_forcing():
    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = nn.GRUCell(8, 8)

        def forward(self, x):
            state = torch.zeros_like(x)
            for _ in range(3):
                state = self.cell(x if random.random() < 0.5 else state, state)
            return state

    return Decoder().eval(), X


@misuse("a random choice between branches", "DRP201", tier="strict")
def branches():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.paths = nn.ModuleList([nn.Linear(8, 8), nn.Linear(8, 8)])

        def forward(self, x):
            return random.choice(list(self.paths))(x)

    return Net().eval(), X


@misuse("a mask from a numpy generator of the model's own", "DRP201", tier="strict", missed=PRIVATE)
def private_numpy_generator():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rng = np.random.default_rng(0)

        def forward(self, x):
            return x * torch.from_numpy(self.rng.random(tuple(x.shape)) > 0.5)

    return Net().eval(), X


@misuse("layers left out by a random.Random of the model's own", "DRP201", tier="strict", missed=PRIVATE)
def private_python_generator():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rng = random.Random(0)

        def forward(self, x):
            return x if self.rng.random() < 0.5 else 2 * x

    return Net().eval(), X


@misuse("a hand-written mask under fork_rng", "DRP201", tier="strict")
def forked_state():
    class Net(nn.Module):
        def forward(self, x):
            with torch.random.fork_rng():
                return x * torch.bernoulli(torch.full_like(x, 0.5))  # here

    return Net().eval(), X
