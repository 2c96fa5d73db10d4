"""What a check of one file gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dropout_lint.finding import Confidence, Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dropout_lint.project.facts import Fact
    from dropout_lint.project.limits import Limit


class FileResult(NamedTuple):
    """The outcome for one file: what stands, what comments suppress, and why the file could not be read, if so.

    ``dependencies`` are what the findings rest on: see `Project.dependencies`.
    ``limits`` are the budgets that ended an analysis: more may be wrong than was found.
    """

    filename: str
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    error: str | None = None
    dependencies: tuple[Fact, ...] = ()
    limits: tuple[Limit, ...] = ()


class Shown(NamedTuple):
    """What settings let through of a result: findings that are as certain as ``least``, and their fixes, but for those
    of the rules with the codes ``unfixable``.
    """

    least: Confidence = Confidence.MEDIUM
    unfixable: frozenset[str] = frozenset()

    def of(self, result: FileResult) -> FileResult:
        """``result`` without the rest."""
        if self == EVERYTHING or not (result.findings or result.suppressed):
            return result
        return result._replace(findings=self._some(result.findings), suppressed=self._some(result.suppressed))

    def _some(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        return tuple(
            finding._replace(fix=None) if finding.code in self.unfixable else finding
            for finding in findings
            if finding.confidence is Confidence.HIGH or self.least is Confidence.MEDIUM
        )


EVERYTHING = Shown()
