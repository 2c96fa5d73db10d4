"""Models that are right, or random on purpose: from the design's table."""

# mypy: ignore-errors
# Models as their users write them: without annotations.

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from tests.runtime.cases.case import legitimate

X = torch.ones(4, 8)
SEQUENCE = torch.ones(5, 4, 8)


@legitimate("a dropout layer in eval mode", design=True)
def dropout():
    return nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5)).eval(), X


@legitimate("F.dropout gated by self.training", design=True)
def functional():
    class Net(nn.Module):
        def forward(self, x):
            return F.dropout(x, 0.5, training=self.training)

    return Net().eval(), X


@legitimate("training=True with a rate of zero", design=True)
def rate_of_zero():
    class Net(nn.Module):
        def forward(self, x):
            return F.dropout(x, 0.0, training=True)

    return Net().eval(), X


@legitimate("Dropout(0.0) left in train mode", design=True)
def zero_in_train():
    net = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.0)).eval()
    net[1].train()
    return net, X


@legitimate("an encoder layer in eval mode", design=True)
def encoder_layer():
    return nn.TransformerEncoderLayer(8, 2, 16, dropout=0.5).eval(), SEQUENCE


@legitimate("an LSTM in eval mode", design=True)
def lstm():
    return nn.LSTM(8, 8, 2, dropout=0.5).eval(), SEQUENCE


@legitimate("dropout in a ModuleList", design=True)
def module_list():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Dropout(0.5)])
            self.same = list(self.layers)

        def forward(self, x):
            return self.same[0](x)

    return Net().eval(), X


@legitimate("a VAE that samples in eval mode", quiet="default", design=True)
def sampling():
    class Net(nn.Module):
        def forward(self, x):
            return x + torch.randn_like(x)

    return Net().eval(), X


@legitimate("fractional max pooling, random in eval mode too", quiet="default", design=True)
def fractional_pooling():
    return nn.FractionalMaxPool2d(2, output_size=(2, 2)).eval(), torch.ones(1, 1, 6, 6)


@legitimate("a lazy layer's first forward pass", design=True)
def lazy():
    return nn.Sequential(nn.LazyLinear(4), nn.Dropout(0.5)).eval(), X
