"""The operators of torch whose arguments say whether they train: where rate and flag stand, and when they do no harm.

Argument names and orders are the schemas of torch 2.13 (`torch.ops.aten.dropout.default._schema`): a test compares.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dropout_lint.artifacts.values.evidence import Hold, Kind


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: its arguments in order, for each overload that matters."""

    kind: Kind
    overloads: tuple[tuple[str, ...], ...]
    rate: str | None = None
    flag: str | None = None  # None: the rate alone decides


UNKNOWN: Any = type("Unknown", (), {"__slots__": (), "__repr__": lambda self: "UNKNOWN"})()
"""The value of an argument that is known only at run time."""

_DROPOUT = Operator(Kind.DROPOUT, (("input", "p", "train"),), "p", "train")
_NORM = ("input", "weight", "bias", "running_mean", "running_var")
_QKV = ("query", "key", "value")
_RNN = ("has_biases", "num_layers", "dropout", "train")


def _norm(*after: str, flag: str) -> Operator:
    return Operator(Kind.BATCH_STATISTICS, ((*_NORM, *after),), None, flag)


def _attention(*parameters: str) -> Operator:
    return Operator(Kind.ATTENTION, ((*_QKV, *parameters),), "dropout_p")


OPERATORS: dict[str, Operator] = {
    **dict.fromkeys(
        [name + suffix for name in ("dropout", "feature_dropout", "alpha_dropout") for suffix in ("", "_")]
        + ["feature_alpha_dropout", "feature_alpha_dropout_", "native_dropout"],
        _DROPOUT,
    ),
    "scaled_dot_product_attention": _attention("attn_mask", "dropout_p"),
    "_scaled_dot_product_attention_math": _attention("attn_mask", "dropout_p"),
    "_scaled_dot_product_flash_attention": _attention("dropout_p"),
    "_scaled_dot_product_flash_attention_for_cpu": _attention("dropout_p"),
    "_scaled_dot_product_efficient_attention": _attention("attn_bias", "compute_log_sumexp", "dropout_p"),
    "_scaled_dot_product_cudnn_attention": _attention("attn_bias", "compute_log_sumexp", "dropout_p"),
    "_scaled_dot_product_fused_attention_overrideable": _attention("attn_bias", "dropout_p"),
    **dict.fromkeys(
        ("lstm", "gru", "rnn_tanh", "rnn_relu", "quantized_lstm", "quantized_gru"),
        Operator(
            Kind.RECURRENT,
            (("input", "hx", "params", *_RNN), ("data", "batch_sizes", "hx", "params", *_RNN)),
            "dropout",
            "train",
        ),
    ),
    "batch_norm": _norm("training", flag="training"),
    "cudnn_batch_norm": _norm("training", flag="training"),
    "miopen_batch_norm": _norm("training", flag="training"),
    "native_batch_norm": _norm("training", flag="training"),
    "_native_batch_norm_legit": _norm("training", flag="training"),
    "_native_batch_norm_legit_functional": _norm("training", flag="training"),
    "_batch_norm_impl_index": _norm("training", flag="training"),
    "instance_norm": _norm("use_input_stats", flag="use_input_stats"),
    "_batch_norm_with_update": Operator(Kind.BATCH_STATISTICS, (_NORM,)),
    "_batch_norm_with_update_functional": Operator(Kind.BATCH_STATISTICS, (_NORM,)),
    "rrelu": Operator(Kind.RANDOM_SLOPE, (("self", "lower", "upper", "training"),), None, "training"),
    "rrelu_": Operator(Kind.RANDOM_SLOPE, (("self", "lower", "upper", "training"),), None, "training"),
    "rrelu_with_noise": Operator(
        Kind.RANDOM_SLOPE, (("self", "noise", "lower", "upper", "training"),), None, "training"
    ),
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
    if flag is None and operator is _DROPOUT:  # native_dropout takes None for True
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
