"""Modules that a model hides from `eval()`, found without running anything of the user's."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from dropout_lint.runtime import find_unregistered_modules  # noqa: E402
from dropout_lint.testing import assert_eval_propagates  # noqa: E402


class Holder(nn.Module):
    """Keeps ``value`` in an attribute."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.linear = nn.Linear(1, 1)
        self.value = value

    def method(self) -> None: ...


def paths(value: object) -> list[str]:
    return [path for path, _ in find_unregistered_modules(Holder(value))]


def closure(drop: nn.Module) -> Any:
    return lambda x: drop(x)


DROP = nn.Dropout()
PLACES: dict[str, tuple[object, str]] = {
    "list": ([DROP], "value[0]"),
    "tuple in dict": ({"a": (None, DROP)}, "value['a'][1]"),
    "set": ({DROP}, "value{Dropout}"),
    "partial": (functools.partial(DROP), "value.func"),
    "closure": (closure(DROP), "value.<closure drop>"),
    "default": (lambda x, drop=DROP: drop(x), "value.<defaults>[0]"),
    "bound method": (DROP.forward, "value.__self__"),
    "whole model": ([nn.Sequential(DROP)], "value[0]"),
}


@pytest.mark.parametrize(("value", "path"), PLACES.values(), ids=PLACES.keys())
def test_a_hidden_module_is_found_with_its_path(value: object, path: str) -> None:
    assert paths(value)[0] == path


def test_parts_of_a_hidden_module_have_paths_too() -> None:
    assert paths([nn.Sequential(nn.Dropout())]) == ["value[0]", "value[0].0"]


class OfTheClass(nn.Module):
    """Keeps layers where no instance registers them."""

    drop = nn.Dropout(0.5)
    more = (nn.Dropout(0.1), 1)
    shadowed = nn.Dropout(0.2)

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.3)
        self.__dict__["shadowed"] = None

    def forward(self, x: Any) -> Any:
        return self.drop(x)


class Derived(OfTheClass):
    more = ()  # type: ignore[assignment]


def test_a_layer_of_the_class_is_hidden_and_hides_a_registered_one() -> None:
    model = OfTheClass().eval()
    assert [path for path, _ in find_unregistered_modules(model)] == ["drop", "more[0]"]
    assert find_unregistered_modules(model)[0][1] is OfTheClass.drop
    assert not torch.equal(model(torch.ones(64)), model(torch.ones(64)))
    with pytest.raises(AssertionError, match="drop"):
        assert_eval_propagates(OfTheClass())


def test_what_a_class_overrides_is_not_found_in_its_base() -> None:
    assert [path for path, _ in find_unregistered_modules(Derived())] == ["drop"]


def test_a_registered_module_is_not_hidden() -> None:
    model = Holder(nn.ModuleList([nn.Dropout()]))
    model.__dict__["also"] = [model.value[0], model]  # type: ignore[index]
    assert find_unregistered_modules(model) == []


class Proxy:
    """Runs code when it is asked for its class."""

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        raise AssertionError("the proxy was asked for its class")


class Wild(dict):  # type: ignore[type-arg]
    """Runs code when it is iterated."""

    def items(self) -> Any:
        raise AssertionError("items() was called")

    def __iter__(self) -> Iterator[Any]:
        raise AssertionError("it was iterated")


class Lively(nn.Module):
    """Has a property that nobody may read."""

    @property
    def parts(self) -> object:
        raise AssertionError("the property was read")


def test_nothing_of_the_user_runs() -> None:
    model = Holder(None)
    model.__dict__["value"] = Proxy()  # `__setattr__` of a module asks for the class itself
    assert find_unregistered_modules(model) == []
    assert paths(Wild(a=DROP)) == ["value['a']"]
    assert find_unregistered_modules(Lively()) == []


def test_cycles_end() -> None:
    ring: list[Any] = [DROP]
    ring.append(ring)
    assert paths(ring) == ["value[0]"]
