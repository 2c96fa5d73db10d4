"""README's first screen is true: the sample gives the output that is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT, Run


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
