"""Types in code are distinguished from what runs, by the text alone."""

from __future__ import annotations

import pytest

from dropout_lint.syntax.type_hints import without_types

TYPES = {
    "a parameter": ("def f(x: Net):\n    return x", "def f(x ):\n    return x"),
    "one with a default": ("def f(x: Net = Other()): ...", "def f(x = Other()): ..."),
    "a type in brackets": ("def f(x: Dict[str, Tuple[int, Net]], *y: Net): ...", "def f(x , *y ): ..."),
    "the result": ("def f(x) -> Dict[str, Net]:\n    return x", "def f(x)  :\n    return x"),
    "over several lines": ("def f(\n    x: Net,\n    y: int = 1,\n): ...", "def f(\n    x ,\n    y = 1,\n): ..."),
    "what is asked for": ("if isinstance(x, (Net, a.Net)):", "if isinstance(x):"),
}


@pytest.mark.parametrize("case", TYPES)
def test_types_are_taken_out(case: str) -> None:
    code, left = TYPES[case]
    assert without_types(code) == left


RUNS = {
    "defaults": "def f(a={'x': Net}, b=(Net, Other)): ...",
    "a lambda": "def f(make=lambda x: Net(x)): ...",
    "the body": "def f(x):\n    return {x: Net()}",
    "decorators": "@with_model(Net)\ndef f(x):\n    pass",
    "what isinstance is given": "isinstance(build(Net), x)",
}


@pytest.mark.parametrize("case", RUNS)
def test_what_runs_stays(case: str) -> None:
    assert without_types(RUNS[case]) == RUNS[case]
