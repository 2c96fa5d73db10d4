"""Times the tool against others in one run, in turns, and prints what it costs and the ratios with their spread."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import corpus as packages_in
from benchmarks import packages
from benchmarks.contestants import COMPARISONS, Comparison, Contestant, on_corpus, on_samples
from benchmarks.marked import replace_block
from benchmarks.measure import Cost, MeasureError, measure
from benchmarks.packages import CORPUS, HERE

_GROUPS = ("corpus", "torchfix", "flake8")
_MEMORY = 500  # megabytes that one process of the tool may take


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over the rounds."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(min(values), statistics.median(values), max(values))


def main(argv: Sequence[str] | None = None) -> int:
    """Time, and print the tables; returns 0, or 2 if something could not be run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each command runs (default: 5)")
    parser.add_argument("--only", choices=_GROUPS, action="append", help="a part of it; can be repeated")
    parser.add_argument("--corpus", type=Path, default=CORPUS, metavar="DIR")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--write", action="store_true", help="write the tables into benchmarks/README.md")
    arguments = parser.parse_args(argv)
    missing = packages_in.missing_packages(packages.load(), arguments.corpus)
    if missing:
        print(f"error: {len(missing)} packages are missing; run `python -m benchmarks.corpus` first", file=sys.stderr)
        return 2
    every = list(packages_in.python_files(arguments.corpus.resolve()))
    with tempfile.TemporaryDirectory(prefix="dropout-lint-speed-") as scratch:
        contestants = on_corpus(arguments.corpus.resolve(), every, Path(scratch))
        if arguments.only is None or {"torchfix", "flake8"}.intersection(arguments.only):
            contestants += on_samples(arguments.corpus.resolve(), every)
        if arguments.only is not None:
            # The ratios per line need the tool on the whole corpus.
            kept = {*arguments.only, *(("corpus",) if "torchfix" in arguments.only else ())}
            contestants = [contestant for contestant in contestants if contestant.group in kept]
        try:
            rounds = race(contestants, arguments.rounds)
        except MeasureError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
    lines = {contestant.name: contestant.lines for contestant in contestants}
    text = f"{_setting(arguments.rounds)}\n\n{costs_table(rounds, lines)}\n\n{ratios_table(rounds, lines)}\n"
    print(text)
    if arguments.json:
        figures = [{name: asdict(cost) for name, cost in costs.items()} for costs in rounds]
        arguments.json.write_text(json.dumps({"lines": lines, "rounds": figures}, indent=2) + "\n", "utf-8")
    if arguments.write:
        replace_block(HERE / "README.md", "speed", text)
    return 0


def race(contestants: Sequence[Contestant], count: int) -> list[dict[str, Cost]]:
    """What each of ``contestants`` cost, by name, in each of ``count`` rounds.

    In a round each one runs once, so that whatever else the machine does hits all alike; every second round goes
    backwards.  Raises `MeasureError`.
    """
    rounds = []
    for number in range(count):
        costs: dict[str, Cost] = {}
        for contestant in contestants if number % 2 == 0 else reversed(contestants):
            if contestant.prepare:
                measure(contestant.command, contestant.cwd, expected=contestant.expected)
            cost = measure(contestant.command, contestant.cwd, expected=contestant.expected)
            costs[contestant.name] = cost
            told = f"round {number + 1} of {count}: {contestant.name}: {cost.cpu:.2f} s CPU, {cost.wall:.2f} s"
            print(told, file=sys.stderr, flush=True)
        rounds.append(costs)
    return rounds


def costs_table(rounds: Sequence[Mapping[str, Cost]], lines: Mapping[str, int]) -> str:
    """What each contestant cost, as a Markdown table."""
    rows = [["", "lines", "CPU s", "wall s", "MB, largest process"]]
    for name, count in lines.items():
        cpu = Spread.of([costs[name].cpu for costs in rounds])
        wall = Spread.of([costs[name].wall for costs in rounds])
        memory = max(costs[name].memory for costs in rounds)
        goal = f" (goal: {_MEMORY})" if name.startswith("dropout-lint") else ""
        rows.append([name, f"{count:,}", _with_spread(cpu), _with_spread(wall), f"{memory:.0f}{goal}"])
    return _markdown(rows)


def ratios_table(
    rounds: Sequence[Mapping[str, Cost]], lines: Mapping[str, int], comparisons: Sequence[Comparison] = COMPARISONS
) -> str:
    """The comparisons whose both sides were timed, as a Markdown table."""
    rows = [["ratio", "of", "least", "median", "most", "of the least costs", "goal"]]
    for comparison in comparisons:
        if comparison.one in lines and comparison.other in lines:
            spread = Spread.of([comparison.ratio(dict(costs), dict(lines)) for costs in rounds])
            floor = comparison.ratio_of_least(rounds, dict(lines))
            figures = [f"{value:.2f}" for value in (spread.least, spread.median, spread.most, floor)]
            rows.append([comparison.what, comparison.figure, *figures, _goal(comparison, floor)])
    return _markdown(rows)


def _goal(comparison: Comparison, ratio: float) -> str:
    if comparison.at_most is None and comparison.at_least is None:
        return ""
    goal = f"at most {comparison.at_most:g}" if comparison.at_most is not None else f"at least {comparison.at_least:g}"
    return f"{goal}: {'met' if comparison.holds(ratio) else 'MISSED'}"


def _with_spread(spread: Spread) -> str:
    return f"{spread.median:.2f} ({spread.least:.2f} to {spread.most:.2f})"


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)


def _setting(rounds: int) -> str:
    command = [str(Path(sys.executable).with_name("ruff")), "--version"]
    ruff = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    machine = f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}, {ruff}"
    return f"{machine}; {rounds} rounds, shown as median (least to most)."


if __name__ == "__main__":
    sys.exit(main())
