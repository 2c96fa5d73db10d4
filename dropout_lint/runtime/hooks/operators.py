"""The operators that depend on a mode flag or a drop probability: where each has them, and when that is in effect.

Positions are those of the `aten` schemas, the same from torch 2.1 to 2.14.  Trailing arguments that equal their default
are not passed to a Python kernel, so look-ups of those have a default.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Arguments = Sequence[Any]


@dataclass(frozen=True)
class Operator:
    """One operator of `aten` and how to see that it is in effect."""

    name: str  # with its overload if that is not the default one: "lstm.input"
    active: Callable[[Arguments], bool]
    p: Callable[[Arguments], float | None]
    composite: bool = True  # False: every backend has a kernel of its own
    transformed: bool = False  # functorch has a kernel of its own for it

    @property
    def short(self) -> str:
        """The name without its overload."""
        return self.name.partition(".")[0]


def _at(position: int, default: Any = None) -> Callable[[Arguments], Any]:
    return lambda args: args[position] if len(args) > position else default


def _no_rate(args: Arguments) -> None:
    """Normalisation and RReLU have no drop probability."""


def _dropout(name: str, **where: bool) -> Operator:
    """``name(input, p, train)``: nothing is dropped with p=0."""
    return Operator(name, active=lambda args: bool(args[2]) and args[1] > 0, p=_at(1), **where)


def _recurrent(name: str, layers: int) -> Operator:
    """Dropout sits between layers, so a single one has none; ``layers`` is the position of their number."""
    rate, train = _at(layers + 1), _at(layers + 2)
    return Operator(name, active=lambda args: bool(train(args)) and rate(args) > 0 and args[layers] > 1, p=rate)


def _norm(name: str, flag: int) -> Operator:
    """Active with running statistics that it does not use; without, both modes are the same."""

    def active(args: Arguments) -> bool:
        return bool(args[flag]) and args[3] is not None

    return Operator(name, active=active, p=_no_rate)


_RATE_OF_ATTENTION = _at(4, 0.0)
_FLAG_OF_RRELU = _at(3, False)

_FAMILY = ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout")

OPERATORS: tuple[Operator, ...] = (
    *(_dropout(name + suffix, transformed=True) for name in _FAMILY for suffix in ("", "_")),
    Operator("scaled_dot_product_attention", lambda args: _RATE_OF_ATTENTION(args) > 0, p=_RATE_OF_ATTENTION),
    *(_recurrent(f"{name}.input", layers=4) for name in ("lstm", "gru", "rnn_tanh", "rnn_relu")),
    *(_recurrent(f"{name}.data", layers=5) for name in ("lstm", "gru", "rnn_tanh", "rnn_relu")),
    *(Operator(name, lambda args: bool(_FLAG_OF_RRELU(args)), p=_no_rate) for name in ("rrelu", "rrelu_")),
    _norm("batch_norm", flag=5),
    _norm("instance_norm", flag=5),
    Operator("native_dropout", lambda args: args[2] is not False and args[1] > 0, p=_at(1), composite=False),
)
"""Every operator that a monitor watches."""
