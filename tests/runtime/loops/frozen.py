"""Parts that `requires_grad=False` freezes, in train mode and in eval mode, while the rest is trained."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from tests.runtime.loops.parts import Backbone, Loops, Net, WithBackbone, sgd, train_epoch

FROZEN = Loops()
PART = "frozen-layers-in-train"


class Stack(nn.Module):
    """Blocks on top of each other, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Dropout(0.2)) for _ in range(4))
        self.head = nn.Linear(6, 1)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        result: Tensor = self.head(x)
        return result


class Contrast(nn.Module):
    """A network, and one that follows it."""

    def __init__(self) -> None:
        super().__init__()
        self.online, self.target = Net(), Net()
        self.target.load_state_dict(self.online.state_dict())
        self.target.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            for mine, other in zip(self.target.parameters(), self.online.parameters()):
                mine.data = mine.data * 0.9 + other.data * 0.1
            goal = self.target(x)
        result: Tensor = self.online(x) - goal
        return result


class Careful(WithBackbone):
    """Keeps its backbone in eval mode."""

    def train(self, mode: bool = True) -> Careful:
        super().train(mode)
        self.backbone.eval()
        return self


@FROZEN.buggy(PART)
def batch_norm_of_a_frozen_trunk() -> None:
    model = nn.Sequential(Backbone(norm=True), nn.Linear(8, 1))
    model[0].requires_grad_(False)
    train_epoch(model, sgd(model))


@FROZEN.buggy(PART)
def batch_norm_that_is_frozen_among_trained_layers() -> None:
    model = Net(p=0.0)
    model.norm.requires_grad_(False)
    train_epoch(model, sgd(model))


@FROZEN.buggy(PART)
def dropout_of_a_frozen_backbone() -> None:
    model = WithBackbone()
    model.backbone.requires_grad_(False).eval()
    for _ in range(2):
        model.train()
        train_epoch(model, sgd(model))


@FROZEN.legitimate()
def backbone_kept_in_eval_mode() -> None:
    model = Careful()
    model.backbone.requires_grad_(False)
    model.train()
    train_epoch(model, sgd(model))


@FROZEN.legitimate()
def lower_blocks_of_a_stack() -> None:
    model = Stack()
    model.blocks[:2].requires_grad_(False)
    train_epoch(model, sgd(model))


@FROZEN.legitimate()
def adapters_in_a_frozen_model() -> None:
    model = Stack()
    model.requires_grad_(False)
    for block in model.blocks[1:]:
        block.add_module("adapter", nn.Linear(6, 6))
    train_epoch(model, sgd(model))


@FROZEN.legitimate()
def target_that_follows_the_trained_part() -> None:
    model = Contrast()
    train_epoch(model, sgd(model), 4)


@FROZEN.legitimate()
def thawed_after_the_first_epoch() -> None:
    model = WithBackbone()
    model.backbone.requires_grad_(False)
    train_epoch(model, sgd(model))
    model.backbone.requires_grad_(True)
    train_epoch(model, sgd(model))


@FROZEN.legitimate()
def two_parts_that_take_turns() -> None:
    model = WithBackbone(head_dropout=0.1)
    optimizer = sgd(model)
    for backbone in (False, True, False, True):
        model.backbone.requires_grad_(backbone)
        model.head.requires_grad_(not backbone)
        train_epoch(model, optimizer, 2)


@FROZEN.legitimate()
def whole_model_frozen_behind_a_trained_one() -> None:
    first, judge = nn.Linear(6, 6), copy.deepcopy(Net()).requires_grad_(False)
    optimizer = sgd(first)
    for _ in range(3):
        optimizer.zero_grad()
        judge(first(torch.randn(4, 6))).mean().backward()
        optimizer.step()
