"""Configuration, discovery and notebooks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dropout_lint.driver import config
from dropout_lint.driver.config import ConfigError, Settings
from dropout_lint.driver.discovery import SettingsFor, discover
from dropout_lint.lint.file_check import lint_bytes
from dropout_lint.lint.registry import all_rules
from dropout_lint.syntax import notebook


def configured(folder: Path, table: str) -> Settings:
    (folder / "pyproject.toml").write_text(f"[tool.dropout-lint]\n{table}\n", "utf-8")
    settings = config.in_directory(folder)
    assert settings is not None
    return settings


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("selct = []", ["unknown key `selct`", "did you mean `select`", "per-file-ignores"]),
        ('select = ["DRP11X"]', ["`select`", "unknown code `DRP11X`"]),
        ('select = "DRP1"', ["`select` must be a list of strings"]),
        ("ignore = [1]", ["`ignore` must be a list of strings"]),
        ('per-file-ignores = ["x"]', ["`per-file-ignores` must be a table"]),
        ('per-file-ignores = { "x" = ["nope"] }', ["`per-file-ignores`", "unknown code `nope`"]),
        ('min-confidence = "low"', ["`min-confidence`", "'low'", "`high`", "`medium`"]),
        ('knowledge = ["nowhere.toml"]', ["nowhere.toml"]),
        ("select = [", ["not valid TOML"]),
    ],
    ids=["key", "code", "string", "number", "list", "code in table", "confidence", "knowledge", "toml"],
)
def test_mistakes_are_errors_that_name_file_key_and_choices(table: str, says: list[str], tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        configured(tmp_path, table)
    assert [word for word in [*says, "pyproject.toml"] if word not in str(raised.value)] == []


def test_the_nearest_configuration_with_a_table_holds(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    configured(tmp_path, 'select = ["DRP101"]')
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'x'\n", "utf-8")
    settings = config.nearest(inner)
    assert settings is not None
    assert [rule.code for rule in settings.rules] == ["DRP000", "DRP001", "DRP101"]
    configured(tmp_path / "a", 'select = ["DRP302"]')
    (inner / "x.py").write_text("", "utf-8")
    (tmp_path / "y.py").write_text("", "utf-8")
    targets, _ = discover([str(tmp_path)], SettingsFor(Settings(tmp_path)))
    assert {Path(t.path).name: t.settings.rules[-1].code for t in targets} == {"x.py": "DRP302", "y.py": "DRP101"}


def test_per_file_ignores_match_names_and_places(tmp_path: Path) -> None:
    settings = configured(tmp_path, 'per-file-ignores = { "tests/*" = ["DRP1"], "conftest.py" = ["DRP302"] }')

    def codes(path: str) -> set[str]:
        return {rule.code for rule in settings.rules_for(tmp_path / path)}

    assert "DRP101" not in codes("tests/deep/x.py")
    assert "DRP101" in codes("src/tests.py")
    assert "DRP302" not in codes("src/conftest.py")
    assert {"DRP000", "DRP001"} <= codes("tests/x.py")


def found(folder: Path, *paths: str, force_exclude: bool = False, table: str | None = None) -> list[str]:
    default = Settings(folder) if table is None else configured(folder, table)
    names = [str(folder / path) for path in paths] or [str(folder)]
    targets, _ = discover(names, SettingsFor(default), force_exclude=force_exclude)
    return [str(Path(target.path).relative_to(folder)) for target in targets]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a.py", "b.ipynb", "c.pyi", "d.txt", "pkg/e.py", "venv/f.py", ".git/g.py", "build/h.py", "out/i.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", "utf-8")
    return tmp_path


def test_folders_are_searched_without_the_usual_ones(tree: Path) -> None:
    assert found(tree) == ["a.py", "b.ipynb", "out/i.py", "pkg/e.py"]


def test_what_git_ignores_is_left_out(tree: Path) -> None:
    (tree / ".gitignore").write_text("out/\n*.ipynb\n", "utf-8")
    (tree / "pkg" / ".gitignore").write_text("*.py\n!e.py\n", "utf-8")
    (tree / "pkg" / "other.py").write_text("", "utf-8")
    assert found(tree) == ["a.py", "pkg/e.py"]


def test_ignore_files_count_only_in_a_repository(tree: Path) -> None:
    (tree / ".gitignore").write_text("out/\n", "utf-8")
    (tree / ".git" / "g.py").unlink()
    (tree / ".git").rmdir()
    assert "out/i.py" in found(tree)


def test_a_file_that_is_named_is_checked(tree: Path) -> None:
    (tree / ".gitignore").write_text("*\n", "utf-8")
    assert found(tree, "venv/f.py", "d.txt", "c.pyi") == ["d.txt", "venv/f.py"]
    assert found(tree, "venv/f.py", "a.py", force_exclude=True) == ["a.py"]


def test_exclusions_name_parts_and_places(tree: Path) -> None:
    assert found(tree, table='exclude = ["pkg", "b.*"]') == ["a.py", "out/i.py"]


def test_links_that_go_round_end(tree: Path) -> None:
    (tree / "pkg" / "again").symlink_to(tree, target_is_directory=True)
    assert found(tree).count("a.py") == 1


def notebook_of(*sources: str, language: str = "python") -> bytes:
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": s.splitlines(keepends=True)} for s in sources
    ]
    metadata = {"kernelspec": {"language": language, "name": "x", "display_name": "x"}}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.mark.parametrize(
    "magic",
    [
        "%matplotlib inline",
        "!pip install torch",
        "files = !ls",
        "x = %timeit -o 1",
        "nn.Dropout?",
        "?nn.Dropout",
        "%%time\nx = 1",
        "await f()",
        "if 1:\n    !ls",
        "!pip install \\\n  torch",
        "%%bash\nrm -rf (",
        "cd data/net",
        "x = 1\ncd ..\npip install torch",
        "if 1:\n    mkdir -p data",
    ],
)
def test_ipython_s_own_syntax_hides_nothing(magic: str) -> None:
    data = notebook_of("from torch import nn", magic, "x = 1\nnn.Dropout(30)")
    (finding,) = lint_bytes("x.ipynb", data, all_rules()).findings
    assert (finding.code, finding.cell, finding.span.start.line, finding.span.start.column) == ("DRP101", 3, 2, 12)


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("less - nn.Dropout(30)", 1),
        ("cat = nn.Dropout(30)", 1),
        ("man += [\n    nn.Dropout(30)]", 2),
        ("cats = [nn.Dropout(30)\n    for cat in\n    cat ]", 1),
        ("cd data\ncat = [\n    nn.Dropout(30)]", 3),
        ("cd data\nls -nn.Dropout(30)", 2),
    ],
)
def test_what_is_python_is_no_magic_without_its_sign(cell: str, line: int) -> None:
    (finding,) = lint_bytes("x.ipynb", notebook_of("from torch import nn", cell), all_rules()).findings
    assert (finding.code, finding.span.start.line) == ("DRP101", line)


def test_a_cell_that_is_broken_beside_a_magic_is_reported() -> None:
    data = notebook_of("from torch import nn\nnn.Dropout(30)", "cd data\ndef f(:")
    found_here = lint_bytes("x.ipynb", data, all_rules()).findings
    assert [(finding.code, finding.cell, finding.span.start.line) for finding in found_here] == [
        ("DRP101", 1, 2),
        ("DRP000", 2, 2),
    ]


def test_a_broken_cell_is_reported_and_hides_no_other() -> None:
    data = notebook_of("from torch import nn", "def f(:", "nn.Dropout(30)")
    found_here = lint_bytes("x.ipynb", data, all_rules()).findings
    assert [(finding.code, finding.cell) for finding in found_here] == [("DRP000", 2), ("DRP101", 3)]


def test_what_python_only_warns_of_is_not_said(recwarn: pytest.WarningsRecorder) -> None:
    data = notebook_of("from torch import nn\nx = '\\l'; x is 1; nn.Dropout(30)")
    assert [finding.code for finding in lint_bytes("x.ipynb", data, all_rules()).findings] == ["DRP101"]
    assert [str(warning.message) for warning in recwarn] == []


def test_notebooks_in_other_languages_are_left_alone() -> None:
    assert lint_bytes("x.ipynb", notebook_of("torch <- (", language="R"), all_rules()).findings == ()


@pytest.mark.parametrize(
    "data", [b"torch nn.Dropout(30)", b"\xff torch nn.Dropout(30)", b'{"worksheets": "torch nn.Dropout(30)"}']
)
def test_what_is_no_notebook_is_unparsable(data: bytes) -> None:
    assert [finding.code for finding in lint_bytes("x.ipynb", data, all_rules()).findings] == ["DRP000"]


def test_an_untouched_notebook_round_trips() -> None:
    text = json.dumps(json.loads(notebook_of("a = 1\nb = 2")), indent=1, ensure_ascii=False) + "\n"
    read = notebook.read(text.encode())
    assert read.with_edits(1, ()) == text.encode()
