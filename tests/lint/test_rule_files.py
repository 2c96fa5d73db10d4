"""What the files of the rules say is what the rules are; and nothing is imported that a file does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dropout_lint.lint.registry import all_rules, rule_by_code
from dropout_lint.lint.rule import Rule
from dropout_lint.lint.rule_files import BrokenRule, RuleFile, rule_files, rules_package
from dropout_lint.lint.trigger import NEVER
from tests.conftest import ROOT, clean_environment

OF_THE_TOOL = ["DRP000", "DRP001", "DRP002"]


def test_there_is_one_file_for_each_rule() -> None:
    assert [(file.code, file.name) for file in rule_files()] == [(rule.code, rule.name) for rule in all_rules()]


@pytest.mark.parametrize("file", rule_files(), ids=lambda file: file.code)
def test_a_file_says_what_its_rule_is(file: RuleFile) -> None:
    rule = file.load()
    assert (file.code, file.name, file.on, file.triggers) == (rule.code, rule.name, rule.on, rule.triggers)
    assert rule is rule_by_code(file.code)


RULE = '''"""A rule."""

from dropout_lint.lint.rule import Rule
from dropout_lint.lint.trigger import Trigger


class Some(Rule):
    code = "DRP998"
    name = "some-name"
    triggers = {triggers}
'''


def rule_in(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> RuleFile:
    """The rule in the file ``name`` with this ``text``, beside ours."""
    path = folder / name
    path.write_text(text, "utf-8")
    package = rules_package()
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    return RuleFile(str(path), "DRP998", "some-name")


def test_triggers_that_are_written_out_are_found_by_importing_the_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = RULE.format(triggers='Trigger(("here",), "here")')
    assert rule_in(tmp_path, monkeypatch, "drp998_some_name.py", text).triggers.words == ("here",)


def test_a_rule_without_triggers_visits_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = RULE.replace("    triggers = {triggers}\n", "")
    assert rule_in(tmp_path, monkeypatch, "drp997_some_name.py", text).triggers == NEVER == Rule.triggers


def test_a_rule_in_a_file_of_another_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = RULE.format(triggers='Trigger(("here",), "here")')
    with pytest.raises(BrokenRule, match=r"drp996_other_name: Some needs .* a file that is called after both"):
        rule_in(tmp_path, monkeypatch, "drp996_other_name.py", text).load()


def test_the_triggers_of_our_rules_are_read_without_importing_them() -> None:
    program = (
        "import sys\n"
        "from dropout_lint.lint.rule_files import rule_files\n"
        f"assert [file.code for file in rule_files() if not file.triggers.words] == {OF_THE_TOOL!r}\n"
        "assert not [name for name in sys.modules if name.startswith('dropout_lint.rules.')]\n"
        "assert 'dropout_lint.lint.rule' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=clean_environment(), check=True)


def modules_after(path: Path) -> set[str]:
    """Those of our modules that the command has loaded after it has checked ``path``."""
    program = (
        "import sys\nfrom dropout_lint import cli\n"
        f"cli.main(['check', '--isolated', '--no-cache', '-q', {str(path)!r}])\n"
        "print('\\n'.join(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=clean_environment(), check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


FILES = {
    "without torch": ("import os\n", "dropout_lint.semantic"),
    "with torch, and nothing that a rule looks for": ("import torch\nx = torch.zeros(3)\n", "dropout_lint.semantic"),
    "with a call that is right": (
        "import torch\nfrom torch import nn\n\nx = nn.Dropout(0.3)\ndrop = nn.LSTM(8, 8)\n",
        "dropout_lint.typestate",
    ),
    "with a finding": ("import torch\nfrom torch import nn\n\nx = nn.Dropout(30)\n", "dropout_lint.typestate"),
}
"""What a file holds, its text, and a package that nothing in it needs."""


@pytest.mark.parametrize(("text", "unneeded"), FILES.values(), ids=FILES.keys())
def test_what_a_file_does_not_need_is_not_imported(text: str, unneeded: str, tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(text, "utf-8")
    loaded = modules_after(path)
    assert not {name for name in loaded if name == unneeded or name.startswith(f"{unneeded}.")}
    assert not loaded & {"libcst", "rich", "pathspec", "tomllib", "hashlib", "concurrent.futures", "dataclasses"}


def test_only_the_rules_whose_triggers_occur_are_imported(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("import torch\n\n\nclass Net(torch.nn.Module):\n    def train(self):\n        pass\n", "utf-8")
    loaded = {name.rpartition(".")[2][:6] for name in modules_after(path) if name.startswith("dropout_lint.rules.")}
    assert loaded == {"drp404", "drp405"}
