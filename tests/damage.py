"""Texts and bytes as nobody meant them, for tests that ask whether one bad file ends a run.

`few` gives a fuzzing test a handful of examples, the same on each run, and under `--hypothesis-profile=long` thousands.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st

from dropout_lint.cli import main

_T = TypeVar("_T", bound=Callable[..., None])
_USUAL = 100  # examples in hypothesis's own profile

Edit = tuple[str, int, bytes]
_KINDS = ("replace", "insert", "flip", "cut", "double", "reverse")

edits: st.SearchStrategy[list[Edit]] = st.lists(
    st.tuples(st.sampled_from(_KINDS), st.integers(0, 1 << 16), st.binary(min_size=1, max_size=6)),
    min_size=1,
    max_size=4,
)
"""What may be done to some bytes."""


def few(share: float = 0.3) -> Callable[[_T], _T]:
    """Settings for a test that takes ``share`` of the examples that others take."""
    usual = settings().max_examples
    return settings(deadline=None, max_examples=max(int(usual * share), 1), derandomize=usual == _USUAL)


def damaged(data: bytes, done: list[Edit]) -> bytes:
    """``data`` after the edits ``done``."""
    for kind, number, piece in done:
        place = number % (len(data) + 1)
        before, after, length = data[:place], data[place:], len(piece)
        if kind == "replace":
            data = before + piece + after[length:]
        elif kind == "insert":
            data = before + piece + after
        elif kind == "flip":
            data = before + bytes(byte ^ 1 << length for byte in after[:1]) + after[1:]
        elif kind == "cut":
            data = before + after[1 << 2 * length :]
        elif kind == "double":
            data = before + after[: 1 << 2 * length] + after
        else:
            data = before + after[: 4 * length][::-1] + after[4 * length :]
    return data


SURROGATE = "\ud800"
HARD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1 << 70,
    1.5,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\0",
    SURROGATE,
    "a/\udcff",
    [],
    {},
    [[]],
)


def _larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)


_ORDINARY = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
values: st.SearchStrategy[Any] = st.sampled_from(HARD) | st.recursive(
    _ORDINARY | st.sampled_from(HARD), _larger, max_leaves=6
)
"""What may stand in JSON where something else should."""


def replaced(tree: Any, path: list[int], value: Any) -> Any:
    """``tree`` with ``value`` in the place that ``path`` leads to: the number of a child, and of its child ..."""
    if not path or not isinstance(tree, (dict, list)) or not tree:
        return value
    keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
    key = keys[path[0] % len(keys)]
    changed = replaced(tree[key], path[1:], value)
    if isinstance(tree, dict):
        return {**tree, key: changed}
    return [*tree[:key], changed, *tree[key + 1 :]]


def as_json(tree: Any) -> bytes:
    """``tree`` as JSON, as a careless program writes it."""
    return json.dumps(tree).encode()


def outcome(*words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the command line ``words``, after the promises that hold for any input."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(words)
    assert "Traceback" not in err.getvalue(), err.getvalue()
    assert "this is a bug" not in out.getvalue() + err.getvalue(), out.getvalue() + err.getvalue()
    assert code in (0, 1, 2)
    assert (code == 2) == ("error: " in err.getvalue() or "DRP001" in out.getvalue()), (code, out, err)
    assert code == 0 or "All checks passed!" not in out.getvalue()
    return code, out.getvalue(), err.getvalue()
