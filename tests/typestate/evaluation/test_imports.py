"""Modules that come out of other files: from tables, under computed names, made when the file is imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from dropout_lint.lint.file_check import lint_file
from dropout_lint.lint.registry import all_rules
from dropout_lint.semantic.project import Project
from dropout_lint.syntax.source import SourceFile

NETS = """
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)


class Small(nn.Module):
    def __init__(self, rate=0.5):
        super().__init__()
        self.block, self.drop = Block(), nn.Dropout(rate)


class Large(nn.Module):
    def __init__(self, rate=0.5):
        super().__init__()
        self.block, self.norm = Block(), nn.BatchNorm1d(4)
        self.drop = nn.Dropout(rate)


def tiny():
    return Small(0.1)
"""
TABLE = """
from nets import Large, Small

MODELS = {"small": Small, "large": Large}


def build(name):
    return MODELS[name]()
"""
RATES = "RATE = 0.0\nMODELS = {}\nFAST = False\n"
LOADED = """
import torch
from nets import Small

model = Small().to("cpu")
model.load_state_dict(torch.load("small.pt"))
"""
PREDICT = """
import torch
{imports}


def predict(name, data):
    model = {model}
    model.load_state_dict(torch.load("weights.pt"))
    {switch}
    with torch.no_grad():
        return model(data).argmax()
"""
RUN = ["return model(data).argmax()"]


def program(imports: str, model: str, switch: str = "pass") -> str:
    return PREDICT.format(imports=imports, model=model, switch=switch)


def blamed(folder: Path, main: str, **others: str) -> list[str]:
    """The lines of ``main.py`` on which inference in train mode is reported."""
    files: Mapping[str, str] = {"nets": NETS, "table": TABLE, "rates": RATES, "loaded": LOADED, **others, "main": main}
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text.lstrip(), "utf-8")
    findings = lint_file(folder / "main.py", all_rules(), Project()).findings
    lines = main.lstrip().splitlines()
    return [lines[finding.span.start.line - 1].strip() for finding in findings if finding.code == "DRP301"]


@pytest.mark.parametrize(
    ("imports", "model"),
    [
        pytest.param("from table import MODELS", "MODELS[name]()", id="a table"),
        pytest.param("import table", "table.MODELS.get(name)()", id="a table through its file"),
        pytest.param("from table import build", "build(name)", id="a function that reads the table"),
        pytest.param("import nets", "getattr(nets, name)()", id="an attribute of the file"),
        pytest.param("import nets", "nets.__dict__[name]()", id="the dictionary of the file"),
        pytest.param("import nets", "vars(nets)[name]()", id="vars of the file"),
        pytest.param("from nets import *", "globals()[name]()", id="globals"),
        pytest.param("import torchvision.models as models", "models.__dict__[name]()", id="torchvision"),
        pytest.param("from loaded import model as made", "made", id="made by the import"),
    ],
)
def test_a_model_of_another_file_is_known(imports: str, model: str, tmp_path: Path) -> None:
    assert blamed(tmp_path, program(imports, model)) == RUN
    assert blamed(tmp_path, program(imports, model, "model.eval()")) == []


def test_one_of_the_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    for name in ("one", "two"):
        (tmp_path / "models" / f"{name}.py").write_text(f"{NETS}\n\nclass Model(Large):\n    pass\n", "utf-8")
    for spelling in ("'models.' + name", "f'models.{name}'"):
        main = program("import importlib", f"importlib.import_module({spelling}).Model()")
        assert blamed(tmp_path, main) == RUN
        assert blamed(tmp_path, main.replace("pass", "model.eval()")) == []


def test_an_import_runs_the_whole_file(tmp_path: Path) -> None:
    main = program("from loaded import model as made", "made")
    assert blamed(tmp_path, main, loaded=LOADED + "model.eval()\n") == []


def test_a_constant_of_another_file_is_read(tmp_path: Path) -> None:
    main = program("from nets import Small\nfrom rates import RATE", "Small(RATE)")
    assert blamed(tmp_path, main) == []
    assert blamed(tmp_path, main, rates="RATE = 0.1\n") == RUN


def test_a_setting_of_another_file_is_not_taken_for_granted(tmp_path: Path) -> None:
    main = program("from nets import Small\nfrom rates import FAST", "Small()", "model.train(not FAST)")
    assert blamed(tmp_path, main) == []


def test_a_table_that_its_own_file_fills_is_read(tmp_path: Path) -> None:
    rates = "from nets import Small\nMODELS = {}\nMODELS['small'] = Small().to('cpu')\n"
    assert blamed(tmp_path, program("from rates import MODELS", "MODELS['small']"), rates=rates) == RUN


def test_stars_lead_on(tmp_path: Path) -> None:
    """What a file gets by a star is offered by its own star: names of the project, and of libraries."""
    main = program("from gathered import *", "MODELS[name]()").replace("import torch\n", "")
    assert blamed(tmp_path, main, gathered="from first import *\n", first="import torch\nfrom table import *\n") == RUN


def test_an_empty_table_is_filled_by_somebody(tmp_path: Path) -> None:
    assert blamed(tmp_path, program("from rates import MODELS", "MODELS[name]()")) == []


def test_one_model_without_a_mode_among_those_of_a_table_silences(tmp_path: Path) -> None:
    table = TABLE.replace("Large}", "Large, 'block': Block}").replace("import Large", "import Block, Large")
    assert blamed(tmp_path, program("from table import MODELS", "MODELS[name]()"), table=table) == []


def test_files_that_import_each_other_end(tmp_path: Path) -> None:
    one = "from two import second\nfrom nets import Small\nfirst = Small()\n"
    two = "from one import first\nfrom nets import Small\nsecond = Small()\n"
    assert blamed(tmp_path, program("from one import first", "first"), one=one, two=two) == RUN


def test_a_library_that_stars_hundreds_of_files_is_not_parsed_for_one_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = 60
    for number in range(many):
        (tmp_path / f"part{number}.py").write_text(NETS.replace("class Small", f"class Small{number}"), "utf-8")
    stars = "".join(f"from part{number} import *\n" for number in range(many))
    (tmp_path / "library.py").write_text(stars, "utf-8")
    (tmp_path / "main.py").write_text(program("import library", "getattr(library, name)()").lstrip(), "utf-8")
    parsed: set[str] = set()
    parse = Project.source

    def counted(self: Project, path: Path) -> SourceFile | None:
        parsed.add(path.stem)
        return parse(self, path)

    monkeypatch.setattr(Project, "source", counted)
    lint_file(tmp_path / "main.py", all_rules(), Project())
    assert "library" in parsed
    assert len([name for name in parsed if name.startswith("part")]) < many / 2
