"""Which files are checked: what is searched, what is left out, and what is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_lint.driver.config import Settings
from dropout_lint.driver.discovery import SettingsFor, discover
from tests.driver.test_config import configured


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
    (tree / "tool").write_text("#!/usr/bin/env python3\n", "utf-8")
    assert found(tree, "venv/f.py", "d.txt", "c.pyi", "tool") == ["tool", "venv/f.py"]
    assert found(tree, "venv/f.py", "a.py", force_exclude=True) == ["a.py"]


def test_exclusions_name_parts_and_places(tree: Path) -> None:
    assert found(tree, table='exclude = ["pkg", "b.*"]') == ["a.py", "out/i.py"]


def test_links_that_go_round_end(tree: Path) -> None:
    (tree / "pkg" / "again").symlink_to(tree, target_is_directory=True)
    assert found(tree).count("a.py") == 1
