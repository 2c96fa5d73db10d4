"""Small models for programs to be handed: each has a `body`, which some start with frozen, and a `head`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

SEEN: list[tuple[bool, bool, int]] = []
"""What forward saw since this was cleared: the flag of a layer in the head, whether gradients were recorded, and which
layer it was: a copy is another.
"""


class Watch(nn.Module):
    """Reads its flag, as layers that people write do."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        SEEN.append((self.training, torch.is_grad_enabled(), id(self)))
        return x


class Raise(nn.Module):
    """The last layer of a model whose forward raises."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("the model raises")


class Net(nn.Module):
    """A body, and a head."""

    def __init__(self, body: nn.Module, head: Sequence[nn.Module]) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Sequential(*head)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """One row of logits per example."""
        return self.head(self.body(x))  # type: ignore[no-any-return]


Tail = Sequence[nn.Module]
Built = tuple[nn.Module, torch.Tensor]


def image(tail: Tail) -> Built:
    """Images; convolution, batch norm and dropout."""
    body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(4, 2), *tail)
    return Net(body, head), torch.rand(4, 3, 8, 8)


def sequential(tail: Tail) -> Built:
    """The same as one `nn.Sequential`, for what takes no other."""
    model, x = image(tail)
    return nn.Sequential(OrderedDict(model.named_children())), x


def vector(tail: Tail) -> Built:
    """Rows of numbers; linear layers, batch norm and dropout."""
    body = nn.Sequential(nn.Linear(8, 6), nn.BatchNorm1d(6), nn.ReLU())
    return Net(body, (nn.Dropout(0.5), nn.Linear(6, 2), *tail)), torch.rand(4, 8)


def plain(tail: Tail) -> Built:
    """Rows of numbers; linear layers and dropout, for what takes no batch norm."""
    body = nn.Sequential(nn.Linear(8, 6), nn.Dropout(0.2), nn.ReLU())
    return Net(body, (nn.Dropout(0.5), nn.Linear(6, 2), *tail)), torch.rand(4, 8)


def recurrent(tail: Tail) -> Built:
    """Sequences; an LSTM of two layers with dropout between them."""

    class First(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(8, 6, 2, batch_first=True, dropout=0.3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.lstm(x)[0][:, -1]  # type: ignore[no-any-return]

    return Net(First(), (nn.Dropout(0.5), nn.Linear(6, 2), *tail)), torch.rand(4, 5, 8)


def attention(tail: Tail) -> Built:
    """Sequences; one layer of a transformer."""
    body = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.2, batch_first=True)
    return Net(body, (nn.Dropout(0.5), nn.Linear(8, 2), *tail)), torch.rand(4, 5, 8)


MODELS: dict[str, Callable[[Tail], Built]] = {
    builder.__name__: builder for builder in (image, sequential, vector, plain, recurrent, attention)
}


def build(name: str, program: str, tail: Tail) -> Built:
    """The model called ``name``, or the one that ``program`` leaves as ``model``, with its input."""
    torch.manual_seed(0)
    if not program:
        return MODELS[name](tail)
    names: dict[str, Any] = {"torch": torch, "nn": nn, "x": None}
    exec(program, names)  # our own programs
    return names["model"], names["x"]
