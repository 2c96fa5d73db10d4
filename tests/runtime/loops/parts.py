"""What the loops are made of: small models with and without layers whose mode matters, and data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn


class Net(nn.Module):
    """Dropout and batch norm, registered as they should be."""

    def __init__(self, p: float = 0.5, norm: bool = True) -> None:
        super().__init__()
        self.first = nn.Linear(6, 8)
        self.norm = nn.BatchNorm1d(8) if norm else nn.Identity()
        self.drop = nn.Dropout(p)
        self.last = nn.Linear(8, 1)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.last(self.drop(torch.relu(self.norm(self.first(x)))))
        return result


class Plain(nn.Module):
    """No layer whose mode matters."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 1)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.layer(x)
        return result


class Backbone(nn.Module):
    """Six features in, eight out, through dropout."""

    def __init__(self, norm: bool = False) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8) if norm else nn.ReLU(), nn.Dropout(0.2))

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.body(x)
        return result


class WithBackbone(nn.Module):
    """A backbone and a head."""

    def __init__(self, head_dropout: float = 0.0) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.drop = nn.Dropout(head_dropout)
        self.head = nn.Linear(8, 1)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.head(self.drop(self.backbone(x)))
        return result


def batches(count: int = 3, rows: int = 4) -> Iterator[Tensor]:
    """``count`` batches of six features."""
    for _ in range(count):
        yield torch.randn(rows, 6)


def sgd(*modules: nn.Module) -> torch.optim.SGD:
    """An optimizer of all that is trainable in ``modules``."""
    return torch.optim.SGD([p for module in modules for p in module.parameters() if p.requires_grad], lr=0.01)


def train_batch(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
    """One ordinary training step."""
    optimizer.zero_grad()
    model(x).pow(2).mean().backward()
    optimizer.step()


def train_epoch(model: nn.Module, optimizer: torch.optim.Optimizer, count: int = 3) -> None:
    """Training, in whatever mode the model is."""
    for x in batches(count):
        train_batch(model, optimizer, x)


def validate(model: nn.Module, count: int = 3) -> float:
    """Evaluation without gradients, in whatever mode the model is."""
    total = 0.0
    with torch.no_grad():
        for x in batches(count):
            total += float(model(x).mean())
    return total


@dataclass(frozen=True)
class Loop:
    """A training script in miniature, and the names of the findings that it must have."""

    name: str
    run: Callable[[], object]
    expected: tuple[str, ...]  # none: legitimate
    missed: str | None = None  # why the watcher is known to be wrong about it


Collector = Callable[[Callable[[], object]], Callable[[], object]]


class Loops:
    """Collects loops by decorator."""

    def __init__(self) -> None:
        self.all: list[Loop] = []

    def buggy(
        self, *expected: str, missed: str | None = None
    ) -> Callable[[Callable[[], object]], Callable[[], object]]:
        """The loop must have exactly these findings; ``missed`` says why it has others."""
        return self._collect(expected, missed)

    def legitimate(self, missed: str | None = None) -> Collector:
        """The loop must have no finding; ``missed`` says why it has one."""
        return self._collect((), missed)

    def _collect(self, expected: tuple[str, ...], missed: str | None) -> Collector:
        def collect(run: Callable[[], object]) -> Callable[[], object]:
            self.all.append(Loop(run.__name__, run, expected, missed))
            return run

        return collect
