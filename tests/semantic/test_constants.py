"""Constant folding: a table of cases.  The expression under test is the argument of `probe`."""

from __future__ import annotations

import math

import pytest

from dropout_lint.semantic.constants import Container, Origin, constants_of
from tests.probe import probed

LITERAL, CONSTANT, DEFAULT = Origin.LITERAL, Origin.CONSTANT, Origin.DEFAULT

CERTAIN = {
    "a number": ("probe(0.5)", 0.5, LITERAL),
    "a text": ("probe('eval')", "eval", LITERAL),
    "None": ("probe(None)", None, LITERAL),
    "a sign": ("probe(-1)", -1, LITERAL),
    "arithmetic": ("probe(1 - 0.25 * 2)", 0.5, LITERAL),
    "a name": ("rate = 0.5\nprobe(rate)", 0.5, CONSTANT),
    "a name of the function": ("def f():\n    rate = 0.5\n    probe(rate)", 0.5, CONSTANT),
    "a name of the module": ("rate = 0.5\ndef f():\n    probe(rate)", 0.5, CONSTANT),
    "a name made of a name": ("keep = 0.75\nrate = 1 - keep\nprobe(rate)", 0.25, CONSTANT),
    "an annotated name": ("rate: float = 0.5\nprobe(rate)", 0.5, CONSTANT),
    "an attribute of the class": (
        "class A:\n    rate = 0.5\n    def f(self):\n        probe(self.rate)",
        0.5,
        CONSTANT,
    ),
    "a default": ("def f(rate=0.5):\n    probe(rate)", 0.5, DEFAULT),
    "a default by keyword": ("def f(*, rate=0.5):\n    probe(rate)", 0.5, DEFAULT),
    "a constant of a library": ("import math\nprobe(math.inf)", math.inf, LITERAL),
}


@pytest.mark.parametrize(("code", "value", "origin"), CERTAIN.values(), ids=CERTAIN)
def test_an_expression_is_worth_what_it_is_on_every_path(code: str, value: object, origin: Origin) -> None:
    source, expression = probed(code)
    found = constants_of(source).fold(expression)
    assert found is not None
    assert (found.value, found.origin) == (value, origin)


DOUBTFUL = {
    "nothing binds it": "probe(rate)",
    "it is bound twice": "rate = 0.5\nrate = 0.1\nprobe(rate)",
    "it is bound in two branches": "if x:\n    rate = 0.5\nelse:\n    rate = 0.1\nprobe(rate)",
    "it is counted up": "rate = 0.5\nrate += 0.1\nprobe(rate)",
    "a parameter without a default": "def f(rate):\n    probe(rate)",
    "a parameter that is rebound": "def f(rate=0.5):\n    rate = g(rate)\n    probe(rate)",
    "a loop variable": "for rate in (0.1, 0.5):\n    probe(rate)",
    "a call": "probe(g(0.5))",
    "a division by zero": "probe(1 / 0)",
    "texts are not added": "probe('a' + 'b')",
    "a text is not repeated": "probe('a' * 9)",
    "a text has no sign": "probe(-'a')",
    "truth has no sign": "probe(-True)",
    "powers": "probe(2 ** 3)",
    "an integer without end": "a = 1 << 9\nprobe(" + " * ".join(["9" * 300] * 9) + ")",
    "names that are made of each other": "a = b + 1\nb = a + 1\nprobe(a)",
    "an attribute that a method sets": (
        "class A:\n    rate = 0.5\n    def __init__(self):\n        self.rate = g()\n"
        "    def f(self):\n        probe(self.rate)"
    ),
    "an attribute of something else": "class A:\n    rate = 0.5\ndef f(x):\n    probe(x.rate)",
    "`global` in another function": "rate = 0.5\ndef f():\n    global rate\n    rate = 0.1\nprobe(rate)",
}


@pytest.mark.parametrize("code", DOUBTFUL.values(), ids=DOUBTFUL)
def test_an_expression_is_worth_nothing_where_the_code_leaves_a_doubt(code: str) -> None:
    source, expression = probed(code)
    assert constants_of(source).fold(expression) is None


@pytest.mark.parametrize("text", ["[]", "(1,)", "{}", "{1}", "[x for x in y]", "{x: 1 for x in y}", "(x for x in y)"])
def test_a_container_is_one_whatever_is_in_it(text: str) -> None:
    source, expression = probed(f"probe({text})")
    found = constants_of(source).fold(expression)
    assert found is not None
    assert isinstance(found.value, Container)
    assert not found.is_number


@pytest.mark.parametrize(("text", "expected"), [("1", True), ("0.5", True), ("True", False), ("'1'", False)])
def test_truth_is_no_number(text: str, expected: bool) -> None:
    source, expression = probed(f"probe({text})")
    found = constants_of(source).fold(expression)
    assert found is not None
    assert found.is_number is expected
