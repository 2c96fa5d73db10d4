"""The pickle reader understands what `pickle` writes, in every protocol, and builds nothing but inert values."""

from __future__ import annotations

import ast
import collections
import io
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropout_lint.artifacts import inspection
from dropout_lint.artifacts.readers import inert
from dropout_lint.artifacts.readers.inert import OPAQUE, Global, Instance, Table
from dropout_lint.artifacts.readers.limits import STRING_BYTES, Unreadable
from dropout_lint.artifacts.readers.pickle_reader import read_pickle
from dropout_lint.artifacts.readers.stored_modules import class_of, entries

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


class Thing:
    """Something to pickle: a class with attributes."""

    def __init__(self) -> None:
        self.rate = 0.25
        self.names = ["a", "b"]


def read(value: object, protocol: int) -> Any:
    return read_pickle(io.BytesIO(pickle.dumps(value, protocol)))


def plain(value: Any) -> Any:
    """An inert value as Python's own, where it is one of the plain kinds."""
    if type(value) is Table:
        return {**value.named, **{plain(key): plain(item) for key, item in value.others}}
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    return value


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_plain_values_come_back(protocol: int) -> None:
    value: list[Any] = [
        None,
        True,
        False,
        0,
        -1,
        255,
        65536,
        -(2**40),
        2**100,
        0.5,
        -1e300,
        "",
        "näh\n",
        (),
        (1,),
        (1, 2, 3, 4),
        [],
    ]
    assert plain(read(value, protocol)) == value
    assert plain(read({"a": 1, "b": 2}, protocol)) == {"a": 1, "b": 2}
    assert plain(read({3: "x"}, protocol)) == {3: "x"}


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=30),
        lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner),
        max_leaves=20,
    ),
    st.sampled_from(PROTOCOLS),
)
def test_whatever_pickle_writes_is_understood(value: Any, protocol: int) -> None:
    assert plain(read(value, protocol)) == value


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_object_is_its_class_and_its_attributes(protocol: int) -> None:
    thing = read(Thing(), protocol)
    assert type(thing) is Instance
    assert class_of(thing) == Global(__name__, "Thing")
    assert thing.attributes == {"rate": 0.25, "names": ["a", "b"]}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_ordered_dict_has_its_items(protocol: int) -> None:
    assert entries(read(collections.OrderedDict(a=1, b=2), protocol)) == {"a": 1, "b": 2}


def test_a_value_that_is_named_twice_is_one_value() -> None:
    shared = [1]
    first, second = read([shared, shared], 4)
    assert first is second


def test_what_is_too_long_to_be_a_name_is_stepped_over() -> None:
    value = ["x" * (STRING_BYTES + 1), b"y" * (STRING_BYTES + 1), bytearray(3), 2**200, "kept"]
    assert [item is OPAQUE for item in read(value, 5)] == [True, True, True, True, False]


def test_the_position_afterwards_is_that_of_the_next_pickle() -> None:
    file = io.BytesIO(pickle.dumps(1) + pickle.dumps(2))
    assert (read_pickle(file), read_pickle(file)) == (1, 2)


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x80\x04", b".", b"(.", b"N", b"\xff.", b"h\x00.", b"0.", b"cos\n"])
def test_a_broken_pickle_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read_pickle(io.BytesIO(data))


def test_no_module_of_the_inspector_can_call_what_a_file_names() -> None:
    """No import by name, no eval, no unpickling anywhere in the package: there is nothing to call with."""
    folder = Path(inspection.__file__).parent
    imported, called = set(), set()
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                called.add(node.func.id)
    assert imported & {"pickle", "marshal", "shelve", "importlib", "subprocess", "ctypes", "runpy", "builtins"} == set()
    assert called & {"eval", "exec", "compile", "__import__", "globals", "setattr"} == set()


def test_inert_values_have_no_behaviour() -> None:
    """None of the four classes defines a method that Python would call for an operator, a call or an attribute."""
    for cls in (inert.Global, inert.Opaque, inert.Table, inert.Instance):
        assert not {"__call__", "__getattr__", "__reduce__", "__del__"} & set(vars(cls))
