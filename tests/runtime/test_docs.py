"""The examples in docs/runtime.md, docs/trainers.md and README run, and print what is shown."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytest.importorskip("torch")

from dropout_lint.runtime.callbacks.base import _idle

PAGE = (ROOT / "docs" / "runtime.md").read_text("utf-8") if (ROOT / "docs").exists() else ""
README = (ROOT / "README.md").read_text("utf-8") if (ROOT / "README.md").exists() else ""
TRAINERS = (ROOT / "docs" / "trainers.md").read_text("utf-8") if (ROOT / "docs").exists() else ""
EXAMPLES = [
    block for block in re.findall(r"^```python\n(.*?)^```", PAGE + README, re.M | re.S) if "from dropout_lint." in block
]
OF_TRAINERS = re.findall(r"^```python\n(.*?)^```", TRAINERS, re.M | re.S)


@pytest.mark.checkout
@pytest.mark.parametrize("source", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_runs(source: str) -> None:
    exec(compile(source, "example.py", "exec"), {"__name__": "example"})


@pytest.mark.checkout
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("source", OF_TRAINERS, ids=range(len(OF_TRAINERS)))
def test_an_example_of_a_trainer_runs_and_leaves_its_page(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for library in ("pytorch_lightning", "transformers", "accelerate"):
        if f"from {library} import" in source:
            pytest.importorskip(library)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "example"}
    try:
        exec(compile(source, "example.py", "exec"), names)
        assert "modes.html" in os.listdir()
    finally:
        for watching in list(_idle):
            watching.close()


@pytest.mark.checkout
def test_the_report_is_as_shown(capsys: pytest.CaptureFixture[str]) -> None:
    (source,) = [example for example in EXAMPLES if "find_unregistered" in example]
    exec(compile(source, "example.py", "exec"), {"__name__": "example"})
    assert f"```text\n{capsys.readouterr().out}```" in PAGE
