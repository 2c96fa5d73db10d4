"""The tree is as CONTRIBUTING.md says: rules complete, modules small, codes equal everywhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from dropout_lint.dev import documents
from dropout_lint.lint.registry import all_rules
from tests.conftest import ROOT

CODES = {rule.code for rule in all_rules()}
MOST_LINES = 400  # most have a hundred; a bound that is met too often makes people pack lines
FORBIDDEN_NAMES = ("util", "helper", "common", "misc", "manager")


@pytest.mark.checkout
def test_codes_are_equal_in_code_fixtures_changelog_and_readme() -> None:
    assert {path.name for path in (ROOT / "fixtures").glob("DRP*") if path.name != "DRP001"} == CODES - {"DRP001"}
    assert set(re.findall(r"DRP\d{3}", (ROOT / "CHANGELOG.md").read_text("utf-8"))) == CODES
    assert set(re.findall(r"\[(DRP\d{3})\]\(rules/", (ROOT / "README.md").read_text("utf-8"))) == CODES


@pytest.mark.checkout
def test_a_rule_lies_in_a_file_that_is_named_after_it() -> None:
    for rule in all_rules():
        assert rule.__module__.endswith(f".{rule.code.lower()}_{rule.name.replace('-', '_')}")


@pytest.mark.checkout
def test_generated_documents_are_up_to_date() -> None:
    assert [path.name for path, text in documents().items() if path.read_text("utf-8") != text] == []


def sources() -> list[Path]:
    return sorted([*(ROOT / "dropout_lint").rglob("*.py"), *(ROOT / "rules").glob("*.py")])


@pytest.mark.checkout
@pytest.mark.parametrize("path", sources(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_module_is_one_idea(path: Path) -> None:
    text = path.read_text("utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring, "a module says in a sentence what it is for"
    assert len(text.splitlines()) <= MOST_LINES
    assert not any(word in path.stem for word in FORBIDDEN_NAMES)


@pytest.mark.checkout
def test_public_functions_and_classes_say_what_they_are_for() -> None:
    silent = [
        f"{path.stem}.{node.name}"
        for path in sources()
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
        if not ast.get_docstring(node) and path.parent.name != "rules"
    ]
    assert silent == []
