"""Findings against the census: recall by family, what was missed, and what no reader listed.  Lines of notebooks are
counted through all code cells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.causes import cause_of
from benchmarks.census.tables import Label
from benchmarks.families import BY_KEY
from dropout_lint.syntax import notebook

NEAR = 6  # lines between what a reader points at and what a rule reports: the call, or the loop around it


@dataclass(frozen=True, slots=True)
class Place:
    """A finding: its line is in the ``cell`` if there is one."""

    repo: str
    path: str
    cell: int | None
    line: int
    code: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of it."""

    bugs: Mapping[tuple[int, str], int]  # by round and family
    hit: Mapping[tuple[int, str], int]
    missed: tuple[Label, ...]
    unlabelled: tuple[Place, ...]
    folders: Mapping[str, Path]

    def why(self, label: Label) -> str:
        """Why the bug that ``label`` speaks of is missed, as `dropout-lint why` says."""
        file = self.folders[label.repo] / label.path
        return cause_of(file, _line(file, label.cell, label.line))


def compared(labels: Sequence[Label], found: Sequence[Place], folders: Mapping[str, Path]) -> Compared:
    """Compare ``found`` with ``labels``, in the code below ``folders``."""
    lines = {place: _line(folders[place.repo] / place.path, place.cell, place.line) for place in found}
    bugs: Counter[tuple[int, str]] = Counter()
    hit: Counter[tuple[int, str]] = Counter()
    missed: list[Label] = []
    spoken: set[Place] = set()
    for label in labels:
        first = _line(folders[label.repo] / label.path, label.cell, label.line)
        last = first + label.end_line - label.line
        near = [
            place
            for place in found
            if (place.repo, place.path) == (label.repo, label.path) and first - NEAR <= lines[place] <= last + NEAR
        ]
        spoken.update(near)
        if label.verdict == "bug":
            bugs[label.round, label.family] += 1
            if any(place.code in BY_KEY[label.family].rules for place in near):
                hit[label.round, label.family] += 1
            else:
                missed.append(label)
    rest = tuple(place for place in found if place not in spoken)
    return Compared(bugs, hit, tuple(missed), rest, folders)


def table(result: Compared) -> str:
    """Recall by round and family, as a Markdown table."""
    lines = ["| round | family | listed | found | recall |", "| ---: | --- | ---: | ---: | ---: |"]
    for number in sorted({number for number, _ in result.bugs}):
        families = [family for family in BY_KEY if (number, family) in result.bugs]
        for family in families:
            key = (number, family)
            lines.append(_row(number, f"{family} {BY_KEY[family].what}", result.bugs[key], result.hit.get(key, 0)))
        every = sum(result.bugs[number, family] for family in families)
        lines.append(_row(number, "all", every, sum(result.hit.get((number, family), 0) for family in families)))
    return "\n".join(lines)


def _row(number: int, what: str, bugs: int, hit: int) -> str:
    return f"| {number} | {what} | {bugs} | {hit} | {hit / bugs:.0%} |"


def _line(file: Path, cell: int | None, line: int) -> int:
    """``line`` of the file, or of all code cells if it is in a ``cell``."""
    if cell is None or file.suffix != ".ipynb":
        return line
    try:
        return notebook.read(file.read_bytes()).cell(cell).first_line + line - 1
    except (OSError, SyntaxError, StopIteration):
        return line
