"""What draws is told from what does not, and every program of the file was tried."""

from __future__ import annotations

import csv
import io

import pytest

from benchmarks.library_modes import drawing


@pytest.mark.parametrize(
    ("kind", "call", "draws"),
    [
        ("functions", "F.dropout(x)", "yes"),
        ("functions", "F.dropout(x, training=False)", "no"),
        ("functions", "F.rrelu(x)", "no"),
        ("modules", "nn.Dropout()", "no"),
        ("modules", "type('Draws', (nn.Module,), {'forward': lambda self, x: torch.rand(3)})()", "yes"),
        ("functions", "F.no_such_function(x)", "not measured: AttributeError"),
    ],
)
def test_what_draws_is_told_from_what_does_not(kind: str, call: str, draws: str) -> None:
    table = {"input": "torch.rand(1, 16, 16) - 0.5"}
    assert drawing.drawn(table, kind, call) == draws


def test_what_draws_only_when_it_first_runs_is_told_apart() -> None:
    setup = """
class Fills(nn.Module):
    start = None
    def forward(self, x):
        first = self.start is None
        self.start = torch.rand(3) if first else self.start
        return self.start + first
"""
    assert drawing.drawn({"setup": setup}, "modules", "Fills()") == "in its first call"


@pytest.mark.checkout
def test_the_page_is_what_the_file_says_and_every_program_was_tried() -> None:
    rows = list(csv.DictReader(io.StringIO(drawing.DATA.read_text("utf-8"))))
    assert drawing.page(rows) == drawing.PAGE.read_text("utf-8")
    assert {(row["kind"], row["library"], row["call"]) for row in rows} == set(drawing.listed())
