"""The findings of a run in numbers."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dropout_lint.finding import Applicability, Finding, Runtime
from dropout_lint.io.printable import printable

if TYPE_CHECKING:
    from dropout_lint.project.limits import Limit


def summary(
    findings: Sequence[Finding],
    applied: int,
    checked: int,
    arguments: argparse.Namespace,
    *,
    errors: int = 0,
    left_out: int = 0,
) -> str:
    """What a person reads at the end: how many findings, how many of them were fixed (``applied``), how many more are
    known and ``left_out``, and how to fix more than the options did; and that not all was checked, where there were
    ``errors``, or nothing, where the number of files that were ``checked`` is 0.
    """
    fixing, unsafe = arguments.fix, arguments.unsafe_fixes
    missed = known_left_out(left_out) if left_out else ""
    missed += f"Not everything was checked: {count(errors, 'error')}.\n" if errors else ""
    if arguments.fix_only:
        left = f", {len(findings)} left" if findings else ""
        return f"Fixed {count(applied, 'finding')}{left}.\n{missed}"
    if not findings:
        if applied:
            if left_out:
                return f"Fixed {count(applied, 'finding')}; no new ones are left.\n{missed}"
            return f"Found {count(applied, 'finding')}, all fixed.\n{missed}"
        if left_out or errors:
            return f"No {'new ' if left_out else ''}findings.\n{missed}"
        return "All checks passed!\n" if checked else "No file was checked.\n"
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
    if risky and fixing and not (unsafe or safe or applied):
        lines.append(no_safe_fixes(risky))
    elif risky and not (fixing and unsafe):
        option = "--unsafe-fixes" if fixing else "--fix --unsafe-fixes"
        lines.append(f"{risky} fixable with `{option}`: look at the diff, results change.")
    return "\n".join(lines) + "\n" + missed


def known_left_out(number: int) -> str:
    """How many findings the baseline has kept out, as a line."""
    return f"{count(number, 'known finding')} left out, by the baseline.\n"


def no_safe_fixes(unsafe: int) -> str:
    """What is said where fixes were asked for, and there are ``unsafe`` ones only."""
    return f"There are no safe fixes, and {unsafe} with `--unsafe-fixes`: look at the diff, results change."


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
