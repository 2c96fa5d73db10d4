"""The findings of a run in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dropout_lint.finding import Applicability, Finding, Runtime
from dropout_lint.io.printable import printable

if TYPE_CHECKING:
    from dropout_lint.project.limits import Limit


def summary(findings: Sequence[Finding], applied: int, *, fixing: bool, unsafe: bool, errors: int = 0) -> str:
    """What a person reads at the end: how many findings, how many of them were fixed (``applied``), and how to fix
    more than ``fixing`` and ``unsafe`` did; and that not all was checked, where there were ``errors``.
    """
    missed = f"Not everything was checked: {count(errors, 'error')}.\n" if errors else ""
    if not findings:
        if applied:
            return f"Found {count(applied, 'finding')}, all fixed.\n{missed}"
        return f"No findings.\n{missed}" if errors else "All checks passed!\n"
    fixed = f" ({applied} fixed)" if applied else ""
    lines = [f"Found {count(len(findings) + applied, 'finding')}{fixed}."]
    runs = Counter(finding.runtime for finding in findings if finding.runtime is not None)
    if runs:
        said = ", ".join(f"{runs[runtime]} {runtime.value}" for runtime in Runtime if runs[runtime])
        lines.append(f"At run time: {said}.")
    fixes = [finding.fix.applicability for finding in findings if finding.fix is not None]
    safe, risky = fixes.count(Applicability.SAFE), fixes.count(Applicability.UNSAFE)
    if safe and not fixing:
        lines.append(f"[*] {safe} fixable with `--fix`.")
    if risky and not (fixing and unsafe):
        option = "--unsafe-fixes" if fixing else "--fix --unsafe-fixes"
        lines.append(f"{risky} fixable with `{option}`: look at the diff, results change.")
    return "\n".join(lines) + "\n" + missed


def statistics(findings: Sequence[Finding], *, as_json: bool = False) -> str:
    """How often each rule spoke, the most frequent first; ``[*]`` where ``--fix`` alone is enough, as elsewhere."""
    counts = Counter((finding.code, finding.name) for finding in findings)
    fixable = {finding.code for finding in findings if finding.fix is not None}
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if as_json:
        rows = [
            {"code": code, "name": name, "count": number, "fixable": code in fixable}
            for (code, name), number in ordered
        ]
        import json

        return json.dumps(rows, indent=2) + "\n"
    safe = {finding.code for finding in findings if finding.fix and finding.fix.applicability is Applicability.SAFE}
    width = len(str(max(counts.values(), default=0)))
    return "".join(
        f"{number:>{width}}  {code}  [{'*' if code in safe else ' '}]  {name}\n" for (code, name), number in ordered
    )


def limits_in_words(limits: Sequence[Limit], shown: Callable[[str], str]) -> str:
    """What `--verbose` says of the budgets that ended an analysis, with the names of files as they are ``shown``."""
    lines = []
    for limit in sorted(limits, key=lambda limit: (limit.filename, limit.line, limit.spent.name)):
        line = f":{limit.line}" if limit.line else ""
        lines.append(printable(f"note: {shown(limit.filename)}{line}: {limit.spent.value}"))
    lines.append(f"{count(len(limits), 'analysis', 'analyses')} ended early: more may be wrong there than was found.")
    return "\n".join(lines) + "\n" if limits else "Every analysis came to its end.\n"


def count(number: int, noun: str, nouns: str = "") -> str:
    """``1 file``, ``2 files``."""
    return f"{number} {noun}" if number == 1 else f"{number} {nouns or noun + 's'}"
