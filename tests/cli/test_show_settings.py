"""`--show-settings`: what holds, in a form that can be used again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dropout_lint.cli import main
from dropout_lint.driver import config


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    table = (
        'ignore = ["DRP101"]\nexclude = ["a \\" b"]\nper-file-ignores = { "t/*" = ["DRP302"] }\nunfixable = ["DRP1"]\n'
    )
    (tmp_path / "pyproject.toml").write_text(f"[tool.dropout-lint]\n{table}", "utf-8")
    for name in ("x.py", "y.py", "sub/z.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x = 1\n", "utf-8")
    (tmp_path / "sub" / "dropout-lint.toml").write_text('min-confidence = "high"\n', "utf-8")
    return tmp_path


def test_what_is_shown_is_a_configuration_with_the_same_effect(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--show-settings", "x.py", "--min-confidence", "high"]) == 0
    shown = capsys.readouterr().out
    assert f"# from {folder / 'pyproject.toml'}\n" in shown
    (folder / "again").mkdir()
    (folder / "again" / "dropout-lint.toml").write_text(shown, "utf-8")
    again, before = config.in_directory(folder / "again"), config.in_directory(folder)
    assert again is not None
    assert before is not None
    assert (again.rules, again.exclude, again.shown.unfixable) == (before.rules, before.exclude, before.shown.unfixable)
    assert (again.per_file_ignores, again.min_confidence.value) == (before.per_file_ignores, "high")


def test_files_with_the_same_settings_are_told_together(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--show-settings"]) == 0
    heads = [line for line in capsys.readouterr().out.splitlines() if line.startswith("# For ")]
    assert heads == [f"# For {folder / 'sub' / 'z.py'}", f"# For {folder / 'x.py'} and 1 more file"]


def test_programs_get_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--show-settings", "--output-format", "json", "sub"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["files"] == [str(folder / "sub" / "z.py")]
    assert told["sources"] == [str(folder / "sub" / "dropout-lint.toml")]
    assert told["settings"]["min-confidence"] == "high"
