"""Findings while the run goes on: each is told once, as soon as nothing that follows can take it back."""

from __future__ import annotations

from collections.abc import Iterable

from dropout_lint.runtime.watching.judging.findings import RunFinding

_FACTS = frozenset(
    {
        "active-in-eval",
        "export-in-train-mode",
        "mixed-mode",
        "train-step-in-eval-mode",
        "train-step-with-part-in-eval-mode",
    }
)
"""What has happened, whatever follows."""
_LATER_STEPS = 8
"""After so many further optimizer steps an evaluation is none that every training step has: those are no mistake."""
_ONLY_AT_THE_END = frozenset({"inference-in-train-mode"})
"""Said of a model that is never trained; training may still begin."""


class News:
    """What has been told."""

    def __init__(self) -> None:
        self._told: set[tuple[object, ...]] = set()

    def of(self, findings: Iterable[RunFinding], steps: int, *, at_the_end: bool = False) -> list[RunFinding]:
        """Those of ``findings`` that can be told now, after ``steps`` optimizer steps, and have not been."""
        new = [
            finding
            for finding in findings
            if _key(finding) not in self._told and (at_the_end or _is_settled(finding, steps))
        ]
        self._told.update(map(_key, new))
        return new


def _is_settled(finding: RunFinding, steps: int) -> bool:
    if finding.name in _FACTS:
        return True
    return finding.name not in _ONLY_AT_THE_END and steps >= finding.first.step + _LATER_STEPS


def _key(finding: RunFinding) -> tuple[object, ...]:
    return (finding.code, finding.message, finding.place)
