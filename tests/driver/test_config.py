"""Configuration, discovery and notebooks."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_lint.driver import config
from dropout_lint.driver.config import ConfigError, Settings
from dropout_lint.driver.discovery import SettingsFor, discover


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
