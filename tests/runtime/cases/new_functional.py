"""Functional dropout in the shapes that public code gives it: messages, hooks, wrappers, transforms."""

# mypy: ignore-errors
# Models as their users write them: without annotations.

from __future__ import annotations

import functools
import types

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.functional import scaled_dot_product_attention as sdpa
from torch.utils.checkpoint import checkpoint

from tests.runtime.cases.case import Scene, misuse

X = torch.ones(4, 8)
EDGES = torch.tensor([[0, 1, 2, 3], [1, 2, 3, 0]])


@misuse("a message of a graph layer, found by name", "DRP201")
def graph_message():
    class MessagePassing(nn.Module):
        def propagate(self, edges, x):
            messages = self.message(x[edges[0]])
            return torch.zeros_like(x).index_add(0, edges[1], messages)

    class Attention(MessagePassing):
        def message(self, x_j):
            return x_j * F.dropout(torch.ones(len(x_j), 1), p=0.6)  # here

        def forward(self, x, edges):
            return self.propagate(edges, x)

    return Attention().eval(), X, EDGES


@misuse("an attention function shared by all models", "DRP201")
def free_attention_function():
    def eager_attention(module, query, key, value, dropout=0.1):
        weights = F.dropout(torch.softmax(query @ key.mT, -1), p=dropout)  # here
        return weights @ value

    class Net(nn.Module):
        def forward(self, x):
            return eager_attention(self, x, x, x)

    return Net().eval(), X


@misuse("attention imported under another name", "DRP202")
def early_bound_attention():
    class Net(nn.Module):
        def __init__(self, p=0.1):
            super().__init__()
            self.p = p

        def forward(self, x):
            return sdpa(x, x, x, dropout_p=self.p)  # here

    return Net().eval(), torch.ones(1, 2, 6, 8)


@misuse("attention under a chosen backend", "DRP202")
def attention_backend():
    from torch.nn.attention import SDPBackend, sdpa_kernel

    class Net(nn.Module):
        def forward(self, x):
            with sdpa_kernel(SDPBackend.MATH):
                return F.scaled_dot_product_attention(x, x, x, dropout_p=0.1)  # here

    return Net().eval(), torch.ones(1, 2, 6, 8)


@misuse("a partial of F.dropout as an activation", "DRP201")
def partial():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.noise = functools.partial(F.dropout, p=0.2)

        def forward(self, x):
            return self.noise(x)  # here

    return Net().eval(), X


@misuse("an aten operator called by name", "DRP207")
def operator():
    class Net(nn.Module):
        def forward(self, x):
            return torch.ops.aten.dropout(x, 0.5, True)  # here

    return Net().eval(), X


@misuse("F.feature_alpha_dropout with training=True", "DRP207")
def feature_alpha_dropout():
    class Net(nn.Module):
        def forward(self, x):
            return F.feature_alpha_dropout(x, 0.5, training=True)  # here

    return Net().eval(), torch.ones(2, 3, 4)


@misuse("dropped weights of a recurrent layer", "DRP207")
def weight_drop():
    class WeightDrop(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.RNN(8, 8)
            self.raw = nn.Parameter(self.rnn.weight_hh_l0.detach().clone())

        def forward(self, x):
            dropped = F.dropout(self.raw, 0.5, training=True)  # here
            return torch.func.functional_call(self.rnn, {"weight_hh_l0": dropped}, (x,))[0]

    return WeightDrop().eval(), torch.ones(3, 2, 8)


@misuse("a flag of one's own, set once", "DRP210")
def own_flag():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.is_training = True

        def forward(self, x):
            return F.dropout(x, 0.5, training=self.is_training)  # here

    return Net().eval(), X


@misuse("a flag that asks whether gradients are on", "DRP201", grad=True)
def flag_by_gradients():
    class Net(nn.Module):
        def forward(self, x):
            return F.dropout(x, 0.5, training=torch.is_grad_enabled())  # here

    return Net().eval(), X


@misuse("a forward hook that drops", "DRP201")
def forward_hook():
    def drop(module, args, output):
        return F.dropout(output, 0.3)  # here

    net = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
    net[0].register_forward_hook(drop)
    return net.eval(), X


@misuse("a forward set on the instance", "DRP201")
def patched_forward():
    def forward(self, x):
        return F.dropout(self.fc(x), 0.3)  # here

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(8, 8)

    net = Net()
    net.forward = types.MethodType(forward, net)
    return net.eval(), X


@misuse("a module that yields, used inside another", "DRP201")
def generator():
    class Blocks(nn.Module):
        def forward(self, x):
            for _ in range(2):
                x = F.dropout(x, 0.5)  # here
                yield x

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = Blocks()

        def forward(self, x):
            return sum(self.blocks(x))

    return Net().eval(), X


@misuse("inside checkpoint", "DRP201", grad=True)
def checkpointed():
    class Net(nn.Module):
        def part(self, x):
            return F.dropout(x, 0.5)  # here

        def forward(self, x):
            return checkpoint(self.part, x, use_reentrant=False)

    return Net().eval(), X.clone().requires_grad_()


@misuse("inside re-entrant checkpoint", "DRP201", grad=True)
def checkpointed_again():
    class Net(nn.Module):
        def part(self, x):
            return F.dropout(x, 0.5)  # here

        def forward(self, x):
            return checkpoint(self.part, x, use_reentrant=True)

    return Net().eval(), X.clone().requires_grad_()


@misuse("inside an autograd function", "DRP201", grad=True)
def autograd_function():
    class Noisy(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return F.dropout(x, 0.5)  # here

        @staticmethod
        def backward(ctx, gradient):
            return gradient

    class Net(nn.Module):
        def forward(self, x):
            return Noisy.apply(x)

    return Net().eval(), X.clone().requires_grad_()


@misuse("an ensemble by vmap and functional_call", "DRP201")
def ensemble():
    class Member(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(8, 8)

        def forward(self, x):
            return F.dropout(self.fc(x), 0.5)  # here

    class Ensemble(nn.Module):
        def __init__(self):
            super().__init__()
            self.members = nn.ModuleList([Member(), Member()])

        def forward(self, x):
            parameters, buffers = torch.func.stack_module_state(list(self.members))

            def call(parameters, buffers):
                return torch.func.functional_call(self.members[0], (parameters, buffers), (x,))

            return torch.func.vmap(call, randomness="different")(parameters, buffers)

    return Ensemble().eval(), X


@misuse("a saliency map by torch.func.grad", "DRP201", grad=True)
def saliency():
    class Net(nn.Module):
        def forward(self, x):
            return F.dropout(x, 0.5).sum()  # here

    net = Net().eval()
    return Scene(net, run=lambda: torch.func.grad(net)(X))


@misuse("below DataParallel", "DRP201")
def data_parallel():
    class Net(nn.Module):
        def forward(self, x):
            return F.dropout(x, 0.5)  # here

    return nn.DataParallel(Net()).eval(), X


@misuse("a scripted part of an eager model", "DRP201", layer="part")
def scripted_part():
    class Part(nn.Module):
        def forward(self, x):
            return torch.dropout(x, 0.5, True)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.part = torch.jit.script(Part())

        def forward(self, x):
            return self.part(x)  # here

    return Net().eval(), X


@misuse("a part that was traced in train mode", "DRP306", layer="part")
def traced_part():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.part = torch.jit.trace(nn.Sequential(nn.Dropout(0.5)), X, check_trace=False)

        def forward(self, x):
            return self.part(x)  # here

    return Net().eval(), X


@misuse("exported in train mode", "DRP306")
def exported():
    program = torch.export.export(nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5)), (X,))
    return program.module(), X
