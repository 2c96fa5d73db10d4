"""Findings against labels: which are right, which are wrong, and what was missed.  Pure: no files, no processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from benchmarks.families import BY_KEY, Family, groups
from benchmarks.labels import Label


class Outcome(str, Enum):
    """What a finding, or a label without one, comes to."""

    TRUE = "true"
    FALSE = "false"
    MISSED = "missed"  # a bug that no rule of its family reported
    OPEN = "open"  # a finding nobody has judged yet, of a family in which not everything was read
    LEFT_OUT = "left out"  # a finding where the label takes no side


@dataclass(frozen=True, slots=True)
class Reported:
    """A finding, as far as scoring goes."""

    where: str  # as in `Label`
    path: str
    line: int
    code: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One finding with its outcome, or one bug that was missed."""

    outcome: Outcome
    where: str
    path: str
    line: int
    codes: tuple[str, ...]  # the rule that spoke, or the rules of which one should have
    label: Label | None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """The counts of some rules taken together."""

    codes: tuple[str, ...]
    counts: Mapping[Outcome, int]
    hit: Mapping[str, int] = field(default_factory=dict)  # bugs reported, by what an analysis must see
    bugs: Mapping[str, int] = field(default_factory=dict)  # all bugs, by what an analysis must see

    @property
    def findings(self) -> int:
        return sum(count for outcome, count in self.counts.items() if outcome is not Outcome.MISSED)

    @property
    def precision(self) -> float | None:
        """True findings among those that are true or false; None without any."""
        return _ratio(self.counts[Outcome.TRUE], self.counts[Outcome.TRUE] + self.counts[Outcome.FALSE])

    @property
    def recall(self) -> float | None:
        """Bugs reported among all; None without any."""
        return _ratio(sum(self.hit.values()), sum(self.bugs.values()))


def judge(
    findings: Iterable[Reported],
    labels: Sequence[Label],
    *,
    default_codes: Collection[str],
    selected: Collection[str],
    read: Collection[str],
) -> list[Judgement]:
    """Judge every finding, and find every bug that was missed although a ``selected`` rule is for it; sorted by file.

    ``default_codes`` are the rules that run unless switched off: where only opt-in rules may speak, they are wrong.
    ``read`` are the packages that were read from end to end for the exhaustive families: there, what has no label is
    false.
    """
    by_file: dict[tuple[str, str], list[Label]] = {}
    for label in labels:
        by_file.setdefault((label.where, label.path), []).append(label)
    judgements: list[Judgement] = []
    reported: set[str] = set()
    for finding in findings:
        near = [label for label in by_file.get((finding.where, finding.path), ()) if _speaks_of(label, finding)]
        reported.update(label.id for label in near)
        closest = min(near, key=_strength, default=None)
        outcome = _outcome(finding, closest, by_default=finding.code in default_codes, read=finding.where in read)
        place = (finding.where, finding.path, finding.line)
        judgements.append(Judgement(outcome, *place, (finding.code,), closest, finding.message))
    for label in labels:
        codes = tuple(code for code in _rules(label.family) if code in selected)
        if label.verdict == "bug" and codes and label.id not in reported:
            judgements.append(Judgement(Outcome.MISSED, label.where, label.path, label.line, codes, label))
    return sorted(judgements, key=lambda judged: (judged.where, judged.path, judged.line, judged.codes, judged.outcome))


def table(judgements: Sequence[Judgement], labels: Sequence[Label], selected: Collection[str]) -> list[Row]:
    """A row for each group of rules that share a family and, before it, one for each rule of a larger group."""
    rows = []
    missed = {judged.label.id for judged in judgements if judged.outcome is Outcome.MISSED and judged.label}
    for codes, families in groups(selected):
        keys = {family.key for family in families}
        bugs = [label for label in labels if label.verdict == "bug" and label.family in keys]
        if len(codes) > 1:
            rows += [Row((code,), _counts(judgements, (code,))) for code in codes]
        rows.append(
            Row(
                codes,
                _counts(judgements, codes),
                Counter(label.detectable for label in bugs if label.id not in missed),
                Counter(label.detectable for label in bugs),
            )
        )
    return rows


def _counts(judgements: Sequence[Judgement], codes: tuple[str, ...]) -> Counter[Outcome]:
    return Counter(judged.outcome for judged in judgements if set(judged.codes) <= set(codes))


def _rules(family: str) -> tuple[str, ...]:
    return BY_KEY[family].rules if family in BY_KEY else ()


def _speaks_of(label: Label, finding: Reported) -> bool:
    return finding.code in _rules(label.family) and label.covers(finding.where, finding.path, finding.line)


def _strength(label: Label) -> tuple[int, int, str]:
    """Of several labels the closest speaks, and of equally close ones the one that says bug."""
    return label.end_line - label.line, label.verdict != "bug", label.id


def _outcome(finding: Reported, label: Label | None, *, by_default: bool, read: bool) -> Outcome:
    if label is None:
        families = [family for family in BY_KEY.values() if finding.code in family.rules]
        return Outcome.FALSE if read and any(family.exhaustive for family in families) else Outcome.OPEN
    family: Family = BY_KEY[label.family]
    if label.verdict in ("unsure", "benign_model") or label.verdict in family.either_way:
        return Outcome.LEFT_OUT
    if label.verdict == "bug":
        return Outcome.TRUE
    return Outcome.FALSE if label.verdict == "ok" or by_default else Outcome.TRUE


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
