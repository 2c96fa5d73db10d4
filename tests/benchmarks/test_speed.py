"""What the speed comparison makes of costs; how long anything takes is never tested."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.contestants import COMPARISONS, Comparison, Contestant, Files, says_dropout
from benchmarks.marked import replace_block
from benchmarks.measure import Cost, MeasureError, measure
from benchmarks.speed import costs_table, race, ratios_table

COSTS = {"slow": Cost(cpu=8.0, wall=6.0, memory=100), "fast": Cost(cpu=2.0, wall=3.0, memory=50)}
LINES = {"slow": 10, "fast": 100}


@pytest.mark.parametrize(("figure", "ratio"), [("cpu", 4.0), ("wall", 2.0), ("cpu per line", 40.0)])
def test_a_ratio_is_of(figure: str, ratio: float) -> None:
    assert Comparison("x", "slow", "fast", figure).ratio(COSTS, LINES) == pytest.approx(ratio)


def test_ratios_are_formed_within_a_round_and_shown_with_their_spread() -> None:
    rounds = [
        {"slow": Cost(slow, 1, 1), "fast": Cost(fast, 1, 1)} for slow, fast in ((10.0, 10.0), (30.0, 10.0), (4.0, 2.0))
    ]
    text = ratios_table(rounds, LINES, [Comparison("x", "slow", "fast", "cpu", at_most=1.5)])
    assert " ".join(text.splitlines()[-1].split()) == "| x | cpu | 1.00 | 2.00 | 3.00 | 2.00 | at most 1.5: MISSED |"


def test_a_comparison_with_somebody_who_was_not_timed_is_left_out() -> None:
    assert len(ratios_table([COSTS], LINES, [Comparison("x", "slow", "absent", "cpu")]).splitlines()) == 2


def test_costs_show_the_largest_memory_of_all_rounds() -> None:
    rounds = [COSTS, {**COSTS, "fast": Cost(2.0, 3.0, 70)}]
    assert costs_table(rounds, LINES).splitlines()[-1].split()[-2:] == ["70", "|"]


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda comparison: comparison.what)
def test_a_goal_is_met_or_missed(comparison: Comparison) -> None:
    if comparison.at_most is not None:
        assert comparison.holds(comparison.at_most)
        assert not comparison.holds(comparison.at_most * 1.01)
    elif comparison.at_least is not None:
        assert comparison.holds(comparison.at_least)
        assert not comparison.holds(comparison.at_least * 0.99)
    else:
        assert comparison.holds(1e9)


def test_contestants_take_turns_and_fill_their_cache_right_before(tmp_path: Path) -> None:
    def one(name: str, *, prepare: bool = False) -> Contestant:
        command = [sys.executable, "-S", "-c", f"open('log', 'a').write('{name} ')"]
        return Contestant(name, "corpus", command, tmp_path, 1, prepare)

    rounds = race([one("a"), one("b", prepare=True)], 2)
    assert (tmp_path / "log").read_text() == "a b b b b a "
    assert [sorted(costs) for costs in rounds] == [["a", "b"], ["a", "b"]]


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    assert measure([sys.executable, "-S", "-c", "raise SystemExit(1)"], tmp_path).memory > 0
    with pytest.raises(MeasureError, match="exit code 2: "):
        measure([sys.executable, "-S", "-c", "raise SystemExit(2)"], tmp_path)


def test_the_work_of_child_processes_counts(tmp_path: Path) -> None:
    child = "x = bytearray(150_000_000)"
    cost = measure(
        [sys.executable, "-S", "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"],
        tmp_path,
    )
    assert cost.memory > 140


def test_files_are_chosen_by_what_they_say(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import torch\nDropout\n")
    (tmp_path / "b.py").write_text("import torch\n")
    chosen = Files.of([tmp_path / "a.py", tmp_path / "b.py"], says_dropout)
    assert (chosen.paths, chosen.lines) == ([str(tmp_path / "a.py")], 2)
    assert chosen.listed(tmp_path / "list").read_text() == f"{tmp_path}/a.py\n"


def test_a_block_is_rewritten_and_the_rest_stays(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text("a\n<!-- x: begin, by a script -->\nold\n<!-- x: end -->\nb\n")
    for _ in range(2):
        replace_block(file, "x", "new \\1\n")
        assert file.read_text() == "a\n<!-- x: begin, by a script -->\nnew \\1\n<!-- x: end -->\nb\n"
    with pytest.raises(ValueError, match="found 0"):
        replace_block(file, "y", "new")
