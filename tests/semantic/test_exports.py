"""What a name from another file means: imported by name, re-exported, by star; the same in every query."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from dropout_lint.knowledge.torch_api import STAR_EXPORTS, star_may_export
from dropout_lint.lint.engine import check
from dropout_lint.lint.file_check import lint_file
from dropout_lint.lint.registry import all_rules, rule_by_code
from dropout_lint.semantic.classes import classes_of
from dropout_lint.semantic.names import names_of
from dropout_lint.semantic.project import Project
from dropout_lint.syntax.source import SourceFile

BLOCK = "from torch import nn\nclass Block(nn.Module): pass\n"
OTHER = "from torch import nn\nclass Block(nn.Linear): pass\n"
Files = Mapping[str, str]


def stars(number: int) -> dict[str, str]:
    files = {f"m{index}.py": "X = 1\n" for index in range(number)}
    return {**files, f"m{number // 2}.py": BLOCK, "all.py": "".join(f"from m{i} import *\n" for i in range(number))}


CHAIN = {f"m{index}.py": f"from m{index + 1} import *\n" for index in range(12)} | {"m12.py": BLOCK}

# The files, the head of the file that mentions `Block`, and the file that defines it: None if nobody is sure.
CASES: dict[str, tuple[Files, str, str | None]] = {
    "named": ({"layers.py": BLOCK}, "from layers import Block", "layers.py"),
    "re-exported": (
        {"pkg/__init__.py": "from .layers import Block\n", "pkg/layers.py": BLOCK},
        "from pkg import Block",
        "layers.py",
    ),
    "re-exported under another name": (
        {"pkg/__init__.py": "from .layers import Net as Block\n", "pkg/layers.py": BLOCK.replace("Block", "Net")},
        "from pkg import Block",
        "layers.py",
    ),
    "star": ({"layers.py": BLOCK}, "from layers import *", "layers.py"),
    "star of a package": (
        {"pkg/__init__.py": "from .layers import Block\n", "pkg/layers.py": BLOCK},
        "from pkg import *",
        "layers.py",
    ),
    "star of a star": ({"a.py": "from layers import *\n", "layers.py": BLOCK}, "from a import *", "layers.py"),
    "a dozen stars in a row": (CHAIN, "from m0 import *", "m12.py"),
    "star before torch's": ({"layers.py": BLOCK}, "from layers import *\nfrom torch.nn import *", "layers.py"),
    "star after torch's": ({"layers.py": BLOCK}, "from torch.nn import *\nfrom layers import *", "layers.py"),
    "star beside the standard library's": (
        {"layers.py": BLOCK},
        "from math import *\nfrom layers import *",
        "layers.py",
    ),
    "star beside those of libraries without layers": (
        {"layers.py": BLOCK},
        "from numpy import *\nfrom matplotlib.pyplot import *\nfrom layers import *",
        "layers.py",
    ),
    "listed": ({"layers.py": BLOCK + "__all__ = ['Block']\n"}, "from layers import *", "layers.py"),
    "not listed": ({"layers.py": BLOCK + "__all__ = ['X']\n"}, "from layers import *", None),
    "not listed, but named": ({"layers.py": BLOCK + "__all__ = ['X']\n"}, "from layers import Block", "layers.py"),
    "listed later": (
        {"layers.py": BLOCK + "__all__ = []\n__all__ += ['Block']\n"},
        "from layers import *",
        "layers.py",
    ),
    "listed by a call": (
        {"layers.py": BLOCK + "__all__ = []\n__all__.append('Block')\n"},
        "from layers import *",
        "layers.py",
    ),
    "listed in one of two": (
        {"a.py": BLOCK + "__all__ = ['Block']\n", "b.py": OTHER + "__all__ = ['X']\n"},
        "from a import *\nfrom b import *",
        "a.py",
    ),
    "2 stars": (stars(2), "from all import *", "m1.py"),
    "9 stars": (stars(9), "from all import *", "m4.py"),
    "39 stars": (stars(39), "from all import *", "m19.py"),
    "41 stars": (stars(41), "from all import *", None),
    "stars in a circle": (
        {"a.py": "from b import *\n", "b.py": "from a import *\nfrom layers import *\n", "layers.py": BLOCK},
        "from a import *",
        "layers.py",
    ),
    "a circle without it": ({"a.py": "from b import *\n", "b.py": "from a import *\n"}, "from a import *", None),
    "imports in a circle": (
        {"a.py": "from b import Block\n", "b.py": "from a import Block\n"},
        "from a import Block",
        None,
    ),
    "two ways to one": (
        {"a.py": "from layers import *\n", "b.py": "from layers import Block\n", "layers.py": BLOCK},
        "from a import *\nfrom b import *",
        "layers.py",
    ),
    "two that differ": ({"a.py": BLOCK, "b.py": OTHER}, "from a import *\nfrom b import *", None),
    "bound in the file that stars": (
        {"a.py": f"from layers import *\n{OTHER}", "layers.py": BLOCK},
        "from a import *",
        "a.py",
    ),
}


def opened(folder: Path, files: Files, text: str) -> SourceFile:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    main = folder / "main.py"
    main.write_text(text, "utf-8")
    return Project().open(str(main), text)


@pytest.mark.parametrize(("files", "head", "home"), CASES.values(), ids=CASES)
def test_a_base_class_is_found_where_it_is_defined(tmp_path: Path, files: Files, head: str, home: str | None) -> None:
    source = opened(tmp_path, files, f"{head}\nclass Sub(Block): pass\n")
    (base,) = classes_of(source).all[-1].bases
    assert (None if base is None else Path(base.source.filename).name) == home


PROGRAM = """
import torch
{head}


def predict(data):
    net = Block()
    net.load_state_dict(torch.load("net.pt"))
    with torch.no_grad():
        return net(data).argmax()
"""
DROPS = "from torch import nn\nclass Block(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
DROPS += "        self.drop = nn.Dropout(0.5)\n    def forward(self, x):\n        return self.drop(x)\n"


@pytest.mark.parametrize(("files", "head", "home"), CASES.values(), ids=CASES)
def test_an_analysis_of_modes_finds_the_same(tmp_path: Path, files: Files, head: str, home: str | None) -> None:
    drops = DROPS.replace("Block", "Net") if "Net as" in str(files) else DROPS
    files = {name: text.replace(BLOCK, drops).replace(OTHER, drops) for name, text in files.items()}
    files = {name: text.replace(BLOCK.replace("Block", "Net"), drops) for name, text in files.items()}
    opened(tmp_path, files, PROGRAM.format(head=head))
    found = lint_file(tmp_path / "main.py", all_rules(), project=Project()).findings
    assert [finding.code for finding in found] == ([] if home is None else ["DRP301"])


MEANINGS: dict[str, tuple[Files, str, str, str | None]] = {
    "torch's beside a star": (
        {"a.py": "X = 1\n"},
        "from torch.nn import *\nfrom a import *",
        "Dropout",
        "torch.nn.Dropout",
    ),
    "torch's before a star": (
        {"a.py": "X = 1\n"},
        "from a import *\nfrom torch.nn import *",
        "Dropout",
        "torch.nn.Dropout",
    ),
    "torch's and the project's": (
        {"a.py": "class Dropout: pass\n"},
        "from torch.nn import *\nfrom a import *",
        "Dropout",
        None,
    ),
    "torch's, not of those known": (
        {"a.py": "class Linear: pass\n"},
        "from torch.nn import *\nfrom a import *",
        "Linear",
        None,
    ),
    "torch's beside an unknown star": ({}, "from torch.nn import *\nfrom elsewhere import *", "Dropout", None),
    "beside all of torch": ({"a.py": BLOCK}, "from torch import *\nfrom a import *", "Block", None),
    "beside an unknown star": ({"a.py": BLOCK}, "from a import *\nfrom elsewhere import *", "Block", None),
    "beside one further away": (
        {"a.py": BLOCK, "b.py": "from elsewhere import *"},
        "from a import *\nfrom b import *",
        "Block",
        None,
    ),
    "a module of torch": (
        {"compat.py": "from torch import nn\n"},
        "from compat import *",
        "nn.Dropout",
        "torch.nn.Dropout",
    ),
    "a layer of torch": (
        {"compat.py": "from torch.nn import Dropout\n"},
        "from compat import *",
        "Dropout",
        "torch.nn.Dropout",
    ),
    "torch itself": ({"common.py": "import torch\n"}, "from common import *", "torch.nn.Dropout", "torch.nn.Dropout"),
    "torch twice": (
        {"a.py": "from torch import nn\n", "b.py": "import torch.nn as nn\n"},
        "from a import *\nfrom b import *",
        "nn.Dropout",
        "torch.nn.Dropout",
    ),
    "a star of torch's star": (
        {"compat.py": "from torch.nn import *\n"},
        "from compat import *",
        "Dropout",
        "torch.nn.Dropout",
    ),
    "torch or a stand-in": (
        {"compat.py": "try:\n    from torch import nn\nexcept ImportError:\n    class nn: pass\n"},
        "from compat import *",
        "nn.Dropout",
        "compat.nn.Dropout",
    ),
    "rebound by a function": (
        {"compat.py": "from torch import nn\ndef other():\n    global nn\n    nn = None\n"},
        "from compat import *",
        "nn.Dropout",
        None,
    ),
    "a private name": ({"a.py": "class _Block: pass\n"}, "from a import *", "_Block", None),
    "a private name that is listed": (
        {"a.py": "class _Block: pass\n__all__ = ['_Block']\n"},
        "from a import *",
        "_Block",
        "a._Block",
    ),
    "a file beside": (
        {"pkg/__init__.py": "from . import layers\n", "pkg/layers.py": BLOCK},
        "from pkg import *",
        "layers.Block",
        "pkg.layers.Block",
    ),
    "what Python has": ({"a.py": "def print(): pass\n"}, "from a import *", "print", None),
    "what nobody binds": ({"a.py": BLOCK}, "from a import *", "Clock", None),
    "bound after the star": (
        {"a.py": BLOCK},
        "from a import *\nfrom torch.nn import Linear as Block",
        "Block",
        "torch.nn.Linear",
    ),
}


@pytest.mark.parametrize(("files", "head", "said", "meant"), MEANINGS.values(), ids=MEANINGS)
def test_a_name_from_a_star_means(tmp_path: Path, files: Files, head: str, said: str, meant: str | None) -> None:
    source = opened(tmp_path, files, f"{head}\n{said}\n")
    last = source.tree.body[-1]
    assert isinstance(last, ast.Expr)
    assert names_of(source).resolve(last.value) == meant


USE = "import torch.nn.functional as F\n{}\n"
USE += "class Sub(Block):\n    def forward(self, x):\n        return F.dropout(x, 0.3)\n"


@pytest.mark.parametrize("head", ["from layers import *", "from torch.nn import *\nfrom layers import *"])
def test_functional_dropout_is_found_in_a_class_whose_base_a_star_brings(tmp_path: Path, head: str) -> None:
    source = opened(tmp_path, {"layers.py": BLOCK}, USE.format(head))
    found = check(source.filename, source.text, [rule_by_code("DRP201")], project=Project())
    assert [finding.code for finding in found] == ["DRP201"]


def test_a_file_without_its_project_says_nothing_of_its_stars() -> None:
    assert check("main.py", USE.format("from layers import *"), [rule_by_code("DRP201")]) == ()


def test_a_name_that_the_file_binds_is_not_looked_for_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    source = opened(
        tmp_path, {"a.py": BLOCK}, "from a import *\nfrom torch import nn\nnn.Dropout(0.5)\nprint(len([]))\n"
    )
    monkeypatch.setattr(Project, "module", lambda self, source, dotted: asked.append(dotted))
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.Name, ast.Attribute)):
            names_of(source).resolve(node)
    assert asked == []


def test_each_file_is_asked_once_for_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file stars every file before it: there are a million ways to the first."""
    files = {f"m{i}.py": "".join(f"from m{j} import *\n" for j in range(i)) for i in range(21)}
    source = opened(tmp_path, files, "from m20 import *\nBlock\nBlock\n")
    asked: list[str] = []
    module = Project.module

    def counted(self: Project, source: SourceFile, dotted: str) -> SourceFile | None:
        asked.append(dotted)
        return module(self, source, dotted)

    monkeypatch.setattr(Project, "module", counted)
    names = [node for node in ast.walk(source.tree) if isinstance(node, ast.Name)]
    assert [names_of(source).resolve(name) for name in names] == [None, None]
    assert len(asked) <= 21 * 21


def test_every_class_that_a_star_of_torch_nn_binds_is_told() -> None:
    nn = pytest.importorskip("torch.nn")
    names = [name for name in dir(nn) if not name.startswith("_")]
    assert [
        name for name in names if name not in STAR_EXPORTS["torch.nn"] and not star_may_export("torch.nn", name)
    ] == []
    assert not star_may_export("torch.nn", "Block")


TORCH = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
HANDED_ON: dict[str, tuple[Files, str, str, str | None]] = {
    "by name": ({"compat.py": TORCH}, "from compat import F", "F.dropout", "torch.nn.functional.dropout"),
    "under another name": ({"compat.py": TORCH}, "from compat import nn as n", "n.Dropout", "torch.nn.Dropout"),
    "as an attribute": ({"compat.py": TORCH}, "import compat", "compat.nn.Dropout", "torch.nn.Dropout"),
    "from a package": (
        {"pkg/__init__.py": "from .compat import nn\n", "pkg/compat.py": TORCH},
        "from pkg import nn",
        "nn.Dropout",
        "torch.nn.Dropout",
    ),
    "or None": (
        {"compat.py": "try:\n    from torch import nn\nexcept ImportError:\n    nn = None\n"},
        "from compat import nn",
        "nn.Dropout",
        "torch.nn.Dropout",
    ),
    "either of two": (
        {"compat.py": "try:\n    from torch import nn\nexcept ImportError:\n    from paddle import nn\n"},
        "from compat import nn",
        "nn.Dropout",
        "compat.nn.Dropout",
    ),
    "a module of the project": (
        {"compat.py": "from ops import nn\n", "ops/__init__.py": "", "ops/nn.py": "class Dropout: pass\n"},
        "from compat import nn",
        "nn.Dropout",
        "compat.nn.Dropout",
    ),
    "a class of the project": (
        {"compat.py": "class nn:\n    Dropout = 1\n"},
        "from compat import nn",
        "nn.Dropout",
        "compat.nn.Dropout",
    ),
    "set by a function": (
        {"compat.py": TORCH + "def use(other):\n    global nn\n    nn = other\n"},
        "from compat import nn",
        "nn.Dropout",
        "compat.nn.Dropout",
    ),
    "of a library": ({}, "from jax import nn", "nn.relu", "jax.nn.relu"),
}


@pytest.mark.parametrize(("files", "head", "name", "meaning"), HANDED_ON.values(), ids=HANDED_ON)
def test_torch_is_known_when_a_file_of_the_project_hands_it_on(
    files: Files, head: str, name: str, meaning: str | None, tmp_path: Path
) -> None:
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    source = Project().open(str(tmp_path / "net.py"), f"{head}\n{name}\n")
    statement = source.tree.body[-1]
    assert isinstance(statement, ast.Expr)
    assert names_of(source).resolve(statement.value) == meaning
