"""Whatever a file or a setting holds, a run ends with findings or a named error, and the files beside it are judged."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dropout_lint.driver.fix_files import fix_bytes
from dropout_lint.driver.settings_keys import NAMES
from dropout_lint.lint.registry import all_rules
from tests.damage import Edit, as_json, damaged, edits, few, outcome, replaced, values

RULES = all_rules()
HEAD = "import torch\nfrom torch import nn\n"
BAD = HEAD + "nn.Dropout(30)\n"
CODE = HEAD + (
    "class Net(nn.Module):\n    def __init__(self, p=0.1):\n        super().__init__()\n"
    "        self.drop = nn.Dropout(rate=p)  # noqa: DRP999\n        self.parts = [nn.Linear(2, 2)]\n"
    "    def forward(self, x):\n        return nn.functional.dropout(self.drop(x), 30, True)\n"
    "net = Net()\nnet.eval()\nloss = net(1)\nloss.backward()\n"
)
NOTEBOOK = {
    "nbformat": 4,
    "metadata": {"kernelspec": {"language": "python"}},
    "cells": [
        {"cell_type": "markdown", "source": "# \u00e9"},
        {"cell_type": "code", "source": HEAD.splitlines(keepends=True), "outputs": [{"text": "\ud800"}]},
        {"cell_type": "code", "source": "%matplotlib inline\nnn.Dropout(rate=0.3)\n"},
    ],
}


_NAMES = {"x": "x.py", "pyproject": "pyproject.toml", "sound": "sound.json", "a": "a" * 200 + ".py"}


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The current folder: ``good/bad.py`` has a finding; ``odd`` is for what a test puts beside it."""
    before, made = Path.cwd(), tmp_path_factory.mktemp("damaged")
    for name in (".git", "good", "odd"):
        (made / name).mkdir()
    (made / "good" / "bad.py").write_text(BAD, "utf-8")
    os.chdir(made)
    yield made
    os.chdir(before)


def beside(name: str, data: bytes, *words: str, **more: str) -> tuple[int, str, str]:
    """The outcome of a check of the whole folder with ``data`` in the file ``odd/name``, and ``more`` texts in others;
    what is wrong in ``good/bad.py`` is found.
    """
    files = {name: data, **{_NAMES[other]: text.encode() for other, text in more.items()}}
    for other, content in files.items():
        Path("odd", other).write_bytes(content)
    try:
        code, out, err = outcome("check", "--no-cache", "--jobs=1", "--output-format=concise", *words)
    finally:
        for other in files:
            Path("odd", other).unlink()
    assert "good/bad.py:3:12: DRP101" in out
    return code, out, err


@few()
@given(st.binary(max_size=40) | st.text(max_size=20).map(lambda text: (HEAD + text).encode("utf-8", "replace")))
@example(b"\xff\xfe torch")
@example(b"# coding: undefined\nimport torch")
@example((HEAD + "x = " + "9" * 10_000).encode())
@example((HEAD + "nn.Dropout(0x" + "f" * 10_000 + ")").encode())
def test_any_bytes_are_a_file(data: bytes) -> None:
    assert beside("x.py", data)[0] == 1


@few()
@given(edits, st.sampled_from(["utf-8", "latin-1", "utf-16"]))
def test_any_damage_to_a_program_leaves_a_file(done: list[Edit], encoding: str) -> None:
    beside("x.py", damaged(CODE.encode(encoding), done), "--select=ALL")


_VALUES = (
    *('"DRP1"', '["DRP1"]', '["nonsense"]', '["*a*a*a*a*a*b", "["]', '{ "*.py" = ["DRP101"] }', '{ "[z-a]" = [] }'),
    *("3", "true", "1979-05-27", "nan", '""', "[[[]]]", '["a\\u0000b"]', '["."]'),
    *("9" * 10_000, "0x" + "f" * 10_000, "[" * 5_000),
)


@few()
@given(
    st.lists(st.tuples(st.sampled_from(NAMES) | st.text("ab-.", min_size=1), st.sampled_from(_VALUES)), max_size=4),
    edits | st.none(),
)
@example([("select", "0x" + "f" * 10_000)], None)
@example([("knowledge", '["a\\u0000b"]')], None)
@example([("exclude", "[" * 5_000)], None)
@example([("min-confidence", "9" * 10_000)], None)
def test_any_settings_end_in_answers_or_in_a_named_error(settings: list[tuple[str, str]], done: Any) -> None:
    text = "[tool.dropout-lint]\n" + "".join(f"{key} = {value}\n" for key, value in settings)
    data = text.encode() if done is None else damaged(text.encode(), done)
    code, _, err = beside("pyproject.toml", data, x=BAD)
    assert code == 1 or f"odd{os.sep}pyproject.toml" in err


_ENTRIES = ("factory", "call", "module")
_FIELDS = (
    "names",
    "pattern",
    "when",
    "mode",
    "layers",
    "effect",
    "returns",
    "trains",
    "entries",
    "in_eval",
    "loaded",
    "part",
)
_FACTS = (
    *('"train"', '["a.b"]', '["dropout"]', '"keeps"', "true", "3", '""', "[]", "[[]]", "nan", "0x" + "f" * 10_000),
    *("'(a+)+b'", "'a{99999999999}'", "['(']", "'" + "(" * 500 + "'"),
)


@few()
@given(
    st.lists(st.sampled_from(_ENTRIES), max_size=3),
    st.lists(st.tuples(st.sampled_from(_FIELDS), st.sampled_from(_FACTS)), max_size=6, unique_by=lambda pair: pair[0]),
    edits | st.none(),
)
@example(["factory"], [("pattern", "0x" + "f" * 10_000)], None)
@example(["factory"], [("pattern", "'a{99999999999}'"), ("mode", '"train"'), ("layers", "[]")], None)
def test_any_knowledge_ends_in_answers_or_in_a_named_error(kinds: list[str], facts: Any, done: Any) -> None:
    text = "".join(f"[[{kind}]]\n" + "".join(f"{key} = {value}\n" for key, value in facts) for kind in kinds)
    data = text.encode() if done is None else damaged(text.encode(), done)
    code, _, err = beside("facts", data, pyproject='[tool.dropout-lint]\nknowledge = ["facts"]\n')
    assert code == 1 or "knowledge file" in err


_PIECES = (
    "*",
    "**",
    "/",
    "!",
    "[z-a]",
    "[",
    "]",
    "\\",
    "a",
    "x.py",
    "?",
    "#",
    " ",
    "\t",
    "\0",
    "\udcff",
    "[[:alpha:]]",
    "\ufeff",
)


@few()
@given(
    st.lists(st.lists(st.sampled_from(_PIECES), max_size=12).map("".join), max_size=4), st.sampled_from(["\n", "\r\n"])
)
@example(["!"], "\n")
@example(["[z-a]"], "\n")
@example(["x\\"], "\n")
@example(["*a" * 40 + "b"], "\n")
def test_any_lines_are_patterns_or_named(lines: list[str], end: str) -> None:
    code, _, err = beside(".gitignore", end.join(lines).encode("utf-8", "surrogateescape"), a="")
    assert code == 1 or all(f"odd{os.sep}.gitignore:" in line for line in err.splitlines())


@few()
@given(st.lists(st.integers(0, 9), max_size=5), values, edits | st.none())
@example([2, 2, 1], "\ud800", None)
@example([2, 1, 3, 0], 1 << 70, [("insert", 5, b"1" * 6)])
def test_any_notebook_is_judged_and_fixed_or_told_to_be_none(path: list[int], value: Any, done: Any) -> None:
    data = as_json(replaced(NOTEBOOK, path, value))
    data = data if done is None else damaged(data, done)
    beside("x.ipynb", data, "--select=ALL")
    assert fix_bytes("x.ipynb", data, RULES, unsafe=True).error is None


def test_a_notebook_of_numbers_of_any_length_is_no_notebook() -> None:
    data = as_json(NOTEBOOK).replace(b'"nbformat": 4', b'"nbformat": ' + b"9" * 10_000)
    _, out, _ = beside("x.ipynb", data)
    assert "DRP000" in out
    assert "a number of too many digits" in out


def report() -> dict[str, Any]:
    place = {"file": "good/bad.py", "line": 3, "user_file": os.path.abspath("good/bad.py"), "user_line": 3}
    words = {"code": "DRP205", "message": "it is on", "help": "off", "confidence": "high", "count": 1, "unit": "call"}
    counts = dict.fromkeys(("train_grad", "train_nograd", "eval_grad", "eval_nograd", "mixed"), 1)
    cls = {"type": "m.M", "file": "good/bad.py", "line": 1, "end_line": 3, "calls_train": 1, "calls_eval": 1}
    return {
        "schema": "dropout-lint/watch",
        "version": 1,
        "directory": os.getcwd(),
        "findings": [{**place, **words, "notes": [{"message": "here", **place}, {"message": "a fact"}]}],
        "sites": [{**place, "calls": counts}],
        "exports": [{**place, "exporter": "onnx", "mode": "train"}],
        "models": [{"type": "m.M", "classes": [cls]}],
    }


@few(0.5)
@given(st.lists(st.integers(0, 9), max_size=4), values, edits | st.none())
@example([2], "\0", None)
@example([3, 0, 2], "\ud800", None)
@example([3, 0, 8], 10**4000, None)
def test_any_report_of_a_run_is_used_or_named(path: list[int], value: Any, done: Any) -> None:
    data = as_json(replaced(report(), path, value))
    code, _, err = beside("run.json", data if done is None else damaged(data, done), "--with-runtime=odd/run.json")
    assert code == 1 or "odd/run.json: " in err


@pytest.mark.parametrize("depth", [200, 900, 100_000])
def test_of_two_reports_the_sound_one_counts(depth: int) -> None:
    words = ["--with-runtime=odd/run.json", "--with-runtime=odd/sound.json"]
    broken = as_json(report()).replace(b'"sites": ', b'"sites": ' + b"[" * depth + b"]" * depth + b', "was": ')
    code, out, err = beside("run.json", broken, *words, sound=json.dumps(report()))
    assert (code, "DRP205" in out, err.count("error: ")) == (2, True, 1)
