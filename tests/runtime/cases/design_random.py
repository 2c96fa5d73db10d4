"""Hand-written masks and layer drop, which only the random generators give away: from the design's table."""

# mypy: ignore-errors
# Models as their users write them: without annotations.

from __future__ import annotations

import random

import numpy as np
import torch
from torch import nn

from tests.runtime.cases.case import misuse

X = torch.ones(4, 8)


@misuse("a mask by torch.bernoulli", "DRP201", tier="strict", design=True)
def bernoulli():
    class Net(nn.Module):
        def forward(self, x):
            return x * torch.bernoulli(torch.full_like(x, 0.5))  # here

    return Net().eval(), X


@misuse("a mask by rand > p", "DRP201", tier="strict", design=True)
def rand():
    class Net(nn.Module):
        def forward(self, x):
            return x * (torch.rand(x.shape) > 0.5)  # here

    return Net().eval(), X


@misuse("a mask by new_empty().bernoulli_()", "DRP201", tier="strict", design=True)
def bernoulli_in_place():
    class Net(nn.Module):
        def forward(self, x):
            return x * x.new_empty(x.shape[0], 1).bernoulli_(0.5)  # here

    return Net().eval(), X


@misuse("layers left out by torch.rand", "DRP201", tier="strict", design=True)
def layer_drop():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(8, 8)

        def forward(self, x):
            return x if torch.rand(()) < 0.5 else self.fc(x)  # here

    return Net().eval(), X


@misuse("layers left out by random.random", "DRP201", tier="strict", design=True)
def layer_drop_python():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(8, 8)

        def forward(self, x):
            return x if random.random() < 0.5 else self.fc(x)

    return Net().eval(), X


@misuse("a mask by numpy", "DRP201", tier="strict", design=True)
def numpy_mask():
    class Net(nn.Module):
        def forward(self, x):
            return x * torch.from_numpy(np.random.rand(*x.shape) > 0.5)

    return Net().eval(), X


@misuse("a mask from a generator of the model's own", "DRP201", tier="strict", design=True)
def own_generator():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.generator = torch.Generator()

        def forward(self, x):
            return x * (torch.rand(x.shape, generator=self.generator) > 0.5)  # here

    return Net().eval(), X
