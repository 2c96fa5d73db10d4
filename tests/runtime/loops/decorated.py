"""Inference in functions below a decorator, of torch or of the project, and what is right there."""

from __future__ import annotations

import contextlib
import copy
import functools
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, update_bn

from tests.runtime.loops.known import EVAL_LOOP, INFERENCE
from tests.runtime.loops.parts import Loops, Net, batches, sgd, train_epoch

DECORATED = Loops()


@torch.no_grad()
def scored(model: nn.Module) -> list[Tensor]:
    return [model(x) for x in batches()]


@torch.inference_mode()
def inferred(model: nn.Module) -> list[Tensor]:
    return [model(x) for x in batches()]


@torch.no_grad()
def streamed(model: nn.Module) -> Iterator[Tensor]:
    for x in batches():
        yield model(x)


@contextlib.contextmanager
def without_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


@without_gradients()
def scored_by_a_context(model: nn.Module) -> list[Tensor]:
    return [model(x) for x in batches()]


def silently(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that does not say what it wraps."""

    def wrapper(*args: Any) -> Any:
        with torch.no_grad():
            return function(*args)

    return wrapper


@silently
def scored_by_the_project(model: nn.Module) -> list[Tensor]:
    return [model(x) for x in batches()]


class Predictor:
    """Puts its model in eval mode when it is used first."""

    def __init__(self, once: bool) -> None:
        self.model = Net()
        self.once = once
        self.used = False

    def fit(self) -> None:
        self.model.train()
        train_epoch(self.model, sgd(self.model))

    @torch.no_grad()
    def predict(self) -> list[Tensor]:
        if not (self.once and self.used):
            self.model.eval()
            self.used = True
        return [self.model(x) for x in batches()]


@DECORATED.buggy(INFERENCE)
def a_loaded_model_is_used_under_no_grad() -> None:
    model = Net()
    model.load_state_dict(Net().state_dict())
    scored(model)


@DECORATED.buggy(INFERENCE)
def a_loaded_model_is_used_in_inference_mode() -> None:
    model = Net()
    model.load_state_dict(Net().state_dict())
    inferred(model)


@DECORATED.buggy(INFERENCE)
def a_loaded_model_is_used_by_a_generator() -> None:
    model = Net()
    model.load_state_dict(Net().state_dict())
    list(streamed(model))


@DECORATED.buggy(INFERENCE)
def a_loaded_model_is_used_below_a_context_of_the_project() -> None:
    model = Net()
    model.load_state_dict(Net().state_dict())
    scored_by_a_context(model)
    scored_by_the_project(model)


@DECORATED.buggy(INFERENCE)
def the_slow_copy_of_a_model_in_train_mode_is_used() -> None:
    model = Net()
    slow = copy.deepcopy(model).requires_grad_(False)
    train_epoch(model, sgd(model))
    scored(slow)


@DECORATED.buggy(EVAL_LOOP)
def the_second_prediction_is_made_in_the_mode_of_the_training_before() -> None:
    predictor = Predictor(once=True)
    predictor.predict()
    predictor.fit()
    predictor.predict()


@DECORATED.buggy(EVAL_LOOP)
def validation_by_a_decorated_function() -> None:
    model = Net()
    optimizer = sgd(model)
    for _ in range(2):
        train_epoch(model, optimizer)
        scored(model)


@DECORATED.buggy("mixed-mode")
def a_new_layer_of_a_model_in_eval_mode_is_used() -> None:
    model = Net().eval()
    model.drop = nn.Dropout(0.3)
    scored(model)


@DECORATED.legitimate()
def each_of_them_in_eval_mode() -> None:
    model = Net()
    model.load_state_dict(Net().state_dict())
    model.eval()
    scored(model)
    inferred(model)
    list(streamed(model))
    scored_by_a_context(model)
    scored_by_the_project(model)


@DECORATED.legitimate()
def the_slow_copy_is_in_eval_mode() -> None:
    model = Net()
    slow = copy.deepcopy(model).eval().requires_grad_(False)
    train_epoch(model, sgd(model))
    scored(slow)


@DECORATED.legitimate()
def each_prediction_sets_the_mode() -> None:
    predictor = Predictor(once=False)
    predictor.predict()
    predictor.fit()
    predictor.predict()


@DECORATED.legitimate()
def a_new_layer_is_there_before_eval() -> None:
    model = Net()
    model.drop = nn.Dropout(0.3)
    model.eval()
    scored(model)


@DECORATED.legitimate()
def a_decorated_teacher_in_each_step() -> None:
    model, teacher = Net(), Net().requires_grad_(False)
    optimizer = sgd(model)

    @torch.no_grad()
    def targets(x: Tensor) -> Tensor:
        result: Tensor = teacher(x)
        return result

    for x in batches(6):
        optimizer.zero_grad()
        (model(x) - targets(x)).pow(2).mean().backward()
        optimizer.step()


@DECORATED.legitimate()
def statistics_are_updated_below_another_decorator() -> None:
    model = Net()
    train_epoch(model, sgd(model))
    average = AveragedModel(model)
    silently(update_bn)(batches(), average)
    functools.wraps(update_bn)(lambda *args: update_bn(*args))(batches(), average)
    average.eval()
    scored(average)
