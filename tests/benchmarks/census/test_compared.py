"""The census: its tables can be read, and findings are compared with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.census.compared import Place, compared, table
from benchmarks.census.tables import BadCensus, Label, labels, sources

HEAD = "round,id,repo,path,cell,line,end_line,family,verdict,detectable,reason\n"


def label(**changes: object) -> Label:
    known: dict[str, object] = {
        "round": 1, "id": "U1", "repo": "a/b", "path": "run.py", "cell": None, "line": 20, "end_line": 20,
        "family": "M1", "verdict": "bug", "detectable": "local", "reason": "",
    }  # fmt: skip
    return Label(**{**known, **changes})  # type: ignore[arg-type]


def test_every_label_is_in_a_repository_that_was_read() -> None:
    known = {(source.repo, source.round) for source in sources()}
    assert {(label.repo, label.round) for label in labels()} <= known


@pytest.mark.parametrize(
    ("place", "is_hit"),
    [
        (Place("a/b", "run.py", None, 20, "DRP301"), True),
        (Place("a/b", "run.py", None, 26, "DRP304"), True),
        (Place("a/b", "run.py", None, 27, "DRP301"), False),
        (Place("a/b", "run.py", None, 20, "DRP401"), False),
        (Place("a/b", "other.py", None, 20, "DRP301"), False),
        (Place("a/c", "run.py", None, 20, "DRP301"), False),
    ],
)
def test_a_bug_is_found_by_a_rule_of_its_family_near_its_line(place: Place, is_hit: bool, tmp_path: Path) -> None:
    result = compared([label()], [place], {"a/b": tmp_path, "a/c": tmp_path})
    assert (result.missed == ()) is is_hit
    assert table(result).splitlines()[-1] == f"| 1 | all | 1 | {int(is_hit)} | {'100%' if is_hit else '0%'} |"


def test_a_finding_that_no_label_speaks_of_is_listed(tmp_path: Path) -> None:
    far = Place("a/b", "run.py", None, 80, "DRP301")
    tempting = Place("a/b", "run.py", None, 40, "DRP301")
    result = compared([label(), label(id="U2", line=40, end_line=40, verdict="ok")], [far, tempting], {"a/b": tmp_path})
    assert result.unlabelled == (far,)


def test_lines_of_cells_are_counted_through_all_code_cells(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": source} for source in ("a = 1\nb = 2\n", "c = 3\nd = 4\n")]
    (tmp_path / "run.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}))
    place = Place("a/b", "run.ipynb", 2, 2, "DRP301")
    by_cell = label(path="run.ipynb", cell=2, line=2, end_line=2)
    through_all = label(id="U2", path="run.ipynb", line=4, end_line=4)
    assert compared([by_cell, through_all], [place], {"a/b": tmp_path}).missed == ()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,U1,a/b,run.py,,x,1,M1,bug,local,", "line must be a number"),
        ("1,U1,a/b,run.py,,1,1,M9,bug,local,", "unknown family 'M9'"),
        ("1,U1,a/b,run.py,,1,1,M1,bad,local,", "unknown verdict 'bad'"),
        ("1,U1,a/b,run.py,,1,1,M1,bug,local,\n1,U1,a/b,run.py,,2,2,M1,bug,local,", "there twice: U1"),
    ],
)
def test_a_table_that_is_wrong_is_refused_with_its_place(row: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(HEAD + row + "\n")
    with pytest.raises(BadCensus, match=said):
        labels(tmp_path / "labels.csv")
