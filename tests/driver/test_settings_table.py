"""One table on top of another: lists add up, all else is replaced, mistakes are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_lint.driver.settings import ConfigError, Settings
from dropout_lint.driver.settings_keys import KEYS
from dropout_lint.driver.settings_table import Table, with_table
from dropout_lint.io.interchange import read_toml


def read(text: str, folder: Path, settings: Settings | None = None) -> Settings:
    return with_table(settings or Settings(folder), Table(read_toml(text.encode()), "x.toml", folder))


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_the_example_of_each_key_is_one_that_is_taken(key: object, tmp_path: Path) -> None:
    (tmp_path / "lint").mkdir()
    (tmp_path / "lint" / "house.toml").write_text("", "utf-8")
    assert read(f"{key.name} = {key.example}", tmp_path) != Settings(tmp_path)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("unsafe-fixes = 1", "`unsafe-fixes` must be true or false, not 1"),
        ("output-format = 1", "`output-format` must be a string, not 1"),
        ("baseline = []", "`baseline` must be a string"),
        ('unfixable = ["DRP1X"]', "`unfixable`: unknown code `DRP1X`"),
        ("force_exclude = true", "unknown key `force_exclude` in the settings, did you mean `force-exclude`?"),
    ],
    ids=["switch", "format", "path", "code", "underscore"],
)
def test_a_mistake_names_file_key_and_what_is_wanted(table: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        read(table, tmp_path)
    assert f"x.toml: {says}" in str(raised.value)


def test_lists_add_up_and_all_else_is_replaced(tmp_path: Path) -> None:
    first = read('ignore = ["DRP101"]\nexclude = ["a"]\nunsafe-fixes = true\nmin-confidence = "high"', tmp_path)
    second = read('ignore = ["DRP102"]\nexclude = ["b"]\nunsafe-fixes = false', tmp_path, first)
    assert {"DRP101", "DRP102"}.isdisjoint(rule.code for rule in second.rules)
    assert second.exclude[-2:] == ("a", "b")
    assert (second.unsafe_fixes, second.min_confidence.value) == (False, "high")


@pytest.mark.parametrize(
    ("table", "fixable"),
    [
        ("", {"DRP101", "DRP104", "DRP302"}),
        ('unfixable = ["DRP1"]', {"DRP302"}),
        ('fixable = ["DRP101"]', {"DRP101"}),
        ('fixable = ["DRP1"]\nunfixable = ["DRP104"]', {"DRP101"}),
        ('fixable = ["DRP101"]\nextend-fixable = ["DRP302"]', {"DRP101", "DRP302"}),
        ("fixable = []", set()),
    ],
)
def test_the_rules_whose_fixes_are_offered_are_chosen_like_the_rules(
    table: str, fixable: set[str], tmp_path: Path
) -> None:
    assert {"DRP101", "DRP104", "DRP302"} - read(table, tmp_path).shown.unfixable == fixable
