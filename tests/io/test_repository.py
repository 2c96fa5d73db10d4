"""The repository around a folder is the nearest one, whatever its `.git` is."""

from __future__ import annotations

from pathlib import Path

from dropout_lint.io.repository import repository_around


def test_the_nearest_repository_holds(tmp_path: Path) -> None:
    inner = tmp_path / "outer" / "inner"
    (inner / "package").mkdir(parents=True)
    (tmp_path / "outer" / ".git").mkdir()
    assert repository_around(str(inner / "package")) == str(tmp_path / "outer")
    assert repository_around(str(tmp_path / "outer")) == str(tmp_path / "outer")
    (inner / ".git").write_text("gitdir: ../.git/worktrees/inner", "utf-8")
    assert repository_around(str(inner / "package")) == str(inner)


def test_the_root_of_all_files_is_in_none() -> None:
    assert repository_around("/") is None
