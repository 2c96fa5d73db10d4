"""README is true: the sample gives the output that is shown, and the snippets work."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

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
