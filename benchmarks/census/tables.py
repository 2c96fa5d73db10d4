"""The tables of the census: which repositories were read, and what stands in them by their readers."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.families import BY_KEY
from benchmarks.labels import VERDICTS

FOLDER = Path(__file__).parent
_SOURCES = ["repo", "commit", "kind", "round"]
_LABELS = ["round", "id", "repo", "path", "cell", "line", "end_line", "family", "verdict", "detectable", "reason"]


class BadCensus(Exception):
    """A table that cannot be used as it is."""


@dataclass(frozen=True, slots=True)
class Source:
    """A repository that was read from end to end."""

    repo: str
    commit: str
    kind: str  # what it is; empty where nobody wrote that down
    round: int  # those of one round were read together, and run for the first time after that


@dataclass(frozen=True, slots=True)
class Label:
    """What a reader said of the lines ``line`` to ``end_line``: of the file; of the ``cell`` (from 1) of a notebook;
    or, where that is None, of all code cells of a notebook, one below the other.
    """

    round: int
    id: str
    repo: str
    path: str
    cell: int | None
    line: int
    end_line: int
    family: str
    verdict: str
    detectable: str
    reason: str


def sources(file: Path = FOLDER / "sources.csv") -> list[Source]:
    """The repositories that were read.  Raises `BadCensus`."""
    return [
        Source(row["repo"], row["commit"], row["kind"], _number(row, "round", file)) for row in _rows(file, _SOURCES)
    ]


def labels(file: Path = FOLDER / "labels.csv") -> list[Label]:
    """What readers said.  Raises `BadCensus`."""
    found: list[Label] = []
    for row in _rows(file, _LABELS):
        if row["family"] not in BY_KEY:
            raise BadCensus(f"{file}: {row['id']}: unknown family {row['family']!r}; there are {', '.join(BY_KEY)}")
        if row["verdict"] not in VERDICTS:
            raise BadCensus(f"{file}: {row['id']}: unknown verdict {row['verdict']!r}; there are {', '.join(VERDICTS)}")
        line, end = _number(row, "line", file), _number(row, "end_line", file)
        cell = _number(row, "cell", file) if row["cell"] else None
        found.append(
            Label(
                _number(row, "round", file),
                row["id"],
                row["repo"],
                row["path"],
                cell,
                line,
                max(line, end),
                row["family"],
                row["verdict"],
                row["detectable"],
                row["reason"],
            )
        )
    doubled = {label.id for label in found if [other.id for other in found].count(label.id) > 1}
    if doubled:
        raise BadCensus(f"{file}: there twice: {', '.join(sorted(doubled))}")
    return found


def _rows(file: Path, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        if reader.fieldnames != list(columns):
            raise BadCensus(
                f"{file}: the columns must be {', '.join(columns)}, not {', '.join(reader.fieldnames or ())}"
            )
        yield from reader


def _number(row: dict[str, str], column: str, file: Path) -> int:
    if not row[column].isdecimal():
        raise BadCensus(f"{file}: {row.get('id', row['repo'])}: {column} must be a number, not {row[column]!r}")
    return int(row[column])
