"""Measures what a check costs as a project grows: CPU seconds, findings and memory by size, and the exponent they fit.

With ``--against`` another build is measured in turns, the one in the environment of that Python.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import grown
from benchmarks.measure import Cost, MeasureError, measure

SIZES = (50, 100, 200, 395, 400, 800, 1600, 3200, 5000)
_SHAPES = {"project": grown.project, "ring": grown.ring}
_EXPONENT, _MEMORY = 1.1, 500  # the goals: of all sizes, and megabytes that one process may take


@dataclass(frozen=True, slots=True)
class Point:
    """One size, measured."""

    files: int
    findings: int
    cost: Cost


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print a table for each build; returns 0, or 2 if something could not be run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument(
        "--sizes", default=",".join(map(str, SIZES)), metavar="N,...", help="files (default: %(default)s)"
    )
    parser.add_argument("--shape", choices=sorted(_SHAPES), default="project", help="default: project")
    parser.add_argument("--extra", type=int, default=0, metavar="N", help="empty files to add to each")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="worker processes (default: 1)")
    parser.add_argument("--against", metavar="PYTHON", help="the interpreter of another build's environment")
    arguments = parser.parse_args(argv)
    builds = {"this build": sys.executable, **({"the other": arguments.against} if arguments.against else {})}
    points: dict[str, list[Point]] = {name: [] for name in builds}
    with tempfile.TemporaryDirectory(prefix="dropout-lint-growth-") as scratch:
        try:
            floors = {name: _point(Path(scratch) / f"none-{at}", python, 1) for at, (name, python) in _numbered(builds)}
            for size in map(int, arguments.sizes.split(",")):
                root = Path(scratch) / str(size)
                _SHAPES[arguments.shape](root, size)
                for number in range(arguments.extra):
                    (root / f"extra{number}.py").write_text("", "utf-8")
                for name, python in builds.items():
                    point = _point(root, python, arguments.jobs)
                    points[name].append(point)
                    print(f"{name}: {_row(point)}", flush=True)
        except MeasureError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
    for name, measured in points.items():
        print(f"\n{name}\n" + "\n".join(_told(measured, floors[name])))
    return 0


def _numbered(builds: dict[str, str]) -> list[tuple[int, tuple[str, str]]]:
    return list(enumerate(builds.items()))


def _point(root: Path, python: str, jobs: int) -> Point:
    root.mkdir(parents=True, exist_ok=True)
    report = root / "findings.json"
    words = ["check", "--isolated", "--no-cache", f"-j{jobs}", "--output-format", "json", "--output-file", str(report)]
    cost = measure([python, "-m", "dropout_lint", *words, "."], root)
    found = json.loads(report.read_bytes())
    report.unlink()
    return Point(sum(1 for _ in root.rglob("*.py")), len(found), cost)


def _row(point: Point) -> str:
    each = 1000 * point.cost.cpu / max(point.files, 1)
    told = f"{point.files:>6,} files {point.cost.cpu:>8.2f} s CPU {each:>7.2f} ms a file"
    return f"{told} {point.findings:>6,} findings {point.cost.memory:>6.0f} MB"


def _told(points: Sequence[Point], floor: Point) -> list[str]:
    """The table, and what it comes to: without the ``floor``, what a run costs that has nothing to check."""
    lines = [_row(point) for point in points]
    if len(points) > 1:
        costs = [max(point.cost.cpu - floor.cost.cpu, 0.001) for point in points]
        exponent = fitted([point.files for point in points], costs)
        lines.append(f"exponent {exponent:.2f} (goal: at most {_EXPONENT}), without {floor.cost.cpu:.2f} s to start")
    most = max(point.cost.memory for point in points)
    lines.append(f"largest process {most:.0f} MB (goal: {_MEMORY})")
    return lines


def fitted(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The exponent k for which ``costs`` come nearest to c * size**k, by least squares of the logarithms."""
    xs, ys = [math.log(size) for size in sizes], [math.log(cost) for cost in costs]
    middle, height = sum(xs) / len(xs), sum(ys) / len(ys)
    slope = sum((x - middle) * (y - height) for x, y in zip(xs, ys))
    return slope / sum((x - middle) ** 2 for x in xs)


if __name__ == "__main__":
    sys.exit(main())
