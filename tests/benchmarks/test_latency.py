"""What the latency comparison edits, and its table; how long anything takes is never tested."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import grown, latency


def test_a_table_shows_medians_and_their_ratio_to_the_base() -> None:
    figures = {"base": {"a": [1.0, 3.0, 2.0]}, "other": {"a": [8.0], "b": [5.0]}}
    with pytest.raises(KeyError):
        latency.table("title", figures, "base")
    figures["base"]["b"] = [10.0]
    assert latency.table("title", figures, "base").splitlines()[2:] == [
        "| base | 2 (1x) | 10 (1x) |",
        "| other | 8 (4x) | 5 (0.5x) |",
    ]


@pytest.mark.parametrize("name", latency.EDITS)
def test_each_edit_changes_a_file_that_is_open(name: str, tmp_path: Path) -> None:
    grown.project(tmp_path, 300)
    place, edit = latency.EDITS[name]
    text = (tmp_path / place).read_text("utf-8")
    assert edit(text) != text
