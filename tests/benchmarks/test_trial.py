"""The trial on other repositories: its tables are sound, and its counts are those of the tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import labels, trial
from benchmarks.trial import BadTable, Place, Repository, Verdict


def test_the_tables_are_sound_and_speak_of_no_labelled_repository() -> None:
    every = trial.read_repositories(trial.TABLES / "mode_sources.csv")
    assert len({repository.name for repository in every}) == len(every) >= 40
    labelled = {label.where for label in labels.load(labels.files())}
    assert not labelled & {repository.name for repository in every}
    verdicts = trial.read_verdicts(trial.TABLES / "modes.csv")
    assert {place.repo for place in verdicts} <= {repository.name for repository in every}
    assert all(verdict.reason for verdict in verdicts.values())


def test_counts_are_of_the_first_run_and_of_the_present_one() -> None:
    repositories = [Repository("o/a", "0" * 40, "training", 1)]
    one, two, three = (Place("o/a", "x.py", "", line, "DRP301") for line in (1, 2, 3))
    verdicts = {one: Verdict("true", True, "."), two: Verdict("false", True, "."), three: Verdict("true", False, ".")}
    _, _, first, now = trial.summary(repositories, [one, three], verdicts, {"o/a": 500}).splitlines()
    assert first == "| 1 | 1 | 500 | first | 2 | 1 | 1 | 0 | 0 | 50% | 2.00 |"
    assert now == "| 1 | 1 | 500 | now | 2 | 2 | 0 | 0 | 0 | 100% | 0.00 |"


def test_a_finding_that_nobody_read_is_counted_as_such() -> None:
    repositories = [Repository("o/a", "0" * 40, "training", 1)]
    now = trial.summary(repositories, [Place("o/a", "x.py", "", 1, "DRP301")], {}, {}).splitlines()[-1]
    assert now == "| 1 | 1 | 0 | now | 1 | 0 | 0 | 0 | 1 | - | - |"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("o/a,x.py,,1,DRP301,maybe,first,why", "'maybe' is none of the verdicts true, false, unsure"),
        ("o/a,x.py,,1,DRP301,true,,why", "seen must be `first` or `later`"),
        ("o/a,x.py,,one,DRP301,true,first,why", "'one' is not a number"),
        ("o/a,x.py,,1", "too many or too few columns"),
        ("o/a,x.py,,1,DRP301,true,first,why\no/a,x.py,,1,DRP301,true,first,why", "is there twice"),
    ],
    ids=["verdict", "seen", "line", "columns", "twice"],
)
def test_a_table_with_a_mistake_is_refused(row: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "modes.csv"
    file.write_text(f"repo,path,cell,line,code,verdict,seen,reason\n{row}\n", "utf-8")
    with pytest.raises(BadTable, match=says):
        trial.read_verdicts(file)
