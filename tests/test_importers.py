"""Where the files are looked for that may import a given one."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_lint import importers
from dropout_lint.importers import project_root


def test_scripts_beside_a_project_in_the_temporary_folder_are_none_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stray.py").write_text("import model\n")
    (tmp_path / "project").mkdir()
    file = tmp_path / "project" / "model.py"
    file.write_text("x = 1\n")
    assert project_root(file, None) == tmp_path
    monkeypatch.setattr(importers, "_nobodys", lambda: frozenset({tmp_path}))
    assert project_root(file, None) == tmp_path / "project"
