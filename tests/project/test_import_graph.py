"""Where the files are looked for that may import a given one."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_lint.project import import_graph
from dropout_lint.project.import_graph import ReverseImportGraph, project_root


def test_scripts_beside_a_project_in_the_temporary_folder_are_none_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stray.py").write_text("import model\n")
    (tmp_path / "project").mkdir()
    file = tmp_path / "project" / "model.py"
    file.write_text("x = 1\n")
    assert project_root(file, None) == tmp_path
    monkeypatch.setattr(import_graph, "_without_project", lambda: frozenset({tmp_path}))
    assert project_root(file, None) == tmp_path / "project"


IMPORTING = {
    "plainly": "import net\n",
    "below something else": "import os\nif x:\n    import net\n",
    "from a package": "from pkg import net\n",
    "in brackets": "from pkg import (\n    other,\n    net,\n)\n",
    "behind a backslash": "from pkg import other, \\\n    net\n",
    "with the module on a line of its own": "from net \\\n    import Net\n",
}


@pytest.mark.parametrize("case", IMPORTING)
def test_whoever_imports_is_found(case: str, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("class Net:\n    pass\n", "utf-8")
    (tmp_path / "main.py").write_text(IMPORTING[case], "utf-8")
    assert ReverseImportGraph(tmp_path).importers(tmp_path / "net.py") == [tmp_path / "main.py"]


@pytest.mark.parametrize(
    "text", ["# the net\n", "net = important\n", '"""Taken\nfrom the net.\n"""\n', "imported(net)\n"]
)
def test_whoever_only_says_so_is_not(text: str, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("class Net:\n    pass\n", "utf-8")
    (tmp_path / "main.py").write_text(text, "utf-8")
    assert ReverseImportGraph(tmp_path).importers(tmp_path / "net.py") == []
