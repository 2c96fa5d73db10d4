"""LibCST's parser takes any text, and is done without where it is not installed."""

from __future__ import annotations

import sys

import pytest

from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import all_rules
from dropout_lint.syntax.libcst_parser import parse_module


def test_what_is_no_python_or_nested_too_deeply_has_no_tree() -> None:
    assert parse_module("x = 1\n") is not None
    assert parse_module("x = (\n") is None
    assert parse_module("x = " + "(" * 10_000 + ")" * 10_000 + "\n") is None


def test_without_libcst_a_broken_file_gets_the_message_of_python_s_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libcst", None)  # as in the playground
    assert parse_module("x = 1\n") is None
    [finding] = check("net.py", "from torch import nn\n\ndrop = nn.Dropout(30\n", all_rules())
    assert finding.code == "DRP000"
    assert "was never closed" in finding.message
