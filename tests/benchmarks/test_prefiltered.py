"""The comparison of findings with and without the prefilter can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import prefiltered
from dropout_lint.lint.registry import rule_by_code
from dropout_lint.semantic.project import Project

BAD = "from torch import nn\n\nlayer = nn.Dropout(30)\n"
RULES = [rule_by_code("DRP101")]


def test_no_difference_where_the_prefilter_hides_nothing() -> None:
    assert prefiltered.compare("net.py", BAD, RULES, Project()) == (1, None)


def test_a_finding_that_the_prefilter_hides_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefiltered, "may_find", lambda data, rules: False)
    count, difference = prefiltered.compare("net.py", BAD, RULES, Project())
    assert count == 1
    assert difference is not None
    assert [line.partition(" DRP")[0] for line in difference.hidden] == ["3:"]
    lines = list(prefiltered.lines_of(prefiltered.Counts(1, 1, (difference,))))
    assert lines[0] == "net.py"
    assert lines[1].startswith("  hidden  3: DRP101 ")


def test_a_file_that_is_no_python_is_not_compared() -> None:
    assert prefiltered.compare("net.py", "import torch\nnn.Dropout(30", RULES, Project()) == (0, None)


def test_where_nothing_is_to_be_compared_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prefiltered.main([str(tmp_path)]) == 2
    assert "no Python files" in capsys.readouterr().err
