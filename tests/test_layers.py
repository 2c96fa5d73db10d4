"""Who may import whom.  Imports point down the list in CONTRIBUTING.md; function-level imports count."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "dropout_lint"
PREFIX = "dropout_lint."

LAYERS: tuple[tuple[str, ...], ...] = (
    ("version", "finding", "limits", "opening", "interchange"),
    ("torch_names", "calls", "atomic", "decoding", "knowledge", "wording", "stores", "concrete"),
    ("printable", "testfiles", "filenames"),
    ("run_report",),
    ("artifacts",),  # needs findings, and nothing else of the tool
    ("warning", "runtime"),
    ("testing",),
    ("lexer", "unread"),
    ("newer_syntax",),
    ("skeletons", "parsing"),
    ("parents", "preceding"),
    # A source hands out its names, values, classes and gates; they ask it for places.
    (
        *("scopes", "names", "values", "training_only", "chosen_bases"),
        *("classes", "callers", "influence", "gates", "source"),
    ),
    ("folders", "importers"),
    ("surroundings",),
    ("facts",),
    ("reads", "texts", "project", "recovery", "edits", "splicing"),
    ("scout", "text_around"),
    ("proper_calls",),
    ("torch_calls", "registration", "mode_methods", "containers", "mode_units", "typehints"),
    ("mentions",),
    ("mentioned",),
    ("mentioned_bases",),
    ("search",),
    ("leads",),
    ("inference_paths", "recurrent_wrappers", "layer_chains", "leftovers", "typestate"),
    ("mode_places", "mode_words"),
    ("mode_records", "mode_happenings", "mode_reach"),
    ("mode_starts",),
    ("mode_programs",),
    ("mode_findings",),
    ("rules",),
    ("registry",),
    ("suppressions", "cell_text", "notebook"),
    ("engine",),
    ("linting", "fixer"),
    ("selection", "fixing"),
    ("config",),
    ("ignore_files",),
    ("stored", "discovery", "shards", "cache", "portions"),
    ("runner",),
    ("render", "summary", "progress"),
    ("explain",),
    ("options",),
    ("meeting", "with_runtime"),
    ("outcome",),
    ("fix_checking",),
    ("checking",),
    ("artifact_checking",),
    ("cli", "flake8_plugin", "dev"),
    ("pytest_guard",),
    ("pytest_plugin",),
    ("__main__", "__init__"),
)
# Inside `typestate`, lowest first.  The parts of the interpreter call each other through it, as expressions nest.
TYPESTATE: tuple[tuple[str, ...], ...] = (
    ("modes", "values", "phases", "blocks", "budget"),
    ("bounds", "shortcuts"),
    ("joining",),
    ("graph",),
    ("state", "solver", "truth", "arguments", "drawing"),
    ("libraries", "dependence", "frames"),
    ("telling", "intent"),
    ("makers",),
    ("relevance", "instances", "certainty"),
    ("holdings", "recorder"),
    ("evaluator",),
    ("parameters", "gradients", "handed", "idling"),
    ("dictionaries", "optimizers"),
    ("naming", "attributes", "making", "importing"),
    ("contexts", "decorators", "saving"),
    ("expressions", "statements", "module_calls", "library_calls"),
    ("calls",),
    ("interpreter",),
    ("startup", "verdicts", "batches", "restoring"),
    ("program",),
    ("inference",),
    ("judging",),
)
# Inside `runtime`, lowest first.
RUNTIME: tuple[tuple[str, ...], ...] = (
    ("event", "naming", "decorated", "operators", "calltext", "switching", "nesting", "ranks"),
    ("sensitivity", "frames"),
    ("unregistered",),
    ("modes", "attribution"),
    ("verdict", "phrasing"),
    # They try each other out: the kernels, or the patch where those do not work.
    ("kernels", "patching", "selftest"),
    ("monitor",),
    ("contexts",),
    ("randomness",),
    ("preservation",),
)
# Inside `artifacts`, likewise: bounds and evidence, then ways to take a file apart, then formats, then the face.
ARTIFACTS: tuple[tuple[str, ...], ...] = (
    ("limits", "evidence", "inert"),
    ("container", "pickle_opcodes", "protobuf", "stack_traces", "operators", "torchscript_code"),
    ("pickle_reader", "onnx_file"),
    ("stored_modules", "source_ranges"),
    ("scripted_values",),
    ("interpreter",),
    ("saved_pickle", "torchscript", "exported_program", "onnx_model"),
    ("inspection", "verdicts"),
)
# Inside `runtime/watching`, lowest first; all of it stands above the modules of `runtime`.
WATCHING: tuple[tuple[str, ...], ...] = (
    ("events", "outputs", "script", "stepping", "endings", "pace"),
    ("findings", "timeline", "sites", "places", "models", "sink"),
    ("wording", "tallies", "dropouts", "switches", "loads", "exporters", "ownership", "calls"),
    ("evaluation", "training"),
    ("judgement",),
    ("session", "recorder", "report"),
    ("as_text", "as_json", "collecting"),
    ("as_html",),
    ("writing",),
    ("handle",),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def modules() -> list[Path]:
    return sorted([*PACKAGE.rglob("*.py"), *(ROOT / "rules").glob("*.py")])


def name_of(path: Path) -> str:
    """The name of the layer member that ``path`` belongs to: a module, or the package it lies in."""
    if path.is_relative_to(PACKAGE) and path.parent != PACKAGE:
        return path.relative_to(PACKAGE).parts[0]
    return "rules" if path.parent.name == "rules" else path.stem


def imported(tree: ast.Module) -> set[str]:
    """The members of this package that ``tree`` imports, except under ``if TYPE_CHECKING``."""
    for_types = {
        node
        for test in ast.walk(tree)
        if isinstance(test, ast.If) and ast.unparse(test.test) == "TYPE_CHECKING"
        for node in ast.walk(test)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.ImportFrom) and node.module == "dropout_lint":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PREFIX):
            found.add((node.module or "").removeprefix(PREFIX).partition(".")[0])
        elif isinstance(node, ast.Import):
            found |= {a.name.removeprefix(PREFIX).partition(".")[0] for a in node.names if a.name.startswith(PREFIX)}
    return found & set(LEVEL)


def upward(name: str, tree: ast.Module) -> list[str]:
    """The imports of ``tree``, the module ``name``, that do not point down, or to its own layer."""
    return sorted(other for other in imported(tree) if other != name and LEVEL[other] > LEVEL[name])


@pytest.mark.checkout
def test_every_module_has_a_layer() -> None:
    assert sorted({name_of(path) for path in modules()} - set(LEVEL)) == []


@pytest.mark.checkout
@pytest.mark.parametrize("path", modules(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_imports_point_down(path: Path) -> None:
    assert upward(name_of(path), ast.parse(path.read_text("utf-8"))) == []


@pytest.mark.checkout
@pytest.mark.parametrize(
    ("package", "layers"),
    [("typestate", TYPESTATE), ("runtime", RUNTIME), ("runtime/watching", WATCHING), ("artifacts", ARTIFACTS)],
)
def test_imports_inside_a_package_point_down(package: str, layers: tuple[tuple[str, ...], ...]) -> None:
    level = {name: index for index, names in enumerate(layers) for name in names}
    files = sorted((PACKAGE / package).glob("[!_]*.py"))
    assert sorted(level) == [path.stem for path in files]
    for path in files:
        for node in ast.parse(path.read_text("utf-8")).body:  # below `if TYPE_CHECKING` nothing is imported
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                f"dropout_lint.{package}".replace("/", ".")
            ):
                other = (node.module or "").rpartition(".")[2]
                names = [other] if other in level else [alias.name for alias in node.names]
                assert all(level[name] <= level[path.stem] for name in names), path.stem


def test_an_import_that_points_up_is_seen() -> None:
    assert upward("finding", ast.parse("def f():\n    from dropout_lint.cli import main")) == ["cli"]
    assert upward("cli", ast.parse("from dropout_lint.finding import Finding")) == []


@pytest.mark.checkout
def test_rules_import_the_rule_api_and_nothing_above() -> None:
    allowed = {name for name, level in LEVEL.items() if level < LEVEL["rules"]}
    for path in sorted((ROOT / "rules").glob("drp*.py")):
        assert imported(ast.parse(path.read_text("utf-8"))) <= allowed


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
assert check("x.py", "import torch\\nfrom torch import nn\\nnn.Dropout(30)\\n", all_rules())
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


def test_linting_without_an_edit_imports_no_libcst() -> None:
    assert "libcst" not in loaded_after(LINT)


def test_the_check_for_torch_can_fail() -> None:
    pytest.importorskip("torch")
    assert "torch" in loaded_after("import torch")


RUNTIME_IN_USE = """
import sys
from dropout_lint.runtime import DropoutMonitor
linter = {"dropout_lint." + name for name in ("engine", "rule", "rules", "source", "typestate")}
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
