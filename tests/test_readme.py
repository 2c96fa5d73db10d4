"""README is true: the sample gives the output that is shown, and the snippets work."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from dropout_lint import cli
from dropout_lint.cli import options
from dropout_lint.driver import config
from tests.conftest import ROOT, Run

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def snippets(language: str) -> list[str]:
    """The code blocks of one language, in README and in docs/."""
    blocks = [re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S) for page in PAGES]
    return [block for found in blocks for block in found]


@pytest.mark.checkout
def test_the_sample_prints_what_readme_shows(run: Run, tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    match = re.search(r"```python\n(# model\.py\n.*?)```.*?```console\n(.*?)```", text, re.S)
    assert match is not None
    sample, shown = match.groups()
    (tmp_path / "model.py").write_text(sample, "utf-8")
    command, _, expected = shown.partition("\n")
    assert command == "$ dropout-lint check model.py"
    result = run("-m", "dropout_lint", "check", "--isolated", "--no-cache", "model.py", cwd=tmp_path)
    assert result.stdout == expected
    assert result.returncode == 1


@pytest.mark.checkout
def test_the_set_up_commands_are_the_makefile_s(run: Run) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    targets = re.findall(r"^\$ make (\w+)", text, re.M)
    assert targets == ["demo", "test"]
    for target in targets:
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.M)


@pytest.mark.checkout
def test_the_commands_are_ones_that_the_tool_has() -> None:
    parser = options.parser()
    shell = snippets("console") + snippets("yaml")
    commands = [line for block in shell for line in re.findall(r"(?:\$|run:) (dropout-lint .*)", block)]
    assert len(commands) >= 5
    for command in commands:
        words = shlex.split(command.partition(" > ")[0], comments=True)[1:]
        parser.parse_args(words)


@pytest.mark.checkout
def test_the_settings_are_ones_that_the_tool_takes(tmp_path: Path) -> None:
    tables = [block for block in snippets("toml") if "[tool.dropout-lint]" in block]
    assert tables
    (tmp_path / "lint").mkdir()
    (tmp_path / "lint" / "house.toml").write_text("", "utf-8")  # what the snippet names
    for table in tables:
        (tmp_path / "pyproject.toml").write_text(table, "utf-8")
        assert config.in_directory(tmp_path) is not None


@pytest.mark.checkout
def test_the_workflows_parse_and_name_hooks_that_exist() -> None:
    yaml = pytest.importorskip("yaml")
    parsed = [yaml.safe_load(block) for block in snippets("yaml")]
    hooks = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    named = {hook["id"] for block in parsed if "repos" in block for repo in block["repos"] for hook in repo["hooks"]}
    assert named == hooks
    steps = [job["steps"] for block in parsed if "jobs" in block for job in block["jobs"].values()]
    assert any("pip install dropout-lint" in step.get("run", "") for found in steps for step in found)


@pytest.mark.checkout
def test_what_assistants_are_told_to_read_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "assistants.md").read_text("utf-8")

    def named(start: str, end: str) -> set[str]:
        return set(re.findall(r"`([a-z_]+)`", page.partition(start)[2].partition(end)[0]))

    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text("from torch import nn\nnn.Dropout(30)\n", "utf-8")
    assert cli.main(["check", "--no-cache", "--output-format", "json", "net.py"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert named("Each finding has", "\n\n") - {"applicability"} <= finding.keys()
    assert "applicability" in finding["fix"]
    assert cli.main(["rule", "--all", "--output-format", "json"]) == 0
    assert named("gives all of them, with", "as fields") <= json.loads(capsys.readouterr().out)[0].keys()
