"""Scores the rules on the labelled corpus: findings, true, false and missed for each rule, then each disagreement."""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import labels as label_files
from benchmarks import packages, repositories
from benchmarks.causes import causes, ranked
from benchmarks.corpus import missing_packages
from benchmarks.labels import BadLabels
from benchmarks.marked import replace_block
from benchmarks.packages import CORPUS, HERE
from benchmarks.scoring import Judgement, Outcome, Reported, Row, judge, table

_TOOL = ("DRP000", "DRP001", "DRP002")  # about the file or the tool, not about dropout


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with labelled code."""

    where: str  # as in `Label`
    folder: Path


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that a score is about."""

    selected: frozenset[str]
    by_default: frozenset[str]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the score; returns 0, 1 if the tool failed on code that Python accepts, 2 if there was nothing to score."""
    arguments = _parser().parse_args(argv)
    try:
        labels = label_files.load(arguments.labels or label_files.files())
    except BadLabels as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    places = _places(arguments)
    if not places:
        print("error: there is no corpus; run `python -m benchmarks.corpus` first", file=sys.stderr)
        return 2
    rules = _rules(arguments.select)
    try:
        report = json.loads(arguments.report.read_bytes()) if arguments.report else _run(places, arguments)
    except (OSError, ValueError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if arguments.min_confidence == "high":
        report = [entry for entry in report if entry["confidence"] == "high"]
    present = {place.where for place in places}
    labels = tuple(label for label in labels if label.where in present)
    findings = [found for entry in report if (found := reported(entry, places)) is not None]
    judged = judge(
        [found for found in findings if found.code not in _TOOL and found.code in rules.selected],
        labels,
        default_codes=rules.by_default,
        selected=rules.selected,
        read={package.folder for package in packages.load()},
    )
    counts = as_table(table(judged, labels, rules.selected))
    told = f"{len(labels)} labels in {len(present)} packages and repositories; {len(findings)} findings."
    print(f"{counts}\n{told}\n")
    if arguments.write:
        replace_block(HERE / "README.md", "score", f"```text\n{counts}\n```\n\n{told}")
    folders = {place.where: place.folder for place in places}
    for line in lines_of(judged, folders, quiet=arguments.quiet):
        print(line)
    if arguments.why:
        print("\nWhy bugs are missed:")
        for line in ranked(list(causes(judged, folders))):
            print(line)
    failures = [found for found in findings if found.code in _TOOL and _is_failure(found, folders)]
    for found in failures:
        print(f"{folders[found.where] / found.path}:{found.line}: {found.code} FAILED {found.message}")
    return 1 if failures else 0


def reported(entry: dict[str, Any], places: Sequence[Place]) -> Reported | None:
    """``entry`` of a JSON report as scoring sees it; None if it is in no labelled place, or in a notebook."""
    filename = Path(entry["filename"])
    for place in places:
        if entry["cell"] is None and filename.is_relative_to(place.folder):
            path = filename.relative_to(place.folder).as_posix()
            return Reported(place.where, path, entry["location"]["row"], entry["code"], entry["message"])
    return None


def as_table(rows: Sequence[Row]) -> str:
    """The rows as aligned text."""
    head = ["rule", "findings", "true", "false", "left out", "open", "missed", "precision", "recall", "recall by kind"]
    cells = [head]
    for row in rows:
        kinds = ", ".join(f"{kind} {row.hit.get(kind, 0)}/{row.bugs[kind]}" for kind in sorted(row.bugs))
        outcomes = (Outcome.TRUE, Outcome.FALSE, Outcome.LEFT_OUT, Outcome.OPEN)
        numbers = [str(row.counts.get(outcome, 0)) for outcome in outcomes]
        bugs = sum(row.bugs.values())
        missed = str(bugs - sum(row.hit.values())) if bugs else "-"
        name = (
            row.codes[0]
            if len(row.codes) == 1
            else "  " + ", ".join([row.codes[0], *(code[3:] for code in row.codes[1:])])
        )
        cells.append([name, str(row.findings), *numbers, missed, _percent(row.precision), _percent(row.recall), kinds])
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in (0, len(head) - 1) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths))
        ).rstrip()
        for line in cells
    )


def lines_of(judgements: Sequence[Judgement], folders: dict[str, Path], *, quiet: bool) -> list[str]:
    """A line to open for each disagreement and, unless ``quiet``, for each finding that nobody has judged."""
    shown = [Outcome.FALSE, Outcome.MISSED] + ([] if quiet else [Outcome.OPEN])
    here, lines = Path.cwd(), []
    for judged in judgements:
        if judged.outcome in shown:
            file = folders[judged.where] / judged.path
            place = file.relative_to(here) if file.is_relative_to(here) else file
            label = judged.label
            why = (
                f"[{label.id} {label.family} {label.verdict}, {label.detectable}] {label.reason}"
                if label
                else "no label"
            )
            said = f": {judged.message}" if judged.message else ""
            lines.append(f"{place}:{judged.line}: {'/'.join(judged.codes)} {judged.outcome.value.upper()} {why}{said}")
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.score", description=__doc__)
    parser.add_argument("--select", default="ALL", metavar="CODES", help="rules to score (default: ALL)")
    parser.add_argument(
        "--labels", type=Path, action="append", metavar="FILE", help="in place of the project's label files"
    )
    parser.add_argument("--min-confidence", choices=("high", "medium"), default="medium")
    parser.add_argument("--corpus", type=Path, default=CORPUS, metavar="DIR")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="a JSON report to score, in place of a run of the tool"
    )
    parser.add_argument("--why", action="store_true", help="say why each bug is missed, the most frequent cause first")
    parser.add_argument("--write", action="store_true", help="write the counts into benchmarks/README.md")
    parser.add_argument("-q", "--quiet", action="store_true", help="leave out findings that nobody has judged")
    return parser


def _places(arguments: argparse.Namespace) -> list[Place]:
    chosen = packages.load()
    missing = missing_packages(chosen, arguments.corpus)
    if missing:
        names = ", ".join(package.folder for package in missing) if len(missing) < len(chosen) else "all packages"
        print(f"warning: not in the corpus and left out: {names}", file=sys.stderr)
    root = arguments.corpus.resolve()
    found = [Place(package.folder, root / package.folder) for package in chosen if package not in missing]
    return found + [Place(name, folder) for name, folder in repositories.present()]


def _rules(select: str) -> Rules:
    from dropout_lint.lint.registry import all_rules
    from dropout_lint.lint.selection import Selection, chosen

    selection = Selection(tuple(part.strip() for part in select.split(",")))
    codes = frozenset(rule.code for rule in chosen([selection]) if rule.code not in _TOOL)
    return Rules(codes, frozenset(rule.code for rule in all_rules() if rule.on))


def _run(places: Sequence[Place], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """What the tool reports.  Raises RuntimeError if it could not be run."""
    command = [sys.executable, "-m", "dropout_lint", "check", "--isolated", "--no-cache", "--quiet"]
    command += ["--select", arguments.select, "--output-format", "json"]
    done = subprocess.run(
        [*command, *(str(place.folder) for place in places)], capture_output=True, text=True, check=False
    )
    if not done.stdout.startswith("["):
        raise RuntimeError(f"dropout-lint ended with {done.returncode}: {done.stderr.strip()}")
    sys.stderr.write(done.stderr)
    report: list[dict[str, Any]] = json.loads(done.stdout)
    return report


def _is_failure(found: Reported, folders: dict[str, Path]) -> bool:
    """Whether the tool is at fault: it broke, or it refused what Python accepts."""
    if found.code == "DRP000":
        return _python_accepts(folders[found.where] / found.path)
    return found.code == "DRP001"


def _python_accepts(file: Path) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return False
    return True


def _percent(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.0%}"


if __name__ == "__main__":
    sys.exit(main())
