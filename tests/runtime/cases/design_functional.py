"""Functional dropout, attention and scripted calls that no `eval()` switches off: from the design's table."""

# mypy: ignore-errors
# Models as their users write them: without annotations.

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.functional import dropout

from tests.runtime.cases.case import misuse

X = torch.ones(4, 8)
SEQUENCE = torch.ones(5, 4, 8)


@misuse("F.dropout, training left at its default", "DRP201", design=True)
def functional_default():
    class Net(nn.Module):
        def forward(self, x):
            return F.dropout(x)  # here

    return Net().eval(), X


@misuse("dropout imported by name, training=True", "DRP207", design=True)
def imported_by_name():
    class Net(nn.Module):
        def forward(self, x):
            return dropout(x, training=True)  # here

    return Net().eval(), X


@misuse("F.dropout that drops everything", "DRP201", design=True)
def drops_everything():
    class Net(nn.Module):
        def forward(self, x):
            return F.dropout(x, 1.0)  # here

    return Net().eval(), X


@misuse("torch.dropout with train=True", "DRP207", design=True)
def torch_dropout():
    class Net(nn.Module):
        def forward(self, x):
            return torch.dropout(x, 0.5, True)  # here

    return Net().eval(), X


@misuse("torch.native_dropout with train=True", "DRP207", design=True)
def native_dropout():
    class Net(nn.Module):
        def forward(self, x):
            return torch.native_dropout(x, 0.5, True)[0]  # here

    return Net().eval(), X


@misuse("F.alpha_dropout with training=True", "DRP207", design=True)
def alpha_dropout():
    class Net(nn.Module):
        def forward(self, x):
            return F.alpha_dropout(x, 0.5, training=True)  # here

    return Net().eval(), X


@misuse("F.dropout2d, training left at its default", "DRP201", design=True)
def dropout2d():
    class Net(nn.Module):
        def forward(self, x):
            return F.dropout2d(x)  # here

    return Net().eval(), torch.ones(2, 3, 4, 4)


@misuse("F.dropout in place", "DRP201", design=True)
def in_place():
    class Net(nn.Module):
        def forward(self, x):
            x = x + 1
            F.dropout(x, 0.5, inplace=True)  # here
            return x

    return Net().eval(), X


@misuse("scaled_dot_product_attention with a rate that nothing gates", "DRP202", design=True)
def attention():
    class Net(nn.Module):
        def forward(self, x):
            return F.scaled_dot_product_attention(x, x, x, dropout_p=0.5)  # here

    return Net().eval(), torch.ones(1, 2, 6, 8)


@misuse("F.multi_head_attention_forward, training left at its default", "DRP201", design=True)
def multi_head_attention_forward():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.inside = nn.Linear(8, 24)
            self.out = nn.Linear(8, 8)

        def forward(self, x):
            weights = (self.inside.weight, self.inside.bias, None, None, False, 0.5, self.out.weight, self.out.bias)
            return F.multi_head_attention_forward(x, x, x, 8, 2, *weights)[0]  # here

    return Net().eval(), SEQUENCE


@misuse("F.rrelu with training=True", "DRP207", design=True)
def random_relu():
    class Net(nn.Module):
        def forward(self, x):
            return F.rrelu(x, training=True)  # here

    return Net().eval(), -X


@misuse("a scripted function that drops", "DRP201", design=True)
def scripted():
    class Net(nn.Module):
        def forward(self, x):
            return F.dropout(x, 0.5, True)

    return torch.jit.script(Net().eval()), X


@misuse("traced in train mode, then eval()", "DRP306", design=True)
def traced():
    net = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5))
    return torch.jit.trace(net.train(), X, check_trace=False).eval(), X


@misuse("fx-traced in train mode: the flag of F.dropout is baked in", "DRP306", design=True)
def fx_traced():
    class Net(nn.Module):
        def forward(self, x):
            return F.dropout(x, 0.5, training=self.training)

    return torch.fx.symbolic_trace(Net().train()).eval(), X


@misuse("F.batch_norm with training=True", "DRP207", design=True)
def batch_statistics():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(8)

        def forward(self, x):
            return F.batch_norm(x, self.norm.running_mean, self.norm.running_var, training=True)  # here

    return Net().eval(), X
