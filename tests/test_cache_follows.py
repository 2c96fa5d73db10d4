"""What a cached answer rests on: every way in which a file that appears, changes or goes can change what is found.

Each case is a project that is checked, edited and checked again: a run with the cache says what one without it says.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from dropout_lint import cli
from dropout_lint.driver import cache as cache_module
from dropout_lint.driver import runner, worker
from dropout_lint.driver.cache import Cache
from dropout_lint.driver.cache_shards import Shard
from dropout_lint.driver.config import Settings
from dropout_lint.driver.discovery import SettingsFor, Target, discover
from dropout_lint.lint.file_check import lint_needed
from dropout_lint.lint.file_result import FileResult
from dropout_lint.project.facts import CHANGED
from tests.edited_project import EditedProject

MODULE = "from torch import nn\nclass Base(nn.Module):\n    pass\n"
PLAIN = "class Base:\n    pass\n"
NET = """import torch
import torch.nn.functional as F
from helper import Base


class Net(Base):
    def forward(self, x):
        return F.dropout(x)
"""


FREED = {
    "pyproject.toml": "",
    "lib.py": "import torch\n\n\ndef prepare(model):\n    model.train\n    return model\n",  # once it is called ...
    "net.py": "from torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        self.drop = nn.Dropout(0.1)\n\n    def forward(self, x):\n        return self.drop(x)\n",
    "serve.py": "import torch\nfrom lib import prepare\nfrom net import Net\n\nmodel = Net()\n"  # ... this needs a fix
    'model.load_state_dict(torch.load("m.pt"))\nmodel.eval()\nmodel = prepare(model)\n\n\n'
    "def predict(x):\n    with torch.inference_mode():\n        return model(x)\n",
}


@pytest.fixture(autouse=True)
def times_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DROPOUT_LINT_CACHE_DIR", raising=False)
    monkeypatch.setattr(cache_module, "_RACY", 0)  # else what a test has just written is always read again


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".git"):
            (root / name).mkdir()
        else:
            (root / name).write_text(text, "utf-8")


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def run(*words: str) -> str:
        """What `check` prints, which is the same with a cache and without."""
        told = []
        for how in ([], ["--no-cache"]):
            cli.main(["check", "--output-format", "concise", *words, *how])
            told.append(capsys.readouterr().out)
        assert told[0] == told[1]
        return told[0]

    return run


APPEARING = {
    "a missing module": ({"pkg/net.py": NET}, {"helper.py": MODULE}),
    "a missing package": ({"pkg/net.py": NET}, {"helper/__init__.py": MODULE}),
    "a nearer module": ({"pkg/net.py": NET, "helper.py": PLAIN}, {"pkg/helper.py": MODULE}),
    "a nearer package": ({"pkg/net.py": NET, "helper.py": PLAIN}, {"pkg/helper/__init__.py": MODULE}),
    "a nearer pyproject.toml": ({"pkg/net.py": NET, "helper.py": MODULE}, {"pkg/pyproject.toml": ""}),
    "a nearer repository": ({"pkg/net.py": NET, "helper.py": MODULE}, {"pkg/.git": ""}),
    "a module beside the package": ({"pkg/net.py": NET, "helper/__init__.py": PLAIN}, {"helper.py": MODULE}),
    "what a star means": (
        {"pkg/net.py": NET, "helper/__init__.py": "from .other import *\n"},
        {"helper/other.py": MODULE},
    ),
    "what a re-export means": ({"pkg/net.py": NET, "helper.py": "from lib import Base\n"}, {"lib.py": MODULE}),
    "a folder src": ({"pkg/net.py": NET}, {"src/helper.py": MODULE}),
    "the package of a dotted name": (
        {"pkg/net.py": NET.replace("from helper", "from helper.inner"), "helper/x.py": ""},
        {"helper/inner.py": MODULE},
    ),
    "the package of a relative name": (
        {"pkg/net.py": NET.replace("from helper", "from ..helper")},
        {"helper/__init__.py": MODULE},
    ),
}


@pytest.mark.parametrize(
    "paths", [[], ["."], ["pkg/net.py"], ["absolute"]], ids=["none", "dot", "relative", "absolute"]
)
@pytest.mark.parametrize("case", APPEARING)
def test_a_file_that_appears_is_noticed(
    case: str, paths: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: Callable[..., str]
) -> None:
    before, appearing = APPEARING[case]
    write(tmp_path, {"pyproject.toml": "", **before})
    monkeypatch.chdir(tmp_path)
    words = [str(tmp_path) if path == "absolute" else path for path in paths]
    first = check(*words)
    write(tmp_path, appearing)
    second = check(*words)
    assert ("DRP201" in first) != ("DRP201" in second), "the case shows nothing"
    (tmp_path / next(iter(appearing))).rename(tmp_path / "elsewhere")
    assert check(*words) == first


PREDICT = "\n\ndef predict(x):\n    with torch.inference_mode():\n        return model(x)\n"
LIBRARY = {
    "pyproject.toml": "",
    "net.py": "from torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        self.drop = nn.Dropout(0.1)\n    def forward(self, x):\n        return self.drop(x)\n",
    "evaluation.py": "import torch\n\n\ndef evaluate(model, loader):\n    with torch.no_grad():\n"
    "        for batch in loader:\n            print(model(batch))\n",
    "train.py": "import torch\nfrom net import Net\nfrom evaluation import evaluate\nmodel = Net()\n"
    'model.load_state_dict(torch.load("m.pt"))\nevaluate(model, [])\n',
}


@pytest.mark.parametrize("paths", [[], ["."], ["net.py", "evaluation.py", "train.py"]], ids=["none", "dot", "files"])
def test_an_edit_behind_two_imports_is_noticed_with_relative_names(
    paths: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: Callable[..., str]
) -> None:
    write(tmp_path, LIBRARY)
    monkeypatch.chdir(tmp_path)
    assert "DRP301" in check(*paths)
    write(tmp_path, {"net.py": LIBRARY["net.py"].replace("Dropout(0.1)", "Identity()")})
    assert "DRP301" not in check(*paths)
    write(tmp_path, {"net.py": LIBRARY["net.py"]})
    assert "DRP301" in check(*paths)


def test_a_notebook_rests_on_what_its_imports_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: Callable[..., str]
) -> None:
    text = LIBRARY["train.py"].replace("from net", "from nets").replace("evaluate(model, [])", PREDICT)
    cell: dict[str, object] = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": text,
    }
    notebook = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    files = {**LIBRARY, "nets.py": "from net import Net\n", "trial.ipynb": notebook}
    write(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    first = check("trial.ipynb")
    assert "DRP301" in first
    write(tmp_path, {"net.py": LIBRARY["net.py"].replace("Dropout(0.1)", "Identity()")})
    assert check("trial.ipynb") != first


def test_a_script_that_appears_and_imports_the_file_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: Callable[..., str]
) -> None:
    write(tmp_path, {name: text for name, text in LIBRARY.items() if name != "train.py"})
    monkeypatch.chdir(tmp_path)
    assert "DRP301" not in check("evaluation.py")
    write(tmp_path, {"train.py": LIBRARY["train.py"]})
    assert "DRP301" in check("evaluation.py")


def test_fixes_go_on_where_one_file_frees_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, FREED)
    monkeypatch.chdir(tmp_path)
    cli.main(["check", "--fix", "--unsafe-fixes"])
    assert "Found 2 findings, all fixed." in capsys.readouterr().out


def test_a_file_is_the_same_whatever_folder_it_is_named_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: Callable[..., str]
) -> None:
    drops_all = "from torch import nn\nnn.Dropout(1.0)\n"
    write(tmp_path, {"project/pyproject.toml": "", "project/tests/net.py": drops_all, "project/net.py": drops_all})
    monkeypatch.chdir(tmp_path / "project" / "tests")
    assert "DRP103" not in check("net.py"), "it lies in a folder of tests"
    assert "DRP103" not in check(str(tmp_path / "project" / "tests"))
    (tmp_path / "project").rename(tmp_path / "tests")
    monkeypatch.chdir(tmp_path)
    assert check("tests").count("DRP103") == 1, "what lies around a project says nothing about it"
    assert check(str(tmp_path / "tests")).count("DRP103") == 1


def test_notes_name_other_files_as_the_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {f"project/{name}": text for name, text in LIBRARY.items()})

    def notes(*words: str) -> set[str]:
        cli.main(["check", "--output-format", "full", *words])
        return {line.split()[3] for line in capsys.readouterr().out.splitlines() if "= note:" in line}

    monkeypatch.chdir(tmp_path / "project")
    inside = notes()
    monkeypatch.chdir(tmp_path)
    outside = notes("project")
    assert inside
    assert {f"project/{name}" for name in inside if ".py" in name} == {name for name in outside if ".py" in name}


def test_behind_a_link_two_dots_lead_to_where_it_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: Callable[..., str]
) -> None:
    write(tmp_path, {"here/helper.py": PLAIN, "here/net.py": NET, "here/pyproject.toml": ""})
    write(tmp_path, {"there/helper.py": MODULE, "there/net.py": NET, "there/pyproject.toml": "", "there/sub/x.py": ""})
    (tmp_path / "here" / "link").symlink_to(tmp_path / "there" / "sub", target_is_directory=True)
    monkeypatch.chdir(tmp_path / "here")
    assert "DRP201" not in check("net.py")
    assert "DRP201" in check("link/../net.py")
    assert "DRP201" in check("link/..")
    assert "DRP201" not in check("net.py")


def test_a_link_that_leads_elsewhere_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: Callable[..., str]
) -> None:
    write(tmp_path, {"one/__init__.py": PLAIN, "two/__init__.py": MODULE})
    write(tmp_path, {"project/net.py": NET, "project/pyproject.toml": ""})
    link = tmp_path / "project" / "helper"
    monkeypatch.chdir(tmp_path / "project")
    assert "DRP201" not in check()
    for target, found in (("one", False), ("two", True), ("one", False)):
        link.unlink(missing_ok=True)
        link.symlink_to(tmp_path / target, target_is_directory=True)
        assert ("DRP201" in check()) == found


@pytest.fixture
def rechecked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were not taken from the cache."""
    seen: list[str] = []
    real = lint_needed

    def watched(path: str, *rest: object) -> FileResult:
        seen.append(path)
        return real(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(worker, "lint_needed", watched)
    return seen


def targets(root: Path) -> list[Target]:
    return discover([str(root)], SettingsFor(Settings(root)))[0]


def test_nothing_is_checked_again_while_nothing_changes(tmp_path: Path, rechecked: list[str]) -> None:
    from random import Random

    for seed in range(5):
        root = tmp_path / str(seed) / "project"
        root.parent.mkdir()
        EditedProject(root, root.parent / "elsewhere", Random(seed))
        first = list(runner.run(targets(root), jobs=1, cache=Cache(tmp_path / "cache")))
        rechecked.clear()
        assert list(runner.run(targets(root), jobs=1, cache=Cache(tmp_path / "cache"))) == first
        assert rechecked == []


def test_what_nobody_looked_for_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rechecked: list[str]
) -> None:
    write(tmp_path, {"pyproject.toml": "", "pkg/net.py": NET, "helper.py": MODULE})
    monkeypatch.chdir(tmp_path)
    cli.main(["check", "-q"])
    rechecked.clear()
    write(tmp_path, {"runs/log.txt": "", "pkg/notes.md": "", "outputs/x/y.npz": "", "requirements.txt": "torch\n"})
    cli.main(["check", "-q"])
    assert rechecked == []


def test_a_file_that_is_written_while_it_is_checked_is_checked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rechecked: list[str]
) -> None:
    path = tmp_path / "net.py"
    bad, good = (f"import torch\nfrom torch import nn\nnn.Dropout({rate})\n" for rate in ("30.", "0.3"))
    path.write_text(bad, "utf-8")
    real = runner._check

    def late(*words: object, **named: object) -> Iterator[FileResult]:
        path.write_text(good, "utf-8")
        return real(*words, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(runner, "_check", late)
    list(runner.run(targets(tmp_path), jobs=1, cache=Cache(tmp_path / "cache")))
    monkeypatch.setattr(runner, "_check", real)
    path.write_text(bad, "utf-8")
    (result,) = runner.run(targets(tmp_path), jobs=1, cache=Cache(tmp_path / "cache"))
    assert [finding.code for finding in result.findings] == ["DRP102"]


def test_facts_are_kept_once_for_all_results_of_a_folder() -> None:
    shard = Shard({})
    facts = [("content", str(number), "0") for number in range(100)]
    for name in "abc":
        shard.keep(os.getcwd(), name, [None, "", "", None, shard.numbers(facts)])
    assert len(shard.content("tool")["facts"]) == 0, "these files are not there"
    assert shard.numbers(facts) == list(range(100))
    assert shard.facts(shard.numbers([CHANGED])) == (CHANGED,)


def test_facts_grow_with_the_files_and_not_with_their_imports(tmp_path: Path) -> None:
    """Else a project of thousands of files could not be kept."""
    imports = "".join(f"import library{number}\nlibrary{number}.run(1)\n" for number in range(40))
    write(tmp_path, {"pyproject.toml": "", **{f"m{n}.py": f"from m{n + 1} import Base\n{imports}" for n in range(6)}})
    write(tmp_path, {"net.py": NET.replace("helper", "m0"), "m6.py": MODULE})
    results = list(runner.run(targets(tmp_path), jobs=1, cache=Cache(tmp_path / "cache")))
    most = max(len(result.dependencies) for result in results)
    assert 8 < most < 8 * 4


def test_a_caller_that_does_it_right_is_noticed_where_another_does_it_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: Callable[..., str]
) -> None:
    """The function is not to blame any more, but the call: two files away from the one that changed."""
    right = LIBRARY["train.py"].replace("evaluate(model", "model.eval()\nevaluate(model")
    write(tmp_path, {**LIBRARY, "other.py": right.replace("import evaluate", "import other_evaluate")})
    monkeypatch.chdir(tmp_path)
    assert check().startswith("evaluation.py")
    write(tmp_path, {"other.py": right})
    assert check().startswith("train.py")
