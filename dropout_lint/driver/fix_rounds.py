"""Applies fixes: in rounds, each on the result of the last, until nothing is left to fix.

Only the spans that the edits name change.  Fixes that overlap wait for the next round.  A fix after which the text no
longer parses is refused and reported; the others go ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dropout_lint.finding import Applicability, Edit, Finding
from dropout_lint.syntax import recovery
from dropout_lint.syntax.lazy_parse import parse
from dropout_lint.syntax.splicing import apply_edits

_MOST_ROUNDS = 20  # two fixes that undo each other would go on for ever

Check = Callable[[str], Sequence[Finding]]


@dataclass(frozen=True, slots=True)
class Fixed:
    """The outcome: the text; the edits that made it, round by round, each on the text after the last one; what was
    applied, what remains, and what was refused, with the reason.
    """

    text: str
    rounds: tuple[tuple[Edit, ...], ...]
    applied: tuple[Finding, ...]
    remaining: tuple[Finding, ...]
    refused: tuple[tuple[Finding, str], ...]


def fix_text(text: str, check: Check, *, unsafe: bool, reads: Callable[[str], bool] | None = None) -> Fixed:
    """Fix all that ``check`` finds in ``text``; ``unsafe`` includes the fixes that change results.  ``reads`` says
    whether a text can be read; Python's own parser does, if it is None.
    """
    reads = reads or _parses
    rounds: list[tuple[Edit, ...]] = []
    applied: list[Finding] = []
    refused: dict[Finding, str] = {}
    for _ in range(_MOST_ROUNDS):
        findings = check(text)
        chosen = _choose(
            [finding for finding in findings if is_fixable(finding, unsafe=unsafe) and finding not in refused]
        )
        if not chosen:
            return Fixed(text, tuple(rounds), tuple(applied), tuple(findings), tuple(refused.items()))
        edits = _edits_of(chosen)
        result = apply_edits(text, edits)
        if reads(result) or not reads(text):
            text = result
            rounds.append(tuple(edits))
            applied += chosen
            continue
        for finding in chosen:  # one of them breaks the text: find out which
            result = apply_edits(text, _edits_of([finding]))
            if not reads(result):
                refused[finding] = "the result would not be valid Python"
        if not refused.keys() & set(chosen):
            refused.update(dict.fromkeys(chosen, "these fixes do not go together"))
    return Fixed(text, tuple(rounds), tuple(applied), tuple(check(text)), tuple(refused.items()))


def is_fixable(finding: Finding, *, unsafe: bool) -> bool:
    """Whether ``finding`` has a fix that may be applied."""
    return finding.fix is not None and (unsafe or finding.fix.applicability is Applicability.SAFE)


def _choose(findings: Sequence[Finding]) -> list[Finding]:
    """Fixes that can be applied together, the first in the text first; one that shares all its edits comes along."""
    chosen: list[Finding] = []
    taken: set[Edit] = set()
    for finding in sorted(findings, key=lambda finding: finding.sort_key):
        edits = () if finding.fix is None else finding.fix.edits
        if all(edit in taken for edit in edits) or not any(_touch(edit, other) for edit in edits for other in taken):
            chosen.append(finding)
            taken.update(edits)
    return chosen


def _edits_of(findings: Sequence[Finding]) -> list[Edit]:
    return sorted({edit for finding in findings if finding.fix is not None for edit in finding.fix.edits})


def _touch(one: Edit, other: Edit) -> bool:
    return one.span.start <= other.span.end and other.span.start <= one.span.end


def _parses(text: str) -> bool:
    try:
        parse(text)
    except SyntaxError:
        return recovery.readable_part(text) is not None
    except (RecursionError, MemoryError):
        return False
    return True
