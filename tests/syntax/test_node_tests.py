"""Tests of single nodes of syntax, with the cases in which earlier definitions differed."""

from __future__ import annotations

import ast

import pytest

from dropout_lint.syntax.node_tests import (
    attribute_of_self,
    is_none,
    is_receiver,
    is_self,
    is_super_call,
    is_zero,
    last_name,
)


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", True),
        ("0.0", True),
        ("False", True),
        ("0j", True),
        ("None", False),
        ("''", False),
        ("b''", False),
        ("1", False),
        ("-0.0", False),  # an operation on a zero
        ("zero", False),
    ],
)
def test_a_zero_is_a_number_that_is_written_out(text: str, expected: bool) -> None:
    assert is_zero(expression(text)) is expected


def test_nothing_at_all_is_no_zero_and_no_none() -> None:
    assert not is_zero(None)
    assert not is_none(None)
    assert is_none(expression("None"))


def test_self_is_one_receiver_and_cls_another() -> None:
    assert [is_self(expression(text)) for text in ("self", "cls", "this", "self.a")] == [True, False, False, False]
    assert [is_receiver(expression(text)) for text in ("self", "cls", "this")] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("self.drop", "drop"), ("self.drop.p", None), ("cls.drop", None), ("other.drop", None), ("self", None)],
)
def test_the_attribute_of_self_is_a_direct_one(text: str, expected: str | None) -> None:
    assert attribute_of_self(expression(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("a.b.c", "c"), ("c", "c"), ("f().c", "c"), ("f()", None), ("a[0]", None)]
)
def test_the_last_name_of_a_call_is_none(text: str, expected: str | None) -> None:
    assert last_name(expression(text)) == expected


def test_super_may_be_called_with_arguments() -> None:
    assert [is_super_call(expression(text)) for text in ("super()", "super(A, self)", "super", "x.super()")] == [
        True,
        True,
        False,
        False,
    ]
