"""Techniques that the watcher was not designed with; written down before it was run on them."""

from __future__ import annotations

import contextlib
import copy
import threading
from collections.abc import Iterator

import torch
from torch import Tensor, nn
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

TECHNIQUES = Loops()


@TECHNIQUES.legitimate()
def gradient_caching() -> None:
    model = Net(norm=False)
    optimizer = sgd(model)
    for _ in range(3):
        chunks = list(batches(3))
        states, results = [], []
        with torch.no_grad():
            for x in chunks:
                states.append(torch.get_rng_state())
                results.append(model(x))
        leaves = torch.cat(results).requires_grad_()
        leaves.pow(2).mean().backward()
        assert leaves.grad is not None
        optimizer.zero_grad()
        for x, state, gradient in zip(chunks, states, leaves.grad.split(4)):
            torch.set_rng_state(state)
            model(x).backward(gradient)
        optimizer.step()


@TECHNIQUES.legitimate()
def adversarial_training() -> None:
    model = Net()
    optimizer = sgd(model)
    for x in batches(4):
        model.eval()
        for _ in range(3):
            x = x.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(model(x).mean(), x)
            x = x + 0.01 * gradient.sign()
        model.train()
        train_batch(model, optimizer, x.detach())


@TECHNIQUES.legitimate()
def test_time_adaptation() -> None:
    model = Net()
    train_epoch(model, sgd(model))
    model.train()
    model.requires_grad_(False)
    model.norm.requires_grad_(True)
    optimizer = sgd(model)
    for x in batches(4):
        prediction = model(x)
        optimizer.zero_grad()
        prediction.sigmoid().var().backward()
        optimizer.step()


@TECHNIQUES.legitimate()
def sharpness_aware_steps() -> None:
    model = Net()
    optimizer = sgd(model)
    for x in batches(4):
        model(x).mean().backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.01)
        optimizer.zero_grad()
        model(x).mean().backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.sub_(0.01)
        optimizer.step()
        optimizer.zero_grad()


@TECHNIQUES.legitimate()
def momentum_contrast() -> None:
    query, key = Net(), Net()
    key.load_state_dict(query.state_dict())
    optimizer = sgd(query)
    for x in batches(4):
        with torch.no_grad():
            goals = [key(x), key(x + 0.1)]
        optimizer.zero_grad()
        (query(x) - torch.stack(goals).mean(0)).pow(2).mean().backward()
        optimizer.step()


@TECHNIQUES.legitimate()
def deep_q_learning() -> None:
    online, target = Net(norm=False), Net(norm=False)
    optimizer = sgd(online)
    for number, x in enumerate(batches(6)):
        if number % 3 == 0:
            target.load_state_dict(online.state_dict())
        online.eval()
        with torch.no_grad():
            actions = [online(x[:1]) for _ in range(4)]
        online.train()
        with torch.no_grad():
            goal = target(x) + target(x + 1)
        optimizer.zero_grad()
        (online(x) - goal - sum(actions)).pow(2).mean().backward()
        optimizer.step()


@TECHNIQUES.legitimate()
def dropped_critics_as_targets() -> None:
    critics = [Net(norm=False) for _ in range(2)]
    targets = [copy.deepcopy(critic) for critic in critics]
    optimizer = sgd(*critics)
    for x in batches(4):
        with torch.no_grad():
            goal = torch.min(*[target(x) for target in targets])
        optimizer.zero_grad()
        sum((critic(x) - goal).pow(2).mean() for critic in critics).backward()
        optimizer.step()


def _enable_dropout(module: nn.Module) -> None:
    if isinstance(module, nn.Dropout):
        module.train()


@TECHNIQUES.legitimate()
def monte_carlo_dropout_by_apply() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        model.train()
        train_epoch(model, optimizer)
        model.eval()
        model.apply(_enable_dropout)
        validate(model, 6)


@TECHNIQUES.legitimate()
def batch_norm_recalibrated_by_hand() -> None:
    model = Net()
    optimizer = sgd(model)
    train_epoch(model, optimizer)
    model.train()
    with torch.no_grad():
        for x in batches(6):
            model(x)
    model.eval()
    validate(model)
    model.train()
    train_epoch(model, optimizer)


@TECHNIQUES.legitimate()
def precise_batch_norm() -> None:
    model = Net()
    optimizer = sgd(model)
    train_epoch(model, optimizer)
    model.norm.reset_running_stats()  # type: ignore[operator]
    model.norm.momentum = None
    with torch.no_grad():
        for x in batches(6):
            _ = model(x)
    model.eval()
    validate(model)


@TECHNIQUES.legitimate()
def average_of_weights_evaluated() -> None:
    model = Net()
    average = copy.deepcopy(model).eval()
    optimizer = sgd(model)
    for _ in range(2):
        train_epoch(model, optimizer)
        with torch.no_grad():
            for mine, theirs in zip(average.parameters(), model.parameters()):
                mine.lerp_(theirs, 0.1)
        validate(average)


@TECHNIQUES.legitimate()
def meta_learning_with_clones() -> None:
    model = Net()
    outer = sgd(model)
    for _ in range(3):
        clone = copy.deepcopy(model)
        inner = sgd(clone)
        train_epoch(clone, inner, 2)
        outer.zero_grad()
        for mine, theirs in zip(model.parameters(), clone.parameters()):
            mine.grad = mine.data - theirs.data
        outer.step()


@TECHNIQUES.legitimate()
def pseudo_labels() -> None:
    model = Net()
    optimizer = sgd(model)
    for x in batches(4):
        with torch.no_grad():
            labels = model(x + 0.01).sigmoid().round()
        optimizer.zero_grad()
        (model(x + 0.1).sigmoid() - labels).pow(2).mean().backward()
        optimizer.step()


@TECHNIQUES.legitimate()
def two_passes_with_different_masks() -> None:
    model = Net()
    optimizer = sgd(model)
    for x in batches(4):
        optimizer.zero_grad()
        (model(x) - model(x)).pow(2).mean().backward()
        optimizer.step()


@TECHNIQUES.legitimate()
def virtual_adversarial_training() -> None:
    model = Net(norm=False)
    optimizer = sgd(model)
    for x in batches(4):
        with torch.no_grad():
            goal = model(x)
        direction = torch.randn_like(x)
        for _ in range(2):
            direction = (0.1 * direction).requires_grad_()
            (direction,) = torch.autograd.grad((model(x + direction) - goal).pow(2).mean(), direction)
        optimizer.zero_grad()
        (model(x + direction.detach()) - goal).pow(2).mean().backward()
        optimizer.step()


@TECHNIQUES.legitimate()
def saliency_maps_between_epochs() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        model.train()
        train_epoch(model, optimizer)
        model.eval()
        for x in batches():
            x.requires_grad_()
            model(x).sum().backward()
        model.zero_grad()


@TECHNIQUES.legitimate()
def learning_rate_search() -> None:
    model = Net()
    optimizer = sgd(model)
    before = copy.deepcopy(model.state_dict())
    for x in batches(5):
        train_batch(model, optimizer, x)
        for group in optimizer.param_groups:
            group["lr"] *= 1.5
    model.load_state_dict(before)
    train_epoch(model, optimizer)
    model.eval()
    validate(model)


@TECHNIQUES.legitimate()
def sanity_check_before_training() -> None:
    model = Net()
    optimizer = sgd(model)
    model.eval()
    validate(model, 2)
    model.train()
    for _ in range(2):
        train_epoch(model, optimizer)


@contextlib.contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    was = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was)


@TECHNIQUES.legitimate()
def mode_restored_by_a_context() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(3):
        train_epoch(model, optimizer)
        with _evaluating(model):
            validate(model)


@TECHNIQUES.legitimate()
def checkpointing_without_reentry() -> None:
    model = Net(norm=False)
    optimizer = sgd(model)
    for x in batches(4):
        optimizer.zero_grad()
        hidden = checkpoint(model.first, x, use_reentrant=False)
        checkpoint(nn.Sequential(model.drop, model.last), hidden, use_reentrant=False).mean().backward()
        optimizer.step()


@TECHNIQUES.legitimate()
def wrapped_in_data_parallel() -> None:
    model = nn.DataParallel(Net())
    optimizer = sgd(model)
    for _ in range(2):
        model.train()
        train_epoch(model, optimizer)
        model.module.eval()
        validate(model.module)


@TECHNIQUES.legitimate()
def compiled() -> None:
    model = Net(norm=False)
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    optimizer = sgd(model)
    for _ in range(2):
        model.train()
        for x in batches():
            optimizer.zero_grad()
            compiled(x).mean().backward()
            optimizer.step()
        model.eval()
        validate(model)


@TECHNIQUES.legitimate()
def copy_evaluated_in_a_thread() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        train_epoch(model, optimizer)
        thread = threading.Thread(target=validate, args=(copy.deepcopy(model).eval(),))
        thread.start()
        train_epoch(model, optimizer)
        thread.join()


@TECHNIQUES.legitimate()
def second_order_optimizer() -> None:
    model = Net()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=2)
    x = torch.randn(8, 6)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss: Tensor = model(x).pow(2).mean()
        loss.backward()
        return loss

    for _ in range(3):
        model.train()
        optimizer.step(closure)
        model.eval()
        validate(model)


@TECHNIQUES.legitimate()
def warming_up() -> None:
    model = Net()
    with torch.no_grad():
        for x in batches(5):
            model(x)
    optimizer = sgd(model)
    train_epoch(model, optimizer)


@TECHNIQUES.legitimate()
def shapes_of_an_untrained_model() -> None:
    model = Net()
    with torch.no_grad():
        assert model(torch.randn(3, 6)).shape == (3, 1)


@TECHNIQUES.legitimate()
def exported_in_eval() -> None:
    model = Net(norm=False)
    train_epoch(model, sgd(model))
    model.eval()
    torch.jit.trace(model, torch.randn(2, 6), check_trace=False)
    torch.export.export(model, (torch.randn(2, 6),))


@TECHNIQUES.legitimate()
def scripted_in_train_mode() -> None:
    scripted = torch.jit.script(Net())
    optimizer = sgd(scripted)
    train_epoch(scripted, optimizer)
    scripted.eval()
    validate(scripted)


@TECHNIQUES.legitimate()
def cross_validation() -> None:
    for _ in range(3):
        model = Net()
        optimizer = sgd(model)
        train_epoch(model, optimizer)
        model.eval()
        validate(model)


@TECHNIQUES.legitimate()
def siamese_pairs() -> None:
    model = Net()
    optimizer = sgd(model)
    for x in batches(4):
        optimizer.zero_grad()
        (model(x) - model(x.flip(0))).pow(2).mean().backward()
        optimizer.step()


@TECHNIQUES.legitimate()
def generator_with_accumulated_critic() -> None:
    generator, critic = Net(), Plain()
    for_critic = sgd(critic)
    for_generator = sgd(generator)
    for _ in range(3):
        for_critic.zero_grad()
        for x in batches(4):
            with torch.no_grad():
                fake = generator(x).expand(-1, 6)
            (critic(x).mean() - critic(fake).mean()).backward()
        for_critic.step()
        for_generator.zero_grad()
        critic(generator(torch.randn(4, 6)).expand(-1, 6)).mean().backward()
        for_generator.step()


@TECHNIQUES.legitimate()
def probe_with_everything_in_eval() -> None:
    model = WithBackbone()
    model.eval()
    model.backbone.requires_grad_(False)
    train_epoch(model, sgd(model))


@TECHNIQUES.legitimate()
def loss_through_a_fixed_network() -> None:
    features, model = Backbone(norm=True).requires_grad_(False), Net()
    optimizer = sgd(model)
    for x in batches(4):
        with torch.no_grad():
            goal = features(x)
        optimizer.zero_grad()
        (features(model(x).expand(-1, 6)) - goal).pow(2).mean().backward()
        optimizer.step()


@TECHNIQUES.legitimate()
def noise_optimised_through_a_generator() -> None:
    generator = Net().eval()
    generator.load_state_dict(Net().state_dict())
    noise = torch.zeros(4, 6, requires_grad=True)
    optimizer = torch.optim.SGD([noise], lr=0.1)
    for _ in range(4):
        optimizer.zero_grad()
        generator(noise).pow(2).mean().backward()
        optimizer.step()


@TECHNIQUES.legitimate()
def own_predictions_as_inputs() -> None:
    model = Net(norm=False)
    optimizer = sgd(model)
    for x in batches(6):
        with torch.no_grad():
            for _ in range(3):
                x = x + model(x)
        train_batch(model, optimizer, x)


@TECHNIQUES.legitimate()
def self_critical_baseline() -> None:
    model = Net(norm=False)
    optimizer = sgd(model)
    for x in batches(6):
        model.eval()
        with torch.no_grad():
            baseline = model(x) + model(x + 1)
        model.train()
        optimizer.zero_grad()
        (model(x) - baseline).pow(2).mean().backward()
        optimizer.step()


@TECHNIQUES.legitimate()
def interrupted_and_continued() -> None:
    model = Net()
    optimizer = sgd(model)
    with contextlib.suppress(RuntimeError):
        model(torch.randn(2, 5))
    train_epoch(model, optimizer)
    model.eval()
    validate(model)
