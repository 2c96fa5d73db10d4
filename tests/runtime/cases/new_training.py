"""Correct training steps and passes with dropout on purpose: nothing to report while they are watched."""

# mypy: ignore-errors
# Models as their users write them: without annotations.

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.swa_utils import AveragedModel, update_bn
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, Dataset

from tests.runtime.cases.case import Scene, legitimate

X = torch.ones(4, 8)


def classifier():
    return nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 8))


@legitimate("a training step, then validation", grad=True)
def step_and_validation():
    net = classifier()

    def run():
        net.train()
        net(X).sum().backward()
        net.eval()
        with torch.no_grad():
            net(X)

    return Scene(net, run=run)


@legitimate("two views of a student, and a target network without gradients", quiet="default", grad=True)
def two_views():
    online, target = classifier(), classifier()

    def run():
        with torch.no_grad():
            wanted = target(X), target(X)
        loss = (online(X) - wanted[0]).pow(2).sum() + (online(X) - wanted[1]).pow(2).sum()
        loss.backward()

    return Scene(online, run=run)


@legitimate("a moving average of weights", grad=True)
def moving_average():
    net = classifier()
    average = AveragedModel(net)

    def run():
        net(X).sum().backward()
        average.update_parameters(net)

    return Scene(net, run=run)


@legitimate("batch norm recalibrated without gradients in train mode", grad=True)
def recalibration():
    net = classifier()
    return Scene(net, run=lambda: update_bn([X, X], net))


@legitimate("re-entrant checkpoint: its forward runs without gradients", grad=True)
def checkpointed():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.part = classifier()

        def forward(self, x):
            return checkpoint(self.part, x, use_reentrant=True)

    net = Net().train()
    return Scene(net, run=lambda: net(X.clone().requires_grad_()).sum().backward())


@legitimate("batch norm frozen while the rest trains", grad=True)
def frozen_norm():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = classifier()

        def train(self, mode=True):
            super().train(mode)
            self.body[1].eval()
            return self

        def forward(self, x):
            return self.body(x)

    net = Net().train()
    return Scene(net, run=lambda: net(X).sum().backward())


@legitimate("a frozen backbone in eval mode below a head that trains", grad=True)
def linear_probe():
    class Probe(nn.Module):
        def __init__(self):
            super().__init__()
            self.backbone = classifier().requires_grad_(False)
            self.head = nn.Sequential(nn.Dropout(0.5), nn.Linear(8, 2))

        def train(self, mode=True):
            super().train(mode)
            self.backbone.eval()
            return self

        def forward(self, x):
            return self.head(self.backbone(x))

    net = Probe().train()
    return Scene(net, run=lambda: net(X).sum().backward())


@legitimate("distillation from a copy in eval mode", grad=True)
def distillation():
    student = classifier()
    teacher = copy.deepcopy(student).eval()

    def run():
        with torch.no_grad():
            wanted = teacher(X)
        (student(X) - wanted).pow(2).sum().backward()

    return Scene(student, run=run)


@legitimate("an adversarial example found in eval mode, trained on in train mode", grad=True)
def adversarial():
    net = classifier()

    def run():
        x = X.clone().requires_grad_()
        net.eval()
        (gradient,) = torch.autograd.grad(net(x).sum(), x)
        net.train()
        net(X + 0.1 * gradient.sign()).sum().backward()

    return Scene(net, run=run)


@legitimate("augmentation with F.dropout in a data set, around a model in eval mode", grad=True)
def augmentation():
    class Augmented(Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return F.dropout(X[index], 0.2)

    net = classifier().eval()

    def run():
        with torch.no_grad():
            for batch in DataLoader(Augmented(), batch_size=2):
                net(batch)

    return Scene(net, run=run)


@legitimate("augmentation by a module of its own, in train mode, outside the model", quiet="default", grad=True)
def augmentation_module():
    noise = nn.Dropout(0.2)
    net = classifier().eval()

    def run():
        with torch.no_grad():
            net(noise(X))

    return Scene(net, run=run)


@legitimate("Monte-Carlo dropout, announced", grad=True)
def monte_carlo():
    from dropout_lint.runtime import expected_dropout

    net = classifier().eval()
    net[2].train()

    def run():
        with torch.no_grad(), expected_dropout(reason="uncertainty from 2 samples"):
            return torch.stack([net(X) for _ in range(2)]).std(0)

    return Scene(net, run=run)


@legitimate("Monte-Carlo dropout, by the context manager for it", grad=True)
def monte_carlo_context():
    from dropout_lint.runtime import monte_carlo_dropout

    net = classifier().eval()

    def run():
        with torch.no_grad(), monte_carlo_dropout(net):
            return torch.stack([net(X) for _ in range(2)]).std(0)

    return Scene(net, run=run)


@legitimate("an exploring policy: its rollout is in train mode, without gradients", quiet="default", grad=True)
def rollout():
    policy = classifier()

    def run():
        with torch.no_grad():
            actions = policy(X)
        (policy(X) - actions).pow(2).sum().backward()

    return Scene(policy, run=run)


@legitimate("two models, one in training and one in use", grad=True)
def two_models():
    generator, critic = classifier(), classifier().eval()
    return Scene(generator, run=lambda: critic(generator(X)).sum().backward())
