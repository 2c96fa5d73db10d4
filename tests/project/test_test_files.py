"""What a test file is: by its name, and by its place below the root of its project, on every face alike."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dropout_lint.cli import main
from dropout_lint.lint.registry import all_rules
from dropout_lint.project.test_files import FOLDERS, holds_tests
from dropout_lint.semantic.project import Project
from tests.conftest import ROOT, Run

NET = """
import torch
from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(4, 4), nn.Linear(4, 4)]

    def forward(self, x):
        return F.dropout(x, 0.5)


net = nn.Sequential(nn.Linear(4, 2), nn.Dropout())
net.load_state_dict(torch.load("net.pt"))
with torch.no_grad():
    for picture in pictures:
        print(net(picture).argmax())
"""
CODES = ["DRP201", "DRP301", "DRP401"]
MARKS = [".git", "pyproject.toml", "setup.py", None]


def project(root: Path, mark: str | None) -> Path:
    """A project at ``root`` with the net at its top and in a folder for tests."""
    for place in (root, root / "tests"):
        place.mkdir(parents=True)
        (place / "net.py").write_text(NET, "utf-8")
    if mark == ".git":
        (root / mark).mkdir()
    elif mark is not None:
        (root / mark).write_text("", "utf-8")
    return root


def codes(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    main(["check", "--isolated", "--no-cache", "--output-format", "json", *words])
    return sorted(finding["code"] for finding in json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("above", ["prod", "test", "tests", "testing", "unit_tests/deep", "tests/test"])
def test_what_the_folders_above_a_project_are_called_changes_nothing(
    above: str, mark: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project(tmp_path / above / "proj", mark)
    assert codes(capsys, str(root / "net.py")) == CODES
    assert codes(capsys, str(root / "tests")) == []


@pytest.mark.parametrize("above", ["prod", "test"])
def test_it_is_the_same_from_every_working_directory(
    above: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path / above / "proj", "pyproject.toml")
    (root / "pkg").mkdir()
    for place, name in ((root, "net.py"), (root / "tests", "../net.py"), (root / "pkg", "../net.py")):
        monkeypatch.chdir(place)
        assert codes(capsys, name) == CODES
    for place, name in ((root, "tests/net.py"), (root / "tests", "net.py"), (root / "pkg", "../tests/net.py")):
        monkeypatch.chdir(place)
        assert codes(capsys, name) == []


@pytest.mark.parametrize("name", ["net.py", "tests/net.py", "pkg/test_net.py", "test.py"])
@pytest.mark.parametrize("above", ["prod", "test"])
def test_stdin_and_flake8_say_what_the_command_line_says(above: str, name: str, tmp_path: Path, run: Run) -> None:
    root = project(tmp_path / above / "proj", "pyproject.toml")
    (root / "pkg").mkdir()
    (root / name).write_text(NET, "utf-8")
    wanted = [] if name.startswith("tests/") else CODES
    words = ("-m", "dropout_lint", "check", "--isolated", "--no-cache", "--output-format", "json")
    for answer in (
        run(*words, name, cwd=root).stdout,
        run(*words, "--stdin-filename", name, "-", cwd=root, stdin=NET).stdout,
    ):
        assert sorted(finding["code"] for finding in json.loads(answer)) == wanted
    pytest.importorskip("flake8")
    for last, stdin in (((name,), ""), (("--stdin-display-name", str(root / name), "-"), NET)):
        shown = run("-m", "flake8", "--isolated", "--select=DRP", *last, cwd=root, stdin=stdin).stdout
        assert sorted(re.findall(r"DRP\d+", re.sub(r"\(.*?\)", "", shown))) == wanted


def test_a_cached_answer_notices_that_a_folder_of_tests_became_a_project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project(tmp_path / "proj", ".git")
    words = ("check", "--isolated", "--cache-dir", str(tmp_path / "cache"), "-q", "--output-format", "concise")
    assert main([*words, str(root / "tests")]) == 0
    (root / "tests" / "setup.py").write_text("", "utf-8")
    assert main([*words, str(root / "tests")]) == 1
    assert re.findall(r"DRP\d+", re.sub(r"\(.*?\)", "", capsys.readouterr().out)) != []


@pytest.mark.parametrize(
    ("inside", "text", "answer"),
    [
        ("conftest.py", "", True),
        ("tests/nets.py", "", True),
        ("pkg/test/deep/nets.py", "", True),
        ("pkg\\tests\\nets.py", "", True),
        ("pkg/testing/nets.py", "", True),
        ("test_net.py", "def test_shape(): ...", True),
        ("test_net.ipynb", "    def test_shape(self): ...", True),
        ("net_test.py", "import unittest", True),
        ("test_net.py", "def evaluate(): ...", False),
        ("layers/test_time_pool.py", "class TestTimePool(nn.Module): ...", False),
        ("test.py", "def test_shape(): ...", False),
        ("contest.py", "def test_shape(): ...", False),
        ("myconftest.py", "", False),
        ("latest/net.py", "", False),
        ("contests/net.py", "", False),
    ],
)
def test_a_test_file_is_known_by_its_place_or_by_its_name_and_its_words(inside: str, text: str, answer: bool) -> None:
    assert holds_tests(inside, text) is answer


def test_a_project_is_asked_by_absolute_and_by_relative_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = project(tmp_path / "test" / "proj", "setup.py")
    monkeypatch.chdir(root)
    for name in ("net.py", str(root / "net.py"), "no/such/folder/net.py"):
        assert not Project().is_test(name, NET)
    for name in ("tests/net.py", str(root / "tests" / "net.py"), "no/such/test/net.py"):
        assert Project().is_test(name, NET)


def _asks(rule: type) -> bool:
    """Whether the rule asks if a file holds tests, itself or through what finds misuse of modes or of inference."""
    text = Path(str(__import__(rule.__module__, fromlist=["x"]).__file__)).read_text("utf-8")
    return any(word in text for word in (".is_test", "inference_site", "mode_findings"))


@pytest.mark.checkout
def test_the_page_of_each_rule_that_asks_names_what_a_test_file_is() -> None:
    silent = [rule.code for rule in all_rules() if _asks(rule) and "[test files](" not in rule.page()]
    assert silent == []
    said = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    assert [name for name in [*sorted(FOLDERS), "conftest.py", "test.py"] if f"`{name}`" not in said] == []
