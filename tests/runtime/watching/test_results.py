"""What a call returned is followed until a backward pass reaches it or it is freed."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass

import pytest

pytest.importorskip("torch")

import torch
from torch import Tensor, nn

from dropout_lint.runtime.watching.results import followed

LAYER = nn.Linear(2, 2)


@dataclass
class Answer:
    """An object of the user's own."""

    scores: Tensor
    note: str = "text"


class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: object, *gradients: Tensor) -> Tensor:
        return gradients[0] * 2


SHAPES: dict[str, Callable[[Tensor], object]] = {
    "tensor": lambda x: x,
    "tuple": lambda x: (x, None, 3),
    "mapping": lambda x: {"scores": x, "size": x.shape},
    "object": Answer,
    "nested": lambda x: [{"layers": [Answer(x)]}],
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_backward_pass_is_seen(shape: Callable[[Tensor], object]) -> None:
    out = LAYER(torch.ones(1, 2))
    graph, reach = followed(shape(out), LAYER)
    assert graph
    assert reach is not None
    assert reach.is_open
    out.sum().backward()
    assert reach.reached
    del out
    assert not reach.is_unused


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_result_that_is_freed_was_not_used(shape: Callable[[Tensor], object]) -> None:
    result = shape(LAYER(torch.ones(1, 2)))
    _, reach = followed(result, LAYER)
    assert reach is not None
    assert reach.is_open
    del result
    assert reach.is_unused


def test_a_node_that_is_written_in_python_is_followed_too() -> None:
    out: Tensor = Double.apply(LAYER(torch.ones(1, 2)))  # type: ignore[no-untyped-call]
    _, reach = followed(out, LAYER)
    assert reach is not None
    assert reach.is_open
    torch.autograd.backward(out.sum())
    assert reach.reached


def test_what_was_computed_from_a_result_keeps_it_open() -> None:
    result = LAYER(torch.ones(1, 2))
    _, reach = followed(result, LAYER)
    assert reach is not None
    loss = result.sum()
    tensor = weakref.ref(result)
    del result
    assert tensor() is None
    assert reach.is_open
    loss.backward()
    assert reach.reached


def test_what_cannot_be_looked_into_is_never_called_unused() -> None:
    result = [LAYER(torch.ones(1, 2)), object()]
    _, reach = followed(result, LAYER)
    assert reach is not None
    del result
    assert not reach.is_unused


def test_without_a_graph_there_is_nothing_to_follow() -> None:
    assert followed(torch.ones(2), LAYER) == (False, None)
    assert followed(LAYER.weight, LAYER) == (True, None)
    assert followed(object(), LAYER) == (True, None)
    assert followed(object(), nn.ReLU()) == (False, None)


def test_functional_gradients_are_left_alone() -> None:
    seen: list[object] = []

    def loss(x: Tensor) -> Tensor:
        out = LAYER(x)
        seen.append(followed(out, LAYER))
        return out.sum()  # type: ignore[no-any-return]

    torch.func.grad(loss)(torch.ones(1, 2))
    assert seen == [(True, None)]
