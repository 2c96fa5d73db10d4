"""Calls with gradients on: what a backward pass reaches is training, and all else is not."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tests.runtime.loops.known import EVAL_LOOP, INFERENCE, TRAIN_STEP
from tests.runtime.loops.parts import Loops, Net, batches, sgd, train_batch, train_epoch

GRADIENTS_ON = Loops()


def scores(model: nn.Module, count: int = 3) -> list[float]:
    """An evaluation that nobody switched gradients off for."""
    return [model(x).mean().item() for x in batches(count)]


def train_by_forward(model: nn.Module, optimizer: torch.optim.Optimizer, count: int = 4) -> None:
    """Training that goes past `__call__`."""
    for x in batches(count):
        optimizer.zero_grad()
        model.forward(x).pow(2).mean().backward()
        optimizer.step()


class Called(Net):
    """Does in `__call__` what others do in `forward`."""

    def __call__(self, x: Tensor) -> Tensor:
        return self.forward(x)


@GRADIENTS_ON.buggy(EVAL_LOOP)
def validation_in_train_mode() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        train_epoch(model, optimizer)
        assert scores(model)


@GRADIENTS_ON.buggy(EVAL_LOOP)
def results_with_their_graphs_are_collected() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        train_epoch(model, optimizer, 4)
        results = [model(x) for x in batches()]
        assert torch.cat(results).mean().item() != 0
        results.clear()


@GRADIENTS_ON.buggy(EVAL_LOOP)
def first_result_is_kept_for_the_whole_run() -> None:
    model = Net()
    optimizer = sgd(model)
    first = model(torch.randn(4, 6))
    for _ in range(2):
        train_epoch(model, optimizer)
        assert scores(model)
    assert first.requires_grad


@GRADIENTS_ON.buggy(EVAL_LOOP)
def trained_by_forward_and_validated_by_call() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(3):
        train_by_forward(model, optimizer)
        assert scores(model)


@GRADIENTS_ON.buggy(TRAIN_STEP)
def trained_by_forward_in_eval_mode() -> None:
    model = Net()
    optimizer = sgd(model)
    model.eval()
    train_by_forward(model, optimizer)


@GRADIENTS_ON.buggy(TRAIN_STEP)
def trained_in_eval_mode_by_a_call_of_its_own() -> None:
    model = Called()
    optimizer = sgd(model)
    model.eval()
    train_epoch(model, optimizer)


@GRADIENTS_ON.buggy(INFERENCE)
def loaded_and_used_with_gradients() -> None:
    model = Net()
    model.load_state_dict(Net().state_dict())
    assert scores(model)


@GRADIENTS_ON.buggy(INFERENCE)
def loaded_frozen_and_used() -> None:
    model = Net().requires_grad_(False)
    model.load_state_dict(Net().state_dict())
    assert scores(model)


@GRADIENTS_ON.buggy(TRAIN_STEP)
def trained_in_eval_mode_and_looked_at_in_train_mode() -> None:
    model = Net()
    optimizer = sgd(model)
    for x in batches(4):
        model.train()
        before = model(x).mean().item()
        model.eval()
        train_batch(model, optimizer, x)
        assert before == before


@GRADIENTS_ON.legitimate()
def validation_in_eval_mode_between_two_steps() -> None:
    model = Net()
    optimizer = sgd(model)
    for x in batches(4):
        model.eval()
        assert scores(model)
        model.train()
        train_batch(model, optimizer, x)


@GRADIENTS_ON.legitimate()
def trained_by_forward_and_validated_in_eval_mode() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(3):
        model.train()
        train_by_forward(model, optimizer)
        model.eval()
        assert scores(model)


@GRADIENTS_ON.legitimate()
def the_worst_of_several_batches_is_trained_on() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(3):
        worst: Tensor | None = None
        for x in batches(4):
            loss = model(x).pow(2).mean()
            if worst is None or loss.item() > worst.item():
                worst = loss
        assert worst is not None
        optimizer.zero_grad()
        worst.backward()
        optimizer.step()


@GRADIENTS_ON.legitimate()
def batches_with_a_bad_loss_are_skipped() -> None:
    model = Net()
    optimizer = sgd(model)
    for number, x in enumerate(batches(9)):
        loss = model(x).pow(2).mean()
        if number in (4, 5, 6):
            continue
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@GRADIENTS_ON.legitimate()
def losses_are_summed_before_the_backward_pass() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(3):
        optimizer.zero_grad()
        torch.stack([model(x).mean() for x in batches(4)]).sum().backward()
        optimizer.step()


@GRADIENTS_ON.legitimate()
def critic_of_detached_samples() -> None:
    generator, critic = Net(), Net()
    for_generator, for_critic = sgd(generator), sgd(critic)
    for _ in range(4):
        for x in batches(3):
            fake = generator(x).detach().expand(-1, 6)
            for_critic.zero_grad()
            (critic(x).mean() - critic(fake).mean()).backward()
            for_critic.step()
        for_generator.zero_grad()
        critic(generator(torch.randn(4, 6)).expand(-1, 6)).mean().backward()
        for_generator.step()


@GRADIENTS_ON.legitimate()
def shapes_of_a_loaded_model() -> None:
    model = Net()
    model.load_state_dict(Net().state_dict())
    result = model(torch.randn(4, 6))
    assert result.shape == (4, 1)


@GRADIENTS_ON.legitimate()
def samples_of_a_loaded_model_in_train_mode_on_purpose() -> None:
    model = Net(norm=False)
    model.load_state_dict(Net(norm=False).state_dict())
    model.train()
    samples = torch.stack([model(torch.ones(1, 6)) for _ in range(10)])
    assert float(samples.std()) > 0


@GRADIENTS_ON.legitimate()
def masks_of_a_lone_dropout() -> None:
    layer = nn.Dropout(0.5)
    x = torch.ones(8, requires_grad=True)
    masks = [layer(x).detach() for _ in range(4)]
    assert len(masks) == 4


@GRADIENTS_ON.legitimate()
def another_model_is_trained_before_this_one_is_tried() -> None:
    first, second = Net(), Net()
    train_epoch(first, sgd(first))
    with torch.no_grad():
        tried = [second(x) for x in batches(2)]
    train_epoch(second, sgd(second))
    assert tried
