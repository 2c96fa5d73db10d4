"""Which module may import which: packages are in the order of `dev.PACKAGES`, and imports point down it.

Every import counts: at the top, in a function, and under ``if TYPE_CHECKING``.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from dropout_lint.dev import PACKAGES, package_of
from tests.conftest import ROOT

PACKAGE = ROOT / "dropout_lint"
MOST_AT_THE_TOP = 10

Graph = Mapping[str, frozenset[str]]
"""Module -> the modules that it imports."""


def files() -> dict[str, Path]:
    """Every module by its dotted name; the rules lie elsewhere, and are installed as `dropout_lint.rules`."""
    found = {_dotted(path.relative_to(ROOT)): path for path in PACKAGE.rglob("*.py")}
    found |= {f"dropout_lint.{_dotted(path.relative_to(ROOT))}": path for path in (ROOT / "rules").glob("*.py")}
    return dict(sorted(found.items()))


def _dotted(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.Module, modules: frozenset[str]) -> frozenset[str]:
    """Those of ``modules`` that ``tree`` imports, wherever and for whatever."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in modules else node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return frozenset(found & modules)


@cache
def graph() -> Graph:
    known = files()
    names = frozenset(known)
    return {name: imported(ast.parse(path.read_text("utf-8")), names) - {name} for name, path in known.items()}


def upward(name: str, others: frozenset[str]) -> list[str]:
    """Those of ``others``, which the module ``name`` imports, that stand above its package."""
    level = PACKAGES.index(package_of(name))
    return sorted(other for other in others if PACKAGES.index(package_of(other)) > level)


def circles(edges: Graph) -> list[list[str]]:
    """The groups of names that lead to each other, each sorted."""
    reached: dict[str, set[str]] = {}
    for start in edges:
        todo, seen = [start], set[str]()
        while todo:
            new = edges.get(todo.pop(), frozenset()) - seen
            seen |= new
            todo += new
        reached[start] = seen
    groups = {tuple(sorted(b for b in reached[a] if a in reached.get(b, ()))) for a in reached if a in reached[a]}
    return sorted(list(group) for group in groups)


@pytest.mark.checkout
def test_every_module_has_a_package_with_a_place() -> None:
    assert sorted({package_of(name) for name in files()} - set(PACKAGES)) == []
    assert sorted(set(PACKAGES) - {package_of(name) for name in files()}) == []


@pytest.mark.checkout
@pytest.mark.parametrize("name", files())
def test_imports_point_down(name: str) -> None:
    assert upward(name, graph()[name]) == []


@pytest.mark.checkout
def test_no_module_leads_back_to_itself() -> None:
    assert circles(graph()) == []


@pytest.mark.checkout
def test_no_package_leads_back_to_itself() -> None:
    packages: dict[str, set[str]] = {}
    for name, others in graph().items():
        packages.setdefault(package_of(name), set()).update(map(package_of, others))
    assert circles({name: frozenset(others - {name}) for name, others in packages.items()}) == []


@pytest.mark.checkout
def test_few_modules_lie_at_the_top() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= MOST_AT_THE_TOP


def test_an_import_that_points_up_is_seen_in_a_function_and_for_types() -> None:
    modules = frozenset(["dropout_lint.cli", "dropout_lint.finding"])
    inner = imported(ast.parse("def f():\n    from dropout_lint.cli import main"), modules)
    types = imported(ast.parse("if TYPE_CHECKING:\n    from dropout_lint import cli"), modules)
    assert upward("dropout_lint.finding", inner) == upward("dropout_lint.finding", types) == ["dropout_lint.cli"]
    assert upward("dropout_lint.cli", frozenset(["dropout_lint.finding"])) == []


def test_a_circle_is_seen() -> None:
    assert circles({"a": frozenset("b"), "b": frozenset("c"), "c": frozenset("b"), "d": frozenset("a")}) == [["b", "c"]]


def loaded_after(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after ``code``."""
    result = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sorted(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return {name.partition(".")[0] for name in result.stdout.split()}


LINT = """
from dropout_lint.lint.engine import check
from dropout_lint.lint.registry import all_rules
found = check("x.py", "import torch\\nfrom torch import nn\\nnn.LSTM(8, 8, dropout=0.3)\\n", all_rules())
assert found and found[0].fix.edits
"""


def test_linting_imports_no_torch() -> None:
    assert "torch" not in loaded_after(LINT)


INSPECT = """
from dropout_lint.artifacts import Unreadable, inspect_file
try:
    inspect_file("pyproject.toml")
except Unreadable:
    pass
"""


def test_inspecting_an_exported_file_imports_no_torch_and_no_onnx() -> None:
    loaded = loaded_after(INSPECT)
    assert loaded & {"torch", "onnx", "numpy", "google", "safetensors", "libcst", "dropout_lint.lint.engine"} == set()


def test_linting_imports_no_libcst_not_even_where_it_words_a_fix() -> None:
    assert not loaded_after(LINT) & {"libcst", "fixit"}


def test_the_check_for_torch_can_fail() -> None:
    pytest.importorskip("torch")
    assert "torch" in loaded_after("import torch")


RUNTIME_IN_USE = """
import sys
from dropout_lint.runtime import DropoutMonitor
linter = {"dropout_lint." + name for name in ("lint", "rules", "semantic", "syntax.source", "typestate")}
assert not linter & sys.modules.keys(), linter & sys.modules.keys()
"""


def test_the_runtime_part_imports_nothing_of_the_linter() -> None:
    pytest.importorskip("torch")
    loaded = loaded_after(RUNTIME_IN_USE)
    assert "torch" in loaded
    assert "libcst" not in loaded


def test_torch_is_imported_at_the_first_use_of_the_runtime_part() -> None:
    assert "torch" not in loaded_after("import dropout_lint.runtime")


NO_TORCH = """
import sys
sys.modules["torch"] = None
try:
    from dropout_lint.runtime import DropoutMonitor
except ImportError as error:
    assert "dropout-lint[torch]" in str(error), error
else:
    raise AssertionError("imported without torch")
"""


def test_without_torch_the_runtime_part_names_the_extra_to_install() -> None:
    loaded_after(NO_TORCH)
