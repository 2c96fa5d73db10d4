"""Options, environment and files together: which of them has the last word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dropout_lint.cli import main
from dropout_lint.cli.run_settings import VARIABLES

BAD = "import torch\nfrom torch import nn\nnn.Dropout(30)\nnn.Dropout(rate=0.3)\nmodel = nn.Identity()\nmodel.eval\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bad.py").write_text(BAD, "utf-8")
    return tmp_path


def output(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main([*words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def codes(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    _, out, err = output(capsys, "check", "--output-format", "json", *words)
    return [finding["code"] for finding in json.loads(out)] if out else [err]


TABLE = "[tool.dropout-lint]\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"pyproject.toml": TABLE + 'select = ["DRP101"]'}, ["DRP101"]),
        ({"dropout-lint.toml": 'select = ["DRP104"]'}, ["DRP104"]),
        ({".dropout-lint.toml": 'select = ["DRP302"]'}, ["DRP302"]),
        ({"dropout-lint.toml": "", "pyproject.toml": TABLE + 'select = ["DRP101"]'}, ["DRP101", "DRP104", "DRP302"]),
        ({".dropout-lint.toml": 'select = ["DRP302"]', "dropout-lint.toml": 'select = ["DRP104"]'}, ["DRP302"]),
        ({"pyproject.toml": "[project]\nname = 'x'\n"}, ["DRP101", "DRP104", "DRP302"]),
    ],
    ids=["pyproject", "own file", "hidden file", "own file beats pyproject", "hidden beats own", "no table"],
)
def test_a_file_of_its_own_holds_before_pyproject(
    files: dict[str, str], expected: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    assert codes(capsys) == codes(capsys, "bad.py") == expected


@pytest.mark.parametrize("name", ["dropout_lint", "dropoutlint", "Dropout-Lint"])
def test_a_table_under_a_wrong_name_is_a_mistake(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.{name}]\nselect = []\n# dropout-lint\n", "utf-8")
    code, _, err = output(capsys, "check", "bad.py")
    assert (code, f"[tool.{name}]" in err, "is called [tool.dropout-lint]" in err) == (2, True, True)


def test_a_table_in_a_file_of_its_own_is_a_mistake(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "dropout-lint.toml").write_text(TABLE, "utf-8")
    code, _, err = output(capsys, "check", "bad.py")
    assert (code, "the keys stand at the top of this file" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--config", 'select=["DRP104"]'], ["DRP104"]),
        (["--config", 'ignore = ["DRP1"]'], ["DRP302"]),
        (["--config", 'select=["DRP104"]', "--select", "DRP302"], ["DRP302"]),
        (["--config", 'per-file-ignores."bad.py"=["DRP302"]'], ["DRP101"]),
        (["--config", 'select=["DRP104"]', "--isolated"], ["DRP104"]),
        (["--config", "other.toml", "--config", 'ignore=["DRP104"]'], ["DRP302"]),
        (["--isolated"], ["DRP101", "DRP104", "DRP302"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_a_setting_on_the_command_line_goes_on_top_of_files_and_below_options(
    words: list[str], expected: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "pyproject.toml").write_text(TABLE + 'select = ["DRP101", "DRP302"]\n', "utf-8")
    (folder / "other.toml").write_text('select = ["DRP104", "DRP302"]\n', "utf-8")
    assert codes(capsys, "bad.py", *words) == expected


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--config", "min-confidence=high"], "a string needs quotes"),
        (["--config", "slect=[]"], "--config: unknown key `slect` in the settings, did you mean `select`?"),
        (["--config", "a.toml", "--config", "b.toml"], "--config names 2 files, a.toml and b.toml"),
        (["--config", "a.toml", "--isolated"], "--isolated reads no configuration file"),
        (["--config", 'output-format="josn"'], "--config: `output-format`: unknown output format 'josn'"),
    ],
    ids=["quotes", "key", "two files", "isolated", "format"],
)
def test_mistakes_in_config_are_named(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = output(capsys, "check", "bad.py", *words)
    assert (code, out) == (2, "")
    assert says in err


def test_the_environment_stands_for_options_that_are_not_given(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pyproject.toml").write_text(TABLE + 'output-format = "full"\n', "utf-8")
    monkeypatch.setenv("DROPOUT_LINT_OUTPUT_FORMAT", "concise")
    monkeypatch.setenv("DROPOUT_LINT_CONFIG", 'select=["DRP101"]')
    monkeypatch.setenv("DROPOUT_LINT_CACHE_DIR", "kept")
    assert output(capsys, "check", "bad.py")[1].startswith("bad.py:3:12: DRP101")
    assert (folder / "kept").is_dir()
    assert output(capsys, "check", "bad.py", "--output-format", "pylint")[1].startswith("bad.py:3: [DRP101]")
    monkeypatch.setenv("DROPOUT_LINT_CACHE_DIR", "other")
    monkeypatch.setenv("DROPOUT_LINT_NO_CACHE", "true")
    monkeypatch.setenv("DROPOUT_LINT_OUTPUT_FILE", "out.txt")
    assert output(capsys, "check", "bad.py")[1] == ""
    assert (folder / "out.txt").read_text("utf-8").startswith("bad.py:3:12: DRP101")
    assert not (folder / "other").exists()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DROPOUT_LINT_OUTPUT_FORMAT", "josn", "unknown output format 'josn', did you mean `json`?"),
        ("DROPOUT_LINT_NO_CACHE", "perhaps", "'perhaps' is not 1 or 0"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    name: str, value: str, says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    code, _, err = output(capsys, "check", "bad.py")
    assert (code, f"{name}: {says}" in err) == (2, True)


def test_switches_of_a_file_hold_and_can_be_negated(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = 'exclude = ["bad.py"]\nforce-exclude = true\nunsafe-fixes = true\ncache-dir = "kept"\n'
    (folder / "pyproject.toml").write_text(TABLE + table, "utf-8")
    assert codes(capsys, "bad.py") == []
    assert codes(capsys, "bad.py", "--no-force-exclude") == ["DRP101", "DRP104", "DRP302"]
    assert (folder / "kept").is_dir()
    fix = ["check", "--fix", "--no-force-exclude", "bad.py"]
    assert output(capsys, *fix, "--no-unsafe-fixes")[1].startswith("bad.py:3:12")
    assert output(capsys, *fix) == (0, "Found 2 findings, all fixed.\n", "")


def test_unsafe_fixes_are_applied_where_the_settings_of_a_file_say_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("one", "true"), ("two", "false")):
        (folder / name).mkdir()
        (folder / name / "dropout-lint.toml").write_text(f"unsafe-fixes = {value}", "utf-8")
        (folder / name / "x.py").write_text(BAD, "utf-8")
    output(capsys, "check", "--fix", "one", "two")
    assert "nn.Dropout(0.3)" in (folder / "one" / "x.py").read_text("utf-8")
    assert "nn.Dropout(30)" in (folder / "two" / "x.py").read_text("utf-8")


def test_what_is_not_fixable_has_no_fix_anywhere(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = output(capsys, "check", "--unfixable", "DRP104", "--output-format", "json", "bad.py")
    assert {each["code"]: each["fix"] is None for each in json.loads(out)}["DRP104"]
    output(capsys, "check", "--fix", "--unsafe-fixes", "--fixable", "DRP101", "bad.py")
    assert (folder / "bad.py").read_text("utf-8") == BAD.replace("30", "0.3")


@pytest.mark.parametrize("way", ["option", "settings", "environment"])
def test_a_folder_with_other_files_is_no_cache(
    way: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".gitignore").write_text("mine\n", "utf-8")
    if way == "settings":
        (folder / "dropout-lint.toml").write_text('cache-dir = "."', "utf-8")
    if way == "environment":
        monkeypatch.setenv("DROPOUT_LINT_CACHE_DIR", ".")
    code, out, err = output(capsys, "check", "bad.py", *(["--cache-dir", "."] if way == "option" else []))
    assert (code, out, "holds other files: name one of its own" in err) == (2, "", True)
    assert (folder / ".gitignore").read_text("utf-8") == "mine\n"
    assert sorted(path.name for path in folder.iterdir() if path.suffix != ".toml") == [".gitignore", "bad.py"]
