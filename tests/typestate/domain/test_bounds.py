"""Values are bounded, cheap to compare, and joined to what takes in both sides; beyond the bounds nothing is said."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import rule_by_code
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain import bounds
from dropout_lint.typestate.domain.bounds import attribute_of, join_values, one_of, part_of, partial_of, tuple_of
from dropout_lint.typestate.domain.values import (
    DUMMY,
    MODELESS,
    UNKNOWN,
    AbstractObject,
    Const,
    Dotted,
    FunctionValue,
    ObjectKind,
    Tuple_,
    Union,
    Unknown,
    Value,
    made_object,
    may_hold,
)

SOURCE = SourceFile("a.py", "".join(f"f{n}(lambda: 0)\n" for n in range(6)))
CALLS = [node for node in ast.walk(SOURCE.tree) if isinstance(node, ast.Call)]
OBJECTS = [made_object(kind, SOURCE, call) for call in CALLS for kind in (ObjectKind.MODULE, ObjectKind.LIST)]
FUNCTIONS = [FunctionValue(SOURCE, node) for node in ast.walk(SOURCE.tree) if isinstance(node, ast.Lambda)]
LEAVES: list[Value] = [
    UNKNOWN, MODELESS, DUMMY, *OBJECTS, *FUNCTIONS, Dotted(SOURCE, "a"), *map(Const, (None, True, 2, "a", 0.5, 7, 8)),
]  # fmt: skip


def larger(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    """Values made of ``inner``, with all that makes values."""
    several = st.lists(inner, max_size=8)
    return st.one_of(
        st.builds(tuple_of, several),
        st.builds(lambda values, each: one_of(values, each=each), several, st.booleans()),
        st.builds(lambda function, given: partial_of(function, given, {}), st.sampled_from(FUNCTIONS), several),
        st.builds(join_values, inner, inner),
        st.builds(lambda value: tuple_of([value] * 5), inner),
    )


VALUES = st.recursive(st.sampled_from(LEAVES), larger, max_leaves=40)


def depth(value: Value) -> int:
    """How deep ``value`` is, told without its own word for it."""
    if isinstance(value, Tuple_):
        return 1 + max(map(depth, value.items), default=0)
    if isinstance(value, Union):
        return max(map(depth, value.items))
    return 1 + max(map(depth, value.given)) if isinstance(value, FunctionValue) and value.given else 0


def size(value: Value) -> int:
    inner = (
        value.items if isinstance(value, (Tuple_, Union)) else value.given if isinstance(value, FunctionValue) else ()
    )
    return 1 + sum(map(size, inner))


@given(VALUES)
def test_a_value_is_bounded_in_depth_and_size(value: Value) -> None:
    assert depth(value) <= bounds.MOST_DEPTH
    assert size(value) <= bounds.MOST_SIZE
    assert not isinstance(value, Union) or 1 < len(value.items) <= bounds.MOST_VALUES


@given(VALUES, VALUES)
def test_equal_values_have_one_hash_and_are_joined_to_themselves(one: Value, other: Value) -> None:
    assert one == one
    assert join_values(one, one) == one
    if one == other:
        assert hash(one) == hash(other)


@given(VALUES, VALUES)
def test_the_order_of_two_does_not_matter(one: Value, other: Value) -> None:
    assert join_values(one, other) == join_values(other, one)


@given(VALUES, VALUES)
def test_a_join_takes_in_both_sides(one: Value, other: Value) -> None:
    joined = join_values(one, other)
    assert join_values(joined, one) == joined
    assert join_values(joined, other) == joined


@given(st.lists(VALUES, min_size=1, max_size=12))
def test_joining_the_same_values_again_and_again_comes_to_rest(values: list[Value]) -> None:
    held, changes = values[0], 0
    for value in values * (len(values) + 2):
        joined = join_values(held, value)
        changes += joined != held
        held = joined
    assert [join_values(held, value) for value in values] == [held] * len(values)
    assert changes <= 2 * len(values)


@settings(max_examples=50)
@given(st.lists(st.sampled_from(OBJECTS), min_size=1, max_size=4, unique=True), VALUES)
def test_what_is_widened_still_holds_its_objects(objs: list[AbstractObject], value: Value) -> None:
    nested: Value = tuple_of([*objs, value])
    widened = 0
    for _ in range(bounds.MOST_DEPTH + 1):
        nested = tuple_of([nested])
        widened += isinstance(nested, Unknown)
    assert widened
    assert set(objs) <= set(may_hold(nested))
    assert set(may_hold(value)) <= set(may_hold(nested))


def test_parts_of_parts_and_attributes_of_attributes_end() -> None:
    part: Value = OBJECTS[0]
    for _ in range(bounds.MOST_PARTS):
        assert isinstance(part, AbstractObject)
        part = part_of(part, "part")
    assert isinstance(part, AbstractObject)
    assert part_of(part, "part") == Unknown((part,))
    name: str | None = "library"
    for _ in range(bounds.MOST_PARTS + 2):
        name = None if name is None else attribute_of(Dotted(SOURCE, name), "part")
    assert name is None


def findings(text: str) -> list[str]:
    head = "import torch\nfrom torch import nn\nfrom functools import partial\n"
    nets = "".join(
        f"net{n} = nn.Sequential(nn.Dropout(0.5))\nnet{n}.load_state_dict(torch.load('a'))\n" for n in range(30)
    )
    tail = "with torch.no_grad():\n    print(net0(read_image()).argmax())\n"
    return [finding.code for finding in check("a.py", head + nets + text + tail, [rule_by_code("DRP301")])]


NESTED = "s = net0\n" + "s = (s, 1)\n" * (bounds.MOST_DEPTH + 1)
ALL = ", ".join(f"net{n}" for n in range(30))
TO_EVAL = "def to_eval(nets):\n    for net in nets:\n        net.eval()\n"


@pytest.mark.parametrize(
    "switch",
    [
        f"for net in [{ALL}]:\n    net.eval()\n",
        f"nets = [{ALL}]\nnets[7].eval()\n",
        f"nets = [{ALL}]\nswitch_modes(nets)\n",
        f"nets = {{name: net for name, net in zip(names, [{ALL}])}}\nfor net in nets.values():\n    net.eval()\n",
        f"{TO_EVAL}to_eval([{ALL}])\n",
        f"{NESTED}switch_modes(s)\n",
        f"{NESTED}s[0][0].eval()\n",
        f"{NESTED}a, b = s\na.eval()\n",
        f"{NESTED}s.net.eval()\n",
        f"{NESTED}s.switch()\n",
        f"{NESTED}box = [s]\nswitch_modes(box)\n",
        f"{NESTED}box = dict(a=s)\nfor a in box.values():\n    a.eval()\n",
        "f = print\ns = partial(lambda *a: 0, net0)\n" + "s = partial(lambda *a: 0, s)\n" * 9 + "switch_modes(s)\n",
    ],
)
def test_nothing_is_said_of_a_model_that_a_value_too_large_may_have_switched(switch: str) -> None:
    assert findings(switch) == []


@pytest.mark.parametrize("use", ["pass\n", f"{NESTED}print(s)\n", f"nets = [{ALL}]\nprint(len(nets))\n"])
def test_a_large_value_that_nothing_is_done_to_loses_nothing(use: str) -> None:
    assert findings(use) == ["DRP301"]
