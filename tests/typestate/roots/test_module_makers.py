"""Programs are followed if they can make a module whose mode matters; a module that is only passed is no reason."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from dropout_lint.knowledge import standard
from dropout_lint.project.symbol_links import SymbolIndex
from dropout_lint.semantic.project import Project, project_of
from dropout_lint.typestate.roots import module_makers
from dropout_lint.typestate.roots.module_makers import ConstructorSearch

PREAMBLE = """
import importlib
import torch
import transformers
from torch import nn
from torchvision import models
import helpers


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)


class Flat(nn.Module):
    def __init__(self):
        super().__init__()
        self.line = nn.Linear(2, 2)


class Functional(nn.Module):
    def forward(self, x):
        return nn.functional.dropout(x, 0.5, self.training)

"""
HELPERS = """
from torch import nn


def build(depth):
    return nn.Sequential(nn.Dropout(0.5))


def score(model):
    return model(1)
"""


def names_of_makers(code: str, folder: Path) -> list[str]:
    """The functions of ``code`` that are said to make a module; empty stands for the top level."""
    (folder / "helpers.py").write_text(HELPERS, "utf-8")
    text = PREAMBLE + textwrap.dedent(code)
    main = folder / "main.py"
    main.write_text(text, "utf-8")
    project = Project()
    found = ConstructorSearch(SymbolIndex(project), standard()).functions_that_construct(str(main), _lines(text))
    lines = text.splitlines()
    return [lines[line - 1].split("def ")[1].split("(")[0] if line else "" for line in sorted(found)]


def _lines(text: str) -> list[int]:
    """0 and the lines of all functions behind the preamble."""
    lines = enumerate(text.splitlines(), 1)
    return [0, *(number for number, line in lines if "def " in line and number > len(PREAMBLE.splitlines()))]


TRAINER = """
class Trainer:
    def __init__(self{}):
        self.model = {}

    def f(self, x):
        return self.model(x)
"""
MAKING = {
    "makes one": "def f(x):\n    model = Net()\n    return model(x)\n",
    "makes one that drops by a function": "def f(x):\n    return Functional()(x)\n",
    "makes one of a library": "def f(x):\n    return torch.hub.load('x', 'resnet18')(x)\n",
    "calls what makes one": "def g():\n    return Net()\ndef f(x):\n    return g()(x)\n",
    "calls what makes one in another file": "def f(x):\n    return helpers.build(2)(x)\n",
    "takes one from a table": "TABLE = {'net': Net}\ndef f(x):\n    return TABLE[x]()(x)\n",
    "takes one from a file by a name": "def f(x):\n    return getattr(helpers, x)(2)(x)\n",
    "takes one from a file that is told later": "def f(x):\n    return importlib.import_module('models.' + x)\n",
    "takes one of a library by a name": "def f(x):\n    return getattr(models, x)(pretrained=True)\n",
    "takes one from the table of a library": "def f(x):\n    return models.__dict__[x]()\n",
    "stores one": TRAINER.format("", "Net()"),
    "puts in train mode for a result": "@torch.no_grad()\ndef f(model, x):\n    return model.train()(x)\n",
}


@pytest.mark.parametrize("case", MAKING)
def test_what_may_make_a_module_is_followed(case: str, tmp_path: Path) -> None:
    assert "f" in names_of_makers(MAKING[case], tmp_path)


HANDED = {
    "is given one": "def f(model, x):\n    model.eval()\n    with torch.no_grad():\n        return model(x)\n",
    "makes one in which no mode matters": "def f(x):\n    return Flat()(x)\n",
    "calls what is given one": "def f(model, x):\n    return helpers.score(model)\n",
    "stores what it is given": TRAINER.format(", model", "model"),
    "says the type of what it is given": "def f(model: Net, x: 'Net | None' = None) -> Net:\n    return model(x)\n",
    "asks for the type of what it is given": "def f(model, x):\n    return isinstance(model, (Net, str)) or model(x)\n",
    "asks a library for something else": "def f(model, x):\n    return model(x, transformers.__version__)\n",
    "stands before what is decorated": """
        def f(model, x):
            return model(x)

        @register(
            Net,
            depth=2,
        )
        class Other(Flat):
            pass
    """,
    "asks an object for an attribute": "def f(model, x):\n    return getattr(model, x)(x)\n",
}


@pytest.mark.parametrize("case", HANDED)
def test_what_is_handed_its_modules_is_not(case: str, tmp_path: Path) -> None:
    assert "f" not in names_of_makers(HANDED[case], tmp_path)


def test_what_the_top_level_makes_every_function_may_find(tmp_path: Path) -> None:
    code = "model = Net()\ndef f(x):\n    return x\n"
    assert names_of_makers(code, tmp_path) == ["", "f"]
    assert names_of_makers("def f(x):\n    return x\n", tmp_path) == []


def test_a_table_of_classes_at_the_top_level_makes_none(tmp_path: Path) -> None:
    code = "TABLE = {'net': Net}\ndef f(x):\n    return x\ndef g(x):\n    return TABLE[x]()(x)\n"
    assert names_of_makers(code, tmp_path) == ["g"]


def test_what_is_far_away_is_given_up(tmp_path: Path) -> None:
    chain = "".join(f"def f{n}(x):\n    return f{n + 1}(x)\n" for n in range(module_makers.MOST_OF_FUNCTION + 10))
    code = chain + f"def f{module_makers.MOST_OF_FUNCTION + 10}(x):\n    return Net()\n"
    found = names_of_makers(code, tmp_path)
    assert "f0" not in found
    assert "f20" in found


def test_what_a_function_names_itself_is_never_far_away(tmp_path: Path) -> None:
    parts = range(module_makers.MOST_OF_FUNCTION + 10)
    named = "".join(f"def f{n}(x):\n    return x\n" for n in parts)
    calls = "".join(f"    f{n}(x)\n" for n in parts)
    code = f"{named}def f(x):\n{calls}    return Net()(x)\ndef h(x):\n    return f(x)\n"
    found = names_of_makers(code, tmp_path)
    assert "f" in found
    assert "h" not in found  # between it and what makes the module lies all of that


def test_a_list_of_names_for_others_makes_nothing(tmp_path: Path) -> None:
    assert names_of_makers("__all__ = ['Net']\ndef f(x):\n    return x\n", tmp_path) == []


def test_an_unsaved_file_stands_for_what_is_on_disk(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("x = 1\n", "utf-8")
    source = Project().open(str(tmp_path / "main.py"), PREAMBLE + "def f(x):\n    return Net()\n")
    line = source.text[: source.text.index("def f(")].count("\n") + 1
    assert ConstructorSearch(SymbolIndex(project_of(source), source), standard()).functions_that_construct(
        source.filename, [line]
    ) == {line}
