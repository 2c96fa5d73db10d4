"""The examples in docs/runtime.md and README run, and print what is shown."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

pytest.importorskip("torch")

PAGE = (ROOT / "docs" / "runtime.md").read_text("utf-8") if (ROOT / "docs").exists() else ""
README = (ROOT / "README.md").read_text("utf-8") if (ROOT / "README.md").exists() else ""
EXAMPLES = [
    block for block in re.findall(r"^```python\n(.*?)^```", PAGE + README, re.M | re.S) if "from dropout_lint." in block
]


@pytest.mark.checkout
@pytest.mark.parametrize("source", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_runs(source: str) -> None:
    exec(compile(source, "example.py", "exec"), {"__name__": "example"})


@pytest.mark.checkout
def test_the_report_is_as_shown(capsys: pytest.CaptureFixture[str]) -> None:
    (source,) = [example for example in EXAMPLES if "find_unregistered" in example]
    exec(compile(source, "example.py", "exec"), {"__name__": "example"})
    assert f"```text\n{capsys.readouterr().out}```" in PAGE
