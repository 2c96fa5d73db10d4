"""Registries of models: each is named once, and is used for the calls that it is for."""

from __future__ import annotations

from typing import Any

import pytest

from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import UNKNOWN, Value
from dropout_lint.typestate.evaluation.interpreter import Interpreter
from dropout_lint.typestate.models.builtin_calls import BUILTINS
from dropout_lint.typestate.models.inherited_methods import METHODS
from dropout_lint.typestate.models.library_calls import FUNCTIONS
from dropout_lint.typestate.models.library_objects import CONSTRUCTORS
from dropout_lint.typestate.models.registry import Registry

IMPORTED = [(registry, name) for registry in (CONSTRUCTORS, FUNCTIONS) for name in sorted(registry)]


def comes_to_the_model(registry: Registry[Any], name: str, program: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether an analysis of ``program`` asks the model of ``name`` in ``registry``."""
    asked: list[str] = []

    def model(*given: object) -> Value:
        asked.append(name)
        return UNKNOWN

    monkeypatch.setitem(registry._models, name, model)
    Interpreter(source := SourceFile("a.py", program)).run_module(source, State())
    return asked != []


@pytest.mark.parametrize(("registry", "name"), IMPORTED, ids=[name for _, name in IMPORTED])
def test_a_call_of_what_a_library_defines_comes_to_its_model(
    registry: Registry[Any], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = f"import {name.partition('.')[0]}\n{name}(x, y)\n"
    assert comes_to_the_model(registry, name, program, monkeypatch)


@pytest.mark.parametrize("name", sorted(BUILTINS))
def test_a_call_of_a_builtin_function_comes_to_its_model(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert comes_to_the_model(BUILTINS, name, f"{name}(1, 2)\n", monkeypatch)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_method_of_a_module_comes_to_its_model(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = f"import torch\nmodel = torch.nn.Dropout()\nmodel.{name}(1, 2)\n"
    assert comes_to_the_model(METHODS, name, program, monkeypatch)


def test_no_name_is_in_two_registries_of_the_same_calls() -> None:
    names = [name for _, name in IMPORTED]
    assert sorted(set(names)) == sorted(names)


def test_a_name_that_has_a_model_gets_no_other() -> None:
    registry: Registry[[int]] = Registry()
    registry.of("f", "g")(lambda given: UNKNOWN)
    with pytest.raises(ValueError, match="`g` has two models"):
        registry.of("h", "g")(lambda given: None)


def test_what_has_no_model_has_no_result() -> None:
    registry: Registry[[int]] = Registry()
    assert registry.result("f", 1) is None
