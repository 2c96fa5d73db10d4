"""Correct models in eval mode that look like the misused ones."""

# mypy: ignore-errors
# Models as their users write them: without annotations.

from __future__ import annotations

import functools
import threading
from concurrent.futures import ThreadPoolExecutor

import torch
import torch.nn.functional as F
from torch import nn
from torch.ao.quantization import quantize_dynamic
from torch.optim.swa_utils import AveragedModel
from torch.utils.checkpoint import checkpoint

from tests.runtime.cases.case import Scene, legitimate

X = torch.ones(4, 8)
SEQUENCE = torch.ones(5, 4, 8)
EDGES = torch.tensor([[0, 1, 2, 3], [1, 2, 3, 0]])
RANDOM_ON_PURPOSE = "default"  # the strict tier says that it is random, which is true


@legitimate("a message of a graph layer that asks for the mode")
def graph_message():
    class Attention(nn.Module):
        def message(self, x_j):
            return x_j * F.dropout(torch.ones(len(x_j), 1), p=0.6, training=self.training)

        def forward(self, x, edges):
            return torch.zeros_like(x).index_add(0, edges[1], self.message(x[edges[0]]))

    return Attention().eval(), X, EDGES


@legitimate("a shared attention function that asks its module for the mode")
def free_attention_function():
    def eager_attention(module, query, key, value, dropout=0.0):
        weights = F.dropout(torch.softmax(query @ key.mT, -1), p=dropout, training=module.training)
        return weights @ value

    class Net(nn.Module):
        def forward(self, x):
            return eager_attention(self, x, x, x, dropout=0.1)

    return Net().eval(), X


@legitimate("attention whose rate is zero in eval mode")
def gated_attention():
    class Net(nn.Module):
        def forward(self, x):
            return F.scaled_dot_product_attention(x, x, x, dropout_p=0.1 if self.training else 0.0)

    return Net().eval(), torch.ones(1, 2, 6, 8)


@legitimate("an adapter, and eval() after it")
def adapter():
    class Lora(nn.Module):
        def __init__(self, base):
            super().__init__()
            self.base, self.dropout, self.down = base, nn.Dropout(0.1), nn.Linear(8, 8, bias=False)

        def forward(self, x):
            return self.base(x) + self.down(self.dropout(x))

    return nn.Sequential(Lora(nn.Linear(8, 8))).eval(), X


@legitimate("a dropout and weights shared by two blocks")
def shared():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.out = nn.Embedding(11, 8), nn.Linear(8, 11, bias=False)
            self.out.weight = self.embedding.weight
            self.a = self.b = nn.Dropout(0.5)

        def forward(self, tokens):
            return self.out(self.b(self.a(self.embedding(tokens))))

    return Net().eval(), torch.arange(4)


@legitimate("DataParallel around a model in eval mode: its own flag says train")
def data_parallel():
    return nn.DataParallel(nn.Sequential(nn.Dropout(0.5)).eval()), X


@legitimate("an averaged copy of a model in eval mode: its own flag says train")
def averaged():
    return AveragedModel(nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5)).eval()), X


@legitimate("a module that yields")
def generator():
    class Blocks(nn.Module):
        def forward(self, x):
            for _ in range(2):
                x = F.dropout(x, 0.5, self.training)
                yield x

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = Blocks()

        def forward(self, x):
            return sum(self.blocks(x))

    return Net().eval(), X


@legitimate("an ensemble by vmap and functional_call")
def ensemble():
    class Ensemble(nn.Module):
        def __init__(self):
            super().__init__()
            self.members = nn.ModuleList([nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5)) for _ in range(2)])

        def forward(self, x):
            state = torch.func.stack_module_state(list(self.members))
            return torch.func.vmap(lambda p, b: torch.func.functional_call(self.members[0], (p, b), (x,)))(*state)

    return Ensemble().eval(), X


@legitimate("gradients for the input in eval mode, through both kinds of checkpoint", grad=True)
def checkpointed():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.part = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5))

        def forward(self, x):
            x = checkpoint(self.part, x, use_reentrant=True)
            return checkpoint(self.part, x, use_reentrant=False)

    net = Net().eval()
    return Scene(net, run=lambda: net(X.clone().requires_grad_()).sum().backward())


@legitimate("a hook that asks its module for the mode")
def forward_hook():
    net = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
    net[0].register_forward_hook(lambda module, args, output: F.dropout(output, 0.3, module.training))
    return net.eval(), X


@legitimate("stochastic depth, noise and jitter, all gated")
def gated_randomness():
    class Net(nn.Module):
        def forward(self, x):
            if self.training:
                x = x * (torch.rand(x.shape[0], 1) < 0.8) + torch.randn_like(x) * torch.empty_like(x).uniform_()
            return x

    return Net().eval(), X


@legitimate("RReLU in eval mode")
def random_relu():
    return nn.Sequential(nn.RReLU()).eval(), -X


@legitimate("layers in train mode that the mode means nothing to")
def inert():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(8, 2)
            self.rnn = nn.LSTM(8, 8, 1)
            self.norm = nn.InstanceNorm1d(8)

        def forward(self, x):
            x = self.attention(x, x, x)[0]
            return self.norm(self.rnn(x)[0])

    net = Net().eval()
    for child in net.children():
        child.train()
    return net, SEQUENCE


@legitimate("batch norm without running statistics, in train mode")
def norm_without_statistics():
    net = nn.Sequential(nn.BatchNorm1d(8, track_running_stats=False)).eval()
    net[0].train()
    return net, X


@legitimate("F.dropout with training=False")
def switched_off():
    class Net(nn.Module):
        def forward(self, x):
            return F.dropout(x, 0.5, training=False)

    return Net().eval(), X


@legitimate("a rate that is multiplied by the mode")
def rate_by_mode():
    class Net(nn.Module):
        def forward(self, x):
            return F.dropout(x, 0.5 * self.training)

    return Net().eval(), X


@legitimate("a dynamically quantized model")
def quantized():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.drop, self.fc = nn.LSTM(8, 8, 2, dropout=0.5), nn.Dropout(0.5), nn.Linear(8, 8)

        def forward(self, x):
            return self.fc(self.drop(self.rnn(x)[0]))

    return quantize_dynamic(Net().eval(), {nn.LSTM, nn.Linear}), SEQUENCE


@legitimate("scripted and traced parts in eval mode")
def scripted_parts():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = torch.jit.script(nn.Sequential(nn.Dropout(0.5)))
            self.b = torch.jit.trace(nn.Sequential(nn.Dropout(0.5)).eval(), X)

        def forward(self, x):
            return self.b(self.a(x))

    return Net().eval(), X


@legitimate("frozen by torch.jit: it has no flag at all")
def frozen():
    return torch.jit.freeze(torch.jit.script(nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5)).eval())), X


@legitimate("exported in eval mode: its flag says train")
def exported():
    return torch.export.export(nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5)).eval(), (X,)).module(), X


@legitimate("fx-traced in eval mode")
def fx_traced():
    class Net(nn.Module):
        def forward(self, x):
            return F.dropout(x, 0.5, training=self.training)

    return torch.fx.symbolic_trace(Net().eval()), X


@legitimate("an autograd function of one's own", grad=True)
def autograd_function():
    class Reverse(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, gradient):
            return -gradient

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop = nn.Dropout(0.5)

        def forward(self, x):
            return Reverse.apply(self.drop(x))

    return Net().eval(), X.clone().requires_grad_()


@legitimate("a teacher in a tuple, in eval mode")
def hidden_teacher():
    class Student(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5))
            self.teacher = (nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5)).eval(),)

        def forward(self, x):
            return self.net(x) - self.teacher[0](x)

    return Student().eval(), X


@legitimate("a loss network in a list, in train mode, without anything that the mode means something to")
def hidden_linear():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.loss = [nn.Sequential(nn.Linear(8, 8), nn.ReLU())]

        def forward(self, x):
            return self.loss[0](x)

    return Net().eval(), X


@legitimate("a dropout kept in a list beside the ModuleList that registers it, or found through its parent")
def registered_twice():
    class Child(nn.Module):
        def __init__(self, parent):
            super().__init__()
            self.parent = [parent]  # a list, so that the parent is no child of its child

        def forward(self, x):
            return self.parent[0].drop(x)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop = nn.Dropout(0.5)
            self.by_name = {"drop": self.drop}
            self.child = Child(self)

        def forward(self, x):
            return self.child(self.by_name["drop"](x))

    return Net().eval(), X


@legitimate("a list of unregistered layers that train() takes along")
def own_train():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Dropout(0.5)]

        def train(self, mode=True):
            for layer in self.layers:
                layer.train(mode)
            return super().train(mode)

        def forward(self, x):
            return self.layers[0](x)

    return Net().eval(), X


@legitimate("parts of a model on an executor's threads")
def executor():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.part = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5))

        def forward(self, x):
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(self.part, x).result()

    return Net().eval(), X


@legitimate("augmentation on another thread while the model predicts", grad=True)
def augmentation_beside():
    net = nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5)).eval()

    def run():
        thread = threading.Thread(target=lambda: F.dropout(X, 0.3))
        thread.start()
        net(X)
        thread.join()

    return Scene(net, run=run)


@legitimate("a layer called dropout that drops columns of a table, always the same ones")
def named_dropout():
    class ColumnDropout(nn.Module):
        def __init__(self, columns):
            super().__init__()
            self.columns = columns

        def forward(self, x):
            return x[:, [i for i in range(x.shape[1]) if i not in self.columns]]

    return nn.Sequential(ColumnDropout({1, 2})).eval(), X


SEEDED = "that it draws is seen, that it draws the same at each call is not"


@legitimate("random features from a seed of one's own, the same at each call", missed=SEEDED)
def seeded():
    class Net(nn.Module):
        def forward(self, x):
            generator = torch.Generator().manual_seed(0)
            return x @ torch.randn(8, 8, generator=generator)

    return Net().eval(), X


@legitimate("a gated dropout under a partial and a lambda")
def partial():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop = lambda x: functools.partial(F.dropout, p=0.2)(x, training=self.training)

        def forward(self, x):
            return self.drop(x)

    return Net().eval(), X


@legitimate("text generated by sampling", quiet=RANDOM_ON_PURPOSE)
def sampled_text():
    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.out = nn.Embedding(11, 8), nn.Linear(8, 11)

        def forward(self, token):
            for _ in range(3):
                token = torch.multinomial(self.out(self.table(token)).softmax(-1), 1)[:, 0]
            return token

    return Decoder().eval(), torch.arange(4)


@legitimate("a masked auto-encoder, whose mask is random in eval mode too", quiet=RANDOM_ON_PURPOSE)
def random_patches():
    class Encoder(nn.Module):
        def forward(self, x):
            return x[:, torch.argsort(torch.rand(x.shape[1]))[:4]]

    return Encoder().eval(), X


@legitimate("Gumbel softmax in eval mode", quiet=RANDOM_ON_PURPOSE)
def gumbel():
    class Net(nn.Module):
        def forward(self, x):
            return F.gumbel_softmax(x, hard=True)

    return Net().eval(), X
