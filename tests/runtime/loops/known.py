"""The loops that the watcher was designed with: eleven bugs, twenty techniques that look like them."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, update_bn
from torch.utils.checkpoint import checkpoint

from tests.runtime.loops.parts import (
    Backbone,
    Loops,
    Net,
    Plain,
    WithBackbone,
    batches,
    sgd,
    train_batch,
    train_epoch,
    validate,
)

KNOWN = Loops()
EVAL_LOOP = "eval-loop-in-train-mode"
TRAIN_STEP = "train-step-in-eval-mode"
PART = "train-step-with-part-in-eval-mode"
INFERENCE = "inference-in-train-mode"
EXPORT = "export-in-train-mode"


@KNOWN.buggy(TRAIN_STEP)
def forgot_train_after_eval() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(3):
        train_epoch(model, optimizer)
        model.eval()
        validate(model)


@KNOWN.buggy(EVAL_LOOP)
def no_eval_in_validation() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        model.train()
        train_epoch(model, optimizer)
        validate(model)


@KNOWN.buggy(EVAL_LOOP)
def no_eval_under_inference_mode() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        train_epoch(model, optimizer)
        with torch.inference_mode():
            print(sum(float(model(x).sum()) for x in batches()) > 1e9)


@KNOWN.buggy(EVAL_LOOP, TRAIN_STEP)
def swapped() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        model.eval()
        train_epoch(model, optimizer)
        model.train()
        validate(model)


@KNOWN.buggy(TRAIN_STEP)
def validation_in_the_middle_of_an_epoch() -> None:
    model = Net()
    optimizer = sgd(model)
    model.train()
    for number, x in enumerate(batches(9)):
        train_batch(model, optimizer, x)
        if number == 4:
            model.eval()
            validate(model)


@KNOWN.buggy(EVAL_LOOP)
def eval_too_late() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        model.train()
        train_epoch(model, optimizer)
        validate(model)
        model.eval()


@KNOWN.buggy(TRAIN_STEP)
def pretrained_model_comes_in_eval() -> None:
    model = Net().eval()
    train_epoch(model, sgd(model))


@KNOWN.buggy(PART)
def trained_backbone_in_eval() -> None:
    model = WithBackbone()
    model.backbone.eval()
    train_epoch(model, sgd(model))


@KNOWN.buggy(EXPORT)
def trace_in_train_mode() -> None:
    torch.jit.trace(Net(), torch.randn(2, 6), check_trace=False)


@KNOWN.buggy(EXPORT)
def export_in_train_mode() -> None:
    torch.export.export(Net(norm=False), (torch.randn(2, 6),))


@KNOWN.buggy(INFERENCE)
def plain_inference() -> None:
    validate(Net())


@KNOWN.legitimate()
def correct_loop() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(3):
        model.train()
        train_epoch(model, optimizer)
        model.eval()
        validate(model)


@KNOWN.legitimate()
def monte_carlo_dropout() -> None:
    model = Net()
    train_epoch(model, sgd(model))
    model.eval()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.train()
    validate(model, 8)


@KNOWN.legitimate()
def frozen_batch_norm() -> None:
    model = Net()
    model.train()
    model.norm.eval()
    train_epoch(model, sgd(model))


def _gan(critic_steps: int) -> None:
    generator, critic = Net(), Net()
    for_generator, for_critic = sgd(generator), sgd(critic)
    for _ in range(4):
        for x in batches(critic_steps):
            with torch.no_grad():
                fake = generator(x)
            for_critic.zero_grad()
            (critic(x).mean() - critic(fake.expand(-1, 6)).mean()).backward()
            for_critic.step()
        for_generator.zero_grad()
        critic(generator(torch.randn(4, 6)).expand(-1, 6)).mean().backward()
        for_generator.step()


@KNOWN.legitimate()
def gan_with_one_critic_step() -> None:
    _gan(1)


@KNOWN.legitimate()
def gan_with_five_critic_steps() -> None:
    _gan(5)


@KNOWN.legitimate()
def byol_with_two_views() -> None:
    online = Net()
    target = copy.deepcopy(online)
    optimizer = sgd(online)
    for x in batches(4):
        with torch.no_grad():
            goals = target(x), target(x + 0.1)
        optimizer.zero_grad()
        sum((online(view) - goal).pow(2).mean() for view, goal in zip((x + 0.1, x), goals)).backward()
        optimizer.step()
        _follow(target, online)


def _follow(follower: nn.Module, leader: nn.Module) -> None:
    with torch.no_grad():
        for mine, theirs in zip(follower.parameters(), leader.parameters()):
            mine.mul_(0.9).add_(theirs, alpha=0.1)


@KNOWN.legitimate()
def mean_teacher() -> None:
    student = Net()
    teacher = copy.deepcopy(student)
    optimizer = sgd(student)
    for x in batches(4):
        with torch.no_grad():
            goal = teacher(x)
        optimizer.zero_grad()
        (student(x) - goal).pow(2).mean().backward()
        optimizer.step()
        _follow(teacher, student)


@KNOWN.legitimate()
def reentrant_checkpoint() -> None:
    model = Net(norm=False)
    optimizer = sgd(model)
    for x in batches(4):
        optimizer.zero_grad()
        x = x.requires_grad_()
        for part in (x, x + 1, x + 2):
            checkpoint(model, part, use_reentrant=True).mean().backward()
        optimizer.step()


@KNOWN.legitimate()
def update_bn_after_training() -> None:
    model = Net()
    optimizer = sgd(model)
    average = AveragedModel(model)
    for _ in range(2):
        train_epoch(model, optimizer)
        average.update_parameters(model)
    update_bn(batches(), average)
    average.eval()
    validate(average)


@KNOWN.legitimate()
def stochastic_weight_averaging_of_the_model_itself() -> None:
    model = Net()
    train_epoch(model, sgd(model))
    update_bn(list(batches()), model)
    model.eval()
    validate(model)


@KNOWN.legitimate()
def frozen_backbone() -> None:
    model = WithBackbone(head_dropout=0.1)
    model.backbone.requires_grad_(False).eval()
    train_epoch(model, sgd(model))


@KNOWN.legitimate()
def linear_probe() -> None:
    backbone, head = Backbone().eval().requires_grad_(False), nn.Linear(8, 1)
    optimizer = sgd(head)
    for x in batches():
        with torch.no_grad():
            features = backbone(x)
        train_batch(head, optimizer, features)


@KNOWN.legitimate()
def adversarial_attack() -> None:
    model = Net().eval()
    x = torch.randn(4, 6, requires_grad=True)
    optimizer = torch.optim.Adam([x], lr=0.1)
    for _ in range(4):
        optimizer.zero_grad()
        model(x).mean().backward()
        optimizer.step()


@KNOWN.legitimate()
def dry_run_of_lazy_layers() -> None:
    model = nn.Sequential(nn.LazyLinear(8), nn.Dropout(0.5), nn.LazyLinear(1))
    with torch.no_grad():
        model(torch.randn(2, 6))
    optimizer = sgd(model)
    train_epoch(model, optimizer)
    model.eval()
    validate(model)


@KNOWN.legitimate()
def distillation() -> None:
    teacher, student = Net().eval(), Net()
    optimizer = sgd(student)
    for x in batches():
        with torch.no_grad():
            goal = teacher(x)
        optimizer.zero_grad()
        (student(x) - goal).pow(2).mean().backward()
        optimizer.step()


@KNOWN.legitimate()
def consistency_step() -> None:
    model = Net()
    optimizer = sgd(model)
    for x in batches(4):
        with torch.no_grad():
            goal = model(x)
        optimizer.zero_grad()
        (model(x + 0.1) - goal).pow(2).mean().backward()
        optimizer.step()


@KNOWN.legitimate()
def rollout_without_layers_that_matter() -> None:
    policy = Plain()
    optimizer = sgd(policy)
    for _ in range(3):
        validate(policy)
        train_epoch(policy, optimizer)


@KNOWN.legitimate()
def dropout_of_zero() -> None:
    model = Net(p=0.0, norm=False)
    optimizer = sgd(model)
    for _ in range(2):
        train_epoch(model, optimizer)
        validate(model)


@KNOWN.legitimate()
def two_models_one_evaluated() -> None:
    model, other = Net(), Net().eval()
    optimizer = sgd(model)
    for _ in range(2):
        train_epoch(model, optimizer)
        validate(other)


@KNOWN.legitimate()
def gradient_accumulation() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        for x in batches(4):
            (model(x).pow(2).mean() / 4).backward()
        optimizer.step()
        optimizer.zero_grad()


@KNOWN.legitimate()
def validation_of_one_batch_per_step() -> None:
    model = Net()
    optimizer = sgd(model)
    for x in batches(4):
        model.train()
        train_batch(model, optimizer, x)
        model.eval()
        validate(model, 1)
