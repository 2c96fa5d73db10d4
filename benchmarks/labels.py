"""The labels: what people who read the code said about single places in it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.packages import HERE

FOLDER = HERE / "labels"
VERDICTS = {
    "bug": "must be reported",
    "ok": "must not be reported",
    "intentional": "only opt-in rules may report it",
    "style": "only opt-in rules may report it",
    "benign_model": "wrong mode, but nothing in the model depends on it: left out",
    "unsure": "left out",
}
_OTHER_LINE = re.compile(r"\balt L(\d+)")
_SHARED = ["id", "path", "line", "end_line", "family", "verdict", "detectable", "reason"]
_COLUMNS = (  # of packages and of repositories
    [_SHARED[0], "package", "version", *_SHARED[1:]],
    [_SHARED[0], "repo", "commit", *_SHARED[1:]],
)


class BadLabels(Exception):
    """A label file that cannot be used as it is."""


@dataclass(frozen=True, slots=True)
class Label:
    """What holds for the lines ``line`` to ``end_line`` of one file, as far as one family of misuse goes."""

    id: str
    where: str  # the package's folder in the corpus, or owner/name of the repository
    commit: str | None  # of the repository; None for packages
    path: str  # relative to the root of the package or repository
    line: int  # from 1
    end_line: int  # the last one
    family: str
    verdict: str  # a key of VERDICTS
    detectable: str  # what an analysis must see: local, class, interproc (same file), crossfile, needs_runtime
    reason: str

    def covers(self, where: str, path: str, line: int) -> bool:
        """Whether this label is for ``line`` in that file."""
        if (self.where, self.path) != (where, path):
            return False
        return self.line <= line <= self.end_line or line in self.other_lines

    @property
    def other_lines(self) -> tuple[int, ...]:
        """Where a report is as good: ``alt L199`` in the reason.  Training in eval mode has two places that are wrong,
        the step and the evaluation that leaves the mode behind.
        """
        return tuple(int(number) for number in _OTHER_LINE.findall(self.reason))


def load(files: Iterable[Path]) -> tuple[Label, ...]:
    """The labels in ``files``; one with the id of an earlier one takes its place.  Raises `BadLabels`."""
    found: dict[str, Label] = {}
    for file in files:
        found.update((label.id, label) for label in _read(file))
    return tuple(found.values())


def files(folder: Path = FOLDER) -> Sequence[Path]:
    """The label files of the project: first those that came with it, then our own, which may correct them."""
    every = sorted(folder.glob("*.csv"))
    return [file for file in every if not _is_own(file)] + [file for file in every if _is_own(file)]


def _is_own(file: Path) -> bool:
    return file.name.startswith("own_")


def _read(file: Path) -> list[Label]:
    labels: dict[str, Label] = {}
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            rows = csv.DictReader(opened)
            if rows.fieldnames not in _COLUMNS:
                raise BadLabels(
                    f"{file}: its columns must be {', '.join(_COLUMNS[0])}, or with repo, commit in their place"
                )
            for row in rows:
                place = f"{file}:{rows.line_num}"
                label = _label(row, place)
                if label.id in labels:
                    raise BadLabels(f"{place}: {label.id} is in this file twice")
                labels[label.id] = label
    except OSError as error:
        raise BadLabels(f"{file}: {error.strerror}") from None
    return list(labels.values())


def _label(row: dict[str, str], place: str) -> Label:
    if None in row or None in row.values():
        raise BadLabels(f"{place}: too many or too few columns")
    if row["verdict"] not in VERDICTS:
        raise BadLabels(f"{place}: unknown verdict {row['verdict']!r}; the verdicts are {', '.join(VERDICTS)}")
    try:
        line, end_line = int(row["line"]), int(row["end_line"])
    except ValueError:
        raise BadLabels(f"{place}: line and end_line must be numbers") from None
    if not 1 <= line <= end_line:
        raise BadLabels(f"{place}: line {line} to {end_line} is no range")
    where = row["repo"] if "repo" in row else f"{row['package']}-{row['version']}"
    return Label(
        row["id"],
        where,
        row.get("commit"),
        row["path"],
        line,
        end_line,
        row["family"],
        row["verdict"],
        row["detectable"],
        row["reason"],
    )
