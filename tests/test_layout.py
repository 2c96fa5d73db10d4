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
MOST_LINES = 400  # most have a hundred; a bound that is reached too often makes people pack lines
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


OF_A_WHOLE_PACKAGE = {
    "artifacts/test_damaged": "a damaged file goes through readers, formats and command before it is answered",
    "artifacts/test_exported": "what torch's exporters write is read by every format",
    "artifacts/test_hostile": "a hostile file is refused by whichever reader opens it first",
    "cli/test_cli": "the entry point is the package itself",
    "editors/test_emacs": "an editor drives the whole server",
    "editors/test_neovim": "an editor drives the whole server",
    "editors/test_vscode": "the extension is built, opened, and started",
    "render/test_formats": "each format is a module of few lines, and all are held to the same cases",
    "runtime/test_case_matrix": "one table of misuses, for the monitor and the assertions alike",
    "runtime/test_decorators": "what decorators hide is checked with monitor, report, watch and assertions",
    "runtime/test_docs": "the examples of a page",
    "runtime/test_fixture_twins": "the fixtures of the rules, run",
    "runtime/test_libraries": "models of other libraries, under every part",
    "runtime/test_loops": "whole training loops, watched",
    "runtime/test_nothing_changes": "results are compared with and without every part",
    "runtime/test_printable_at_run_time": "names of any kind, in everything that is printed",
    "runtime/test_unchanged": "results are compared with and without a monitor, in processes of their own",
    "runtime/test_wrappers": "what torch wraps around a model, under every part",
    "typestate/test_endless": "graph, states and verdicts of loops that never end",
}
"""Tests below a folder that are named after no module, and why."""


def packaged_tests() -> dict[str, Path]:
    """``syntax/test_scopes`` -> where the module lies that it is named after, for all tests that are not at the top."""
    tests = ROOT / "tests"
    found = {}
    for path in sorted(tests.glob("*/**/test_*.py")):
        place = path.relative_to(tests)
        package = ROOT if place.parts[0] in ("benchmarks", "editors") else ROOT / "dropout_lint"
        found[place.with_suffix("").as_posix()] = package / place.parent / place.name.removeprefix("test_")
    return found


@pytest.mark.checkout
def test_a_test_lies_as_the_module_does_that_it_is_named_after() -> None:
    astray = {name for name, module in packaged_tests().items() if not module.is_file()}
    assert astray == set(OF_A_WHOLE_PACKAGE)
    assert [name for name in sorted(astray) if not packaged_tests()[name].parent.is_dir()] == []


DECIDING = (
    "syntax/test_scopes",
    "project/test_call_graph",
    "semantic/test_names",
    "semantic/test_exports",
    "semantic/test_constants",
)


@pytest.mark.checkout
@pytest.mark.parametrize("name", DECIDING)
def test_a_module_that_others_build_on_has_a_table_of_cases(name: str) -> None:
    """One that maps the point of each case to the case, and whose keys are the ids of a parametrized test."""
    tree = ast.parse((ROOT / "tests" / f"{name}.py").read_text("utf-8"))
    tables = {
        target.id: len(node.value.keys)
        for node in tree.body
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Dict)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    ids = {
        keyword.value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "ids" and isinstance(keyword.value, ast.Name)
    }
    assert sum(tables[table] for table in ids & tables.keys()) >= 10


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
