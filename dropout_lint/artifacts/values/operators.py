"""The operators of torch whose arguments say whether they train, and when they do no harm."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dropout_lint.artifacts.values.evidence import Hold, Kind
from dropout_lint.knowledge.aten import ARGUMENTS, DROPOUT, RECURRENT


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: its arguments in order, for each overload that matters."""

    kind: Kind
    overloads: tuple[tuple[str, ...], ...]
    rate: str | None = None
    flag: str | None = None  # None: the rate alone decides


UNKNOWN: Any = type("Unknown", (), {"__slots__": (), "__repr__": lambda self: "UNKNOWN"})()
"""The value of an argument that is known only at run time."""

_KINDS = {
    Kind.DROPOUT: ((*DROPOUT, "native_dropout"), "p", "train"),
    Kind.ATTENTION: (tuple(name for name in ARGUMENTS if "scaled_dot_product" in name), "dropout_p", None),
    Kind.RECURRENT: ((*RECURRENT, "quantized_lstm", "quantized_gru"), "dropout", "train"),
    Kind.RANDOM_SLOPE: (("rrelu", "rrelu_", "rrelu_with_noise"), None, "training"),
}
"""Kind -> its operators, and the names of rate and flag."""

_NORMS = {name: arguments[-1] for name, arguments in ARGUMENTS.items() if "_norm" in name}


def _overloads(name: str) -> tuple[tuple[str, ...], ...]:
    return (ARGUMENTS[name],) if name in ARGUMENTS else (ARGUMENTS[f"{name}.input"], ARGUMENTS[f"{name}.data"])


OPERATORS: dict[str, Operator] = {
    **{
        name: Operator(kind, _overloads(name), rate, flag)
        for kind, (names, rate, flag) in _KINDS.items()
        for name in names
    },
    **{
        name: Operator(Kind.BATCH_STATISTICS, _overloads(name), None, None if last == "running_var" else last)
        for name, last in _NORMS.items()
    },
}

RANDOM = frozenset(
    (
        *("bernoulli", "bernoulli_", "cauchy_", "exponential_", "geometric_", "log_normal_", "multinomial", "normal"),
        *("normal_", "poisson", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm"),
        *("uniform", "uniform_"),
    )
)
"""Operators that draw random numbers in either mode.  Sampling is what some models are for: worth a remark, no more,
unless they are in a layer that is there to drop, or run only in train mode.
"""


_DROPS = re.compile(r"drop(out|path|block)|stochastic_?depth", re.IGNORECASE)


def drops_by_name(owner: str | None) -> bool:
    """Whether a class is called as layers are that drop: `DropPath`, `StochasticDepth`.  ``owner`` is dotted."""
    return owner is not None and bool(_DROPS.search(owner.rpartition(".")[2]))


def named(operator: Operator, positional: list[Any]) -> dict[str, Any]:
    """``positional`` arguments by name.  Of two overloads, the one in which the flag is a bool."""
    best: dict[str, Any] = {}
    for overload in operator.overloads:
        best = dict(zip(overload, positional))
        if operator.flag is None or type(best.get(operator.flag)) is bool:
            break
    return best


def judge(operator: Operator, arguments: Mapping[str, Any]) -> tuple[Hold | None, float | None]:
    """Whether a call with these ``arguments`` trains, and its rate.  None: the arguments do not show it.

    An argument that is absent has its default; one that is `UNKNOWN` is not known here.
    """
    rate = arguments.get(operator.rate, 0.0 if operator.flag is None else 0.5) if operator.rate else None
    rate = as_rate(rate) if isinstance(rate, (int, float)) else UNKNOWN if operator.rate else None
    flag = True if operator.flag is None else arguments.get(operator.flag, UNKNOWN)
    shown = None if rate is UNKNOWN else rate
    if flag is False or rate == 0.0 or _harmless(operator, arguments):
        return Hold.OFF, shown
    if flag is None and operator.kind is Kind.DROPOUT:  # native_dropout takes None for True
        flag = True
    if flag is not True or (operator.flag is None and rate is UNKNOWN):
        return None, shown
    return Hold.BAKED, shown


def as_rate(number: float) -> float:
    """``number`` as a float; an integer that is too large for one is a rate as wrong as infinity."""
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _harmless(operator: Operator, arguments: Mapping[str, Any]) -> bool:
    if operator.kind is Kind.BATCH_STATISTICS:
        # Without running statistics, batch statistics are what there is, in either mode.
        return arguments.get("running_mean") is None
    if operator.kind is Kind.RECURRENT:
        return bool(arguments.get("num_layers") == 1)
    if operator.kind is Kind.RANDOM_SLOPE:
        return "lower" in arguments and arguments["lower"] == arguments.get("upper", UNKNOWN)
    return False
