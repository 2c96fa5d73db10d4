"""The operators that depend on a mode flag or a drop probability, and when that is in effect.

Trailing arguments that equal their default are not passed to a Python kernel, so look-ups of those have one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dropout_lint.knowledge.aten import DROPOUT, RECURRENT, position

Arguments = Sequence[Any]


@dataclass(frozen=True)
class Operator:
    """One operator of `aten` and how to see that it is in effect."""

    name: str  # with its overload if that is not the default one: "lstm.input"
    active: Callable[[Arguments], bool]
    p: Callable[[Arguments], float | None]
    composite: bool = True  # False: every backend has a kernel of its own
    transformed: bool = False  # functorch has a kernel of its own for it
    flag: int | None = None  # position of the argument that says whether it is training, if it has one

    @property
    def short(self) -> str:
        """The name without its overload."""
        return self.name.partition(".")[0]

    def follows_a_flag(self, args: Arguments) -> bool:
        """Whether it would be in effect, with these arguments otherwise, if it were told that it is training."""
        if self.flag is None or len(args) <= self.flag:
            return False
        return self.active([*args[: self.flag], True, *args[self.flag + 1 :]])


def _argument(operator: str, name: str, default: Any = None) -> Callable[[Arguments], Any]:
    at = position(operator, name)
    return lambda args: args[at] if len(args) > at else default


def _no_rate(args: Arguments) -> None:
    """Normalisation and RReLU have no drop probability."""


def _dropout(name: str, *, composite: bool = True, transformed: bool = False) -> Operator:
    """Nothing is dropped with p=0; `native_dropout` takes None for True."""
    rate, train = position(name, "p"), position(name, "train")
    is_on = (lambda flag: flag is not False) if name == "native_dropout" else bool
    active: Callable[[Arguments], bool] = lambda args: is_on(args[train]) and args[rate] > 0  # noqa: E731
    return Operator(name, active, _argument(name, "p"), composite, transformed, flag=train)


def _attention(name: str) -> Operator:
    rate = _argument(name, "dropout_p", 0.0)
    return Operator(name, lambda args: rate(args) > 0, p=rate)


def _recurrent(name: str) -> Operator:
    """Dropout is between layers, so a single one has none."""
    rate, train, layers = (_argument(name, argument) for argument in ("dropout", "train", "num_layers"))
    active: Callable[[Arguments], bool] = lambda args: bool(train(args)) and rate(args) > 0 and layers(args) > 1  # noqa: E731
    return Operator(name, active, p=rate, flag=position(name, "train"))


def _norm(name: str, flag: str) -> Operator:
    """Active with running statistics that it does not use; without, both modes are the same."""
    trains, mean = position(name, flag), position(name, "running_mean")
    return Operator(name, lambda args: bool(args[trains]) and args[mean] is not None, p=_no_rate, flag=trains)


def _random_slope(name: str) -> Operator:
    flag = _argument(name, "training", False)
    return Operator(name, lambda args: bool(flag(args)), p=_no_rate, flag=position(name, "training"))


OPERATORS: tuple[Operator, ...] = (
    *(_dropout(name, transformed=True) for name in DROPOUT),
    _attention("scaled_dot_product_attention"),
    *(_recurrent(f"{name}.{batch}") for batch in ("input", "data") for name in RECURRENT),
    *map(_random_slope, ("rrelu", "rrelu_")),
    _norm("batch_norm", flag="training"),
    _norm("instance_norm", flag="use_input_stats"),
    _dropout("native_dropout", composite=False),
)
"""Every operator that a monitor watches."""
