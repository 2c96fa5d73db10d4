"""The table of operators agrees with torch, and knows when an operator does no harm."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from dropout_lint.artifacts.values.evidence import Hold
from dropout_lint.artifacts.values.operators import OPERATORS, RANDOM, UNKNOWN, judge, named


def schemas(name: str) -> list[list[str]]:
    """The argument names of each overload that torch has."""
    packet = getattr(torch.ops.aten, name)
    overloads = [getattr(packet, overload) for overload in packet.overloads()]
    return [[argument.name for argument in overload._schema.arguments] for overload in overloads]


@pytest.mark.parametrize("name", OPERATORS)
def test_argument_names_and_orders_are_torch_s(name: str) -> None:
    operator = OPERATORS[name]
    first = {"self": "input", "hidden": "hx", "attn_bias": "attn_bias"}
    theirs = [[first.get(argument, argument) for argument in schema] for schema in schemas(name)]
    for overload in operator.overloads:
        ours = [first.get(argument, argument) for argument in overload]
        assert any(schema[: len(ours)] == ours for schema in theirs), theirs


@pytest.mark.parametrize("name", sorted(RANDOM))
def test_random_operators_exist(name: str) -> None:
    assert hasattr(torch.ops.aten, name)


RUNNING = {"running_mean": UNKNOWN, "running_var": UNKNOWN}


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("dropout", {"p": 0.3, "train": True}, (Hold.BAKED, 0.3)),
        ("dropout", {"p": 0.3, "train": False}, (Hold.OFF, 0.3)),
        ("dropout", {"p": 0.0, "train": True}, (Hold.OFF, 0.0)),
        ("dropout", {"p": 1, "train": True}, (Hold.BAKED, 1.0)),
        ("dropout", {"p": UNKNOWN, "train": True}, (Hold.BAKED, None)),
        ("dropout", {"p": 0.3, "train": UNKNOWN}, (None, 0.3)),
        ("native_dropout", {"p": 0.3, "train": None}, (Hold.BAKED, 0.3)),
        ("scaled_dot_product_attention", {}, (Hold.OFF, 0.0)),
        ("scaled_dot_product_attention", {"dropout_p": 0.1}, (Hold.BAKED, 0.1)),
        ("scaled_dot_product_attention", {"dropout_p": UNKNOWN}, (None, None)),
        ("lstm", {"dropout": 0.2, "train": True, "num_layers": 2}, (Hold.BAKED, 0.2)),
        ("lstm", {"dropout": 0.2, "train": True, "num_layers": 1}, (Hold.OFF, 0.2)),
        ("batch_norm", {**RUNNING, "training": True}, (Hold.BAKED, None)),
        ("batch_norm", {**RUNNING, "running_mean": None, "training": True}, (Hold.OFF, None)),
        ("_native_batch_norm_legit", {"training": True}, (Hold.OFF, None)),
        ("rrelu", {"lower": 0.1, "upper": 0.3, "training": True}, (Hold.BAKED, None)),
        ("rrelu", {"lower": 0.2, "upper": 0.2, "training": True}, (Hold.OFF, None)),
    ],
)
def test_judgement(name: str, arguments: dict[str, Any], expected: tuple[Hold | None, float | None]) -> None:
    assert judge(OPERATORS[name], arguments) == expected


def test_of_two_overloads_the_one_with_a_flag_is_taken() -> None:
    packed = [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, True, 2, 0.2, True, False]
    assert named(OPERATORS["lstm"], packed)["dropout"] == 0.2
    padded = [UNKNOWN, UNKNOWN, UNKNOWN, True, 2, 0.2, True, False, False]
    assert named(OPERATORS["lstm"], padded)["dropout"] == 0.2
