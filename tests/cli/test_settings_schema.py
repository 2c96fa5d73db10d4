"""The schema takes what the reader takes, and refuses what the reader refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dropout_lint.cli.settings_schema import schema
from dropout_lint.driver.settings import ConfigError, Settings
from dropout_lint.driver.settings_keys import KEYS
from dropout_lint.driver.settings_table import Table, with_table
from dropout_lint.io.interchange import read_toml

jsonschema = pytest.importorskip("jsonschema")
VALIDATOR = jsonschema.Draft7Validator(json.loads(schema()))

MISTAKES = [
    "selct = []",
    'select = "DRP1"',
    'select = ["DRP11X"]',
    'select = ["drp101"]',
    'per-file-ignores = ["x"]',
    'per-file-ignores = { "x" = ["nope"] }',
    'min-confidence = "low"',
    "unsafe-fixes = 1",
    "baseline = []",
]


def taken(content: dict[str, Any], folder: Path) -> bool:
    try:
        with_table(Settings(folder), Table(content, "x.toml", folder))
    except ConfigError:
        return False
    return True


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_examples_are_valid(key: Any, tmp_path: Path) -> None:
    (tmp_path / "lint").mkdir()
    (tmp_path / "lint" / "house.toml").write_text("", "utf-8")
    content = read_toml(f"{key.name} = {key.example}".encode())
    assert VALIDATOR.is_valid(content)
    assert taken(content, tmp_path)


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_are_not(text: str, tmp_path: Path) -> None:
    content = read_toml(text.encode())
    assert not VALIDATOR.is_valid(content)
    assert not taken(content, tmp_path)


@pytest.mark.parametrize("selector", ["ALL", "DRP", "DRP1", "DRP10", "DRP101", "missing-eval"])
def test_prefixes_codes_and_names_select(selector: str, tmp_path: Path) -> None:
    content = {"select": [selector]}
    assert VALIDATOR.is_valid(content)
    assert taken(content, tmp_path)


def test_it_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(json.loads(schema()))
