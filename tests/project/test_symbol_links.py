"""What a name means does not depend on earlier queries, also where files import each other."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from dropout_lint.project.symbol_links import SymbolIndex
from dropout_lint.project.symbols import ClassUnit
from dropout_lint.semantic.project import Project

IN_A_CIRCLE = {
    "one.py": "from two import *\nfrom two import Late\n",
    "two.py": "from three import *\nfrom one import Early\n",
    "three.py": "from one import *\nfrom nets import *\nfrom nets import Net as Late, Net as Early\n",
    "nets.py": "class Net:\n    pass\n",
}
ASKED = [("one", "Net"), ("two", "Net"), ("three", "Net"), ("one", "Late"), ("two", "Early")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in IN_A_CIRCLE.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def names_meant(mentioned: SymbolIndex, folder: Path, module: str, name: str) -> set[str]:
    found = mentioned.attribute(mentioned.file(str(folder / f"{module}.py")), name)
    return {target.body.name for target in found if isinstance(target, ClassUnit)}


@pytest.mark.parametrize("order", [*itertools.permutations(ASKED)], ids=str)
def test_whoever_asks_first(order: tuple[tuple[str, str], ...], folder: Path) -> None:
    mentioned = SymbolIndex(Project())
    expected = {asked: set() if asked == ("two", "Early") else {"Net"} for asked in order}
    assert {asked: names_meant(mentioned, folder, *asked) for asked in order} == expected


@pytest.mark.parametrize("order", [*itertools.permutations(["one", "two", "three"])], ids=str)
def test_what_modules_in_a_circle_offer(order: tuple[str, ...], folder: Path) -> None:
    mentioned = SymbolIndex(Project())
    for module in order:
        assert "Net" in mentioned.offered(mentioned.file(str(folder / f"{module}.py")))
