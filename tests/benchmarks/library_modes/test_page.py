"""The file and the page say the same, and torch still does what they say."""

from __future__ import annotations

import pytest

from benchmarks.library_modes import table
from benchmarks.library_modes.__main__ import DATA, PAGE, differences
from benchmarks.library_modes.page import page
from benchmarks.library_modes.registry import not_measured, probes


@pytest.mark.checkout
def test_the_page_is_what_the_file_says() -> None:
    rows = table.from_csv(DATA.read_text("utf-8"))
    assert page(rows, not_measured()) == PAGE.read_text("utf-8")
    assert table.to_csv(table.ordered(rows)) == DATA.read_text("utf-8")


def test_every_call_was_measured() -> None:
    rows = table.from_csv(DATA.read_text("utf-8"))
    measured = {(row["library"], row["callee"], row["call"]) for row in rows}
    assert measured == {(one.library, one.callee, one.call) for one in probes()}


def test_every_row_says_when_and_with_what() -> None:
    for row in table.from_csv(DATA.read_text("utf-8")):
        assert all(row[name] for name in table.WHERE), row


def test_torch_does_what_the_file_says() -> None:
    assert differences("torch_copies_and_averages") == []
