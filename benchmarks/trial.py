"""Tries the mode rules on repositories without labels, and compares with what a reader said of each finding.

The repositories are in tried/mode_sources.csv, the verdicts in tried/modes.csv.  Unpacked code goes where that of the
labelled repositories goes, and is as little kept.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import repositories
from benchmarks.marked import replace_block
from benchmarks.packages import HERE
from benchmarks.repositories import NoRepository
from benchmarks.unpack import UnsafeArchive

TABLES = HERE / "tried"
FOLDER = repositories.FOLDER / ".tried"
CODES = "DRP301,DRP303,DRP304,DRP306"
VERDICTS = {"true": "worth a mail to the maintainer", "false": "a false alarm", "unsure": "left out of the count"}
_REPOSITORY = ["repo", "commit", "kind", "round"]
_VERDICT = ["repo", "path", "cell", "line", "code", "verdict", "seen", "reason"]


class BadTable(Exception):
    """A table that cannot be used as it is."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that the rules are tried on."""

    name: str  # owner/name
    commit: str
    kind: str  # training, service, tutorial, notebooks, library
    round: int  # those of one round are run for the first time together, before anything is mended on their account


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """The place of a finding, and its rule."""

    repo: str
    path: str
    cell: str  # of a notebook, from 1; empty elsewhere
    line: int  # in the file, or in the cell
    code: str

    def __str__(self) -> str:
        cell = f"cell {self.cell}:" if self.cell else ""
        return f"{self.repo} {self.path}:{cell}{self.line}: {self.code}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reader said of one finding."""

    verdict: str  # a key of VERDICTS
    first: bool  # seen in the first run of its round, before any mending
    reason: str


def main(argv: Sequence[str] | None = None) -> int:
    """Unpack what is missing, run, and print the findings without a verdict; returns 1 if there are any."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trial", description=__doc__)
    parser.add_argument("--repos", type=Path, metavar="DIR", help="take repositories from git directories in DIR")
    parser.add_argument("--round", type=int, metavar="N", help="only the repositories of this round")
    parser.add_argument("--select", default=CODES, metavar="CODES", help=f"rules to try (default: {CODES})")
    parser.add_argument("--write", action="store_true", help="write the counts into benchmarks/README.md")
    parser.add_argument("--new", action="store_true", help="print findings without a verdict as rows for the table")
    arguments = parser.parse_args(argv)
    try:
        every = read_repositories(TABLES / "mode_sources.csv")
        verdicts = read_verdicts(TABLES / "modes.csv")
    except (BadTable, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    chosen = [repository for repository in every if arguments.round in (None, repository.round)]
    present = [repository for repository in chosen if _is_present(repository, arguments.repos)]
    report = _run([folder_of(repository) for repository in present], arguments.select)
    found = sorted({place for entry in report if (place := _place(entry, present)) is not None})
    text = summary(present, found, verdicts, torch_files(present))
    print(text)
    if arguments.write:
        replace_block(HERE / "README.md", "trial", text)
    unread = [place for place in found if place not in verdicts]
    if arguments.new:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows([place.repo, place.path, place.cell, place.line, place.code, "", "", ""] for place in unread)
    else:
        for place in unread:
            print(f"nobody has read {place}", file=sys.stderr)
    return 1 if unread else 0


def read_repositories(file: Path) -> list[Repository]:
    """The repositories to try, as the table has them.  Raises `BadTable`."""
    return [
        Repository(row["repo"], row["commit"], row["kind"], _number(row["round"], file, row["repo"]))
        for row in _rows(file, _REPOSITORY)
    ]


def read_verdicts(file: Path) -> dict[Place, Verdict]:
    """What was said of each finding.  Raises `BadTable`."""
    found: dict[Place, Verdict] = {}
    for row in _rows(file, _VERDICT):
        place = Place(row["repo"], row["path"], row["cell"], _number(row["line"], file, row["path"]), row["code"])
        if row["verdict"] not in VERDICTS:
            raise BadTable(f"{file}: {place}: {row['verdict']!r} is none of the verdicts {', '.join(VERDICTS)}")
        if row["seen"] not in ("first", "later"):
            raise BadTable(f"{file}: {place}: seen must be `first` or `later`, not {row['seen']!r}")
        if place in found:
            raise BadTable(f"{file}: {place} is there twice")
        found[place] = Verdict(row["verdict"], row["seen"] == "first", row["reason"])
    return found


def summary(
    present: Sequence[Repository], found: Iterable[Place], verdicts: dict[Place, Verdict], files: dict[str, int]
) -> str:
    """Counts as a Markdown table: a row for each round as it was first run, and as it is now.

    ``files`` says how many files of each repository mention torch; the last column counts false alarms among them.
    """
    now = set(found)
    lines = [
        "| round | of | torch files | run | findings | right | false | unsure | unread | precision | per 1,000 |",
        "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for number in sorted({repository.round for repository in present}):
        names = {repository.name for repository in present if repository.round == number}
        torch = sum(files.get(name, 0) for name in names)
        first = {place for place, verdict in verdicts.items() if verdict.first}
        for run, places in (("first", first), ("now", now)):
            here = [place for place in places if place.repo in names]
            counts = Counter(verdicts[place].verdict if place in verdicts else "unread" for place in here)
            decided = counts["true"] + counts["false"]
            precision = f"{counts['true'] / decided:.0%}" if decided else "-"
            rate = f"{1000 * counts['false'] / torch:.2f}" if torch else "-"
            cells = [str(number), str(len(names)), f"{torch:,}", run, str(len(here))]
            cells += [str(counts[key]) for key in ("true", "false", "unsure", "unread")]
            lines.append(f"| {' | '.join([*cells, precision, rate])} |")
    return "\n".join(lines)


def torch_files(present: Sequence[Repository]) -> dict[str, int]:
    """How many files of each repository, notebooks included, mention torch."""
    return {
        repository.name: sum(b"torch" in file.read_bytes() for file in _code(folder_of(repository)))
        for repository in present
    }


def _code(folder: Path) -> list[Path]:
    return [file for suffix in (".py", ".ipynb") for file in sorted(folder.rglob(f"*{suffix}"))]


def folder_of(repository: Repository) -> Path:
    """Where its code is unpacked."""
    return FOLDER / repository.name.replace("/", "+", 1)


def _is_present(repository: Repository, local: Path | None) -> bool:
    if repositories.has(repository.name, repository.commit, FOLDER):
        return True
    try:
        repositories.install(repository.name, repository.commit, local, FOLDER, notebooks=True)
    except (NoRepository, UnsafeArchive, OSError, tarfile.TarError) as error:
        print(f"left out: {error}", file=sys.stderr)
        return False
    return True


def _run(folders: Sequence[Path], select: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "dropout_lint", "check", "--isolated", "--no-cache", "--quiet"]
    command += ["--select", select, "--output-format", "json", *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout.startswith("["):
        raise RuntimeError(f"dropout-lint ended with {done.returncode}: {done.stderr.strip()}")
    sys.stderr.write(done.stderr)
    report: list[dict[str, Any]] = json.loads(done.stdout)
    return report


def _place(entry: dict[str, Any], present: Sequence[Repository]) -> Place | None:
    filename = Path(entry["filename"])
    for repository in present:
        folder = folder_of(repository)
        if filename.is_relative_to(folder) and not entry["code"].startswith("DRP00"):
            cell = "" if entry["cell"] is None else str(entry["cell"])
            path = filename.relative_to(folder).as_posix()
            return Place(repository.name, path, cell, entry["location"]["row"], entry["code"])
    return None


def _rows(file: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        rows = csv.DictReader(opened)
        if rows.fieldnames != columns:
            raise BadTable(f"{file}: its columns must be {', '.join(columns)}")
        found = list(rows)
    for row in found:
        if None in row or None in row.values():
            raise BadTable(f"{file}: too many or too few columns in the row of {row[columns[0]]}")
    return found


def _number(text: str, file: Path, where: str) -> int:
    if not text.isdigit():
        raise BadTable(f"{file}: {where}: {text!r} is not a number")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
