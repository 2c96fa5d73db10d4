"""What a check of one file gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dropout_lint.finding import Confidence, Finding

if TYPE_CHECKING:
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


def confident(result: FileResult, least: Confidence) -> FileResult:
    """``result`` without the findings that are less certain than ``least``."""
    if least is Confidence.MEDIUM:
        return result
    kept, suppressed = (
        tuple(finding for finding in findings if finding.confidence is Confidence.HIGH)
        for findings in (result.findings, result.suppressed)
    )
    return result._replace(findings=kept, suppressed=suppressed)
