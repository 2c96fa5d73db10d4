"""Fixes and comments, written to many files: the parts of `check` that change something."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TextIO

from dropout_lint.cli.known import Known
from dropout_lint.cli.outcome import CLEAN, FAILED, FOR_PEOPLE, FOUND, tell, write
from dropout_lint.cli.statistics import count, no_safe_fixes
from dropout_lint.driver.discovery import Target
from dropout_lint.driver.fix_files import FixedFile, annotate_file, fix_file
from dropout_lint.driver.fix_rounds import is_fixable
from dropout_lint.io.opening import read_regular
from dropout_lint.io.printable import patch_name, printable
from dropout_lint.lint.engine import REPORT_IT, describe
from dropout_lint.lint.file_result import FileResult
from dropout_lint.render.report import place, relative
from dropout_lint.semantic.project import Project
from dropout_lint.syntax.decoding import decode
from dropout_lint.syntax.lines import split_lines

_MOST_ROUNDS = 5  # of fixing; two files whose fixes undo each other would go on for ever

Check = Callable[[Sequence[Target], argparse.Namespace], list[FileResult]]
"""Gives the results for targets, in their order."""


def fix(
    targets: Sequence[Target],
    unread: Sequence[FileResult],
    arguments: argparse.Namespace,
    check: Check,
    known: Known | None = None,
) -> int:
    """Fix what can be fixed, and again as long as that changes something: one file's fix can free another's."""
    results = check(targets, arguments)
    fixed: list[FixedFile] = []
    for _ in range(1 if arguments.diff else _MOST_ROUNDS):
        round_of = _fix_once(
            targets, results, {each.filename for each in fixed if each.after == each.before}, arguments
        )
        fixed += round_of
        if arguments.diff or all(each.after == each.before and not each.error for each in round_of):
            break
        results = check(targets, arguments)  # of a file that could not be written, too: somebody may have changed it
    tell_refusals(fixed)
    applied = sum(len(outcome.applied) for outcome in fixed)
    if not arguments.diff:
        tell_fixes(fixed, arguments, sys.stdout if arguments.output_format in FOR_PEOPLE else sys.stderr)
        code = tell([*results, *unread], arguments, read_regular, applied, known)
        return FAILED if any(outcome.error for outcome in fixed) else code
    write_patch(arguments, "".join(map(diff, fixed)))
    changed = sum(outcome.after != outcome.before for outcome in fixed)
    if not arguments.quiet:
        print(printable(_would_fix(results, applied, changed, unsafe=arguments.unsafe_fixes)), file=sys.stderr)
    errors = [result.error for result in (*results, *unread) if result.error]
    for error in errors:
        print(printable(f"error: {error}"), file=sys.stderr)
    failed = errors or any(outcome.error for outcome in fixed)
    return FAILED if failed else CLEAN if arguments.exit_zero or not changed else FOUND


def _would_fix(results: Sequence[FileResult], applied: int, changed: int, *, unsafe: bool) -> str:
    """What `--diff` says at the end."""
    if changed:
        return f"Would fix {count(applied, 'finding')} in {count(changed, 'file')}."
    risky = 0 if unsafe else sum(finding.fix is not None for result in results for finding in result.findings)
    return no_safe_fixes(risky) if risky else "Nothing to fix."


def _fix_once(
    targets: Sequence[Target], results: Sequence[FileResult], hopeless: AbstractSet[str], arguments: argparse.Namespace
) -> list[FixedFile]:
    """The files of ``targets`` that have something to fix, by ``results``, each fixed once; none of ``hopeless``."""
    fixed = []
    for target, result in zip(targets, results):
        settings = target.settings
        unsafe = bool(settings.unsafe_fixes)
        wanted = any(is_fixable(finding, unsafe=unsafe) for finding in result.findings)
        if wanted and target.path not in hopeless:
            outcome = fix_file(
                Path(target.path),
                settings.rules_for(target.path),
                Project(settings.knowledge),  # a new one: another file may just have been fixed
                unsafe=unsafe,
                write=not arguments.diff,
                shown=settings.shown,
            )
            fixed.append(outcome)
    return fixed


def tell_fixes(fixed: Sequence[FixedFile], arguments: argparse.Namespace, stream: TextIO) -> None:
    """List on ``stream`` what was fixed, by file and rule, if that is wanted."""
    if not arguments.show_fixes:
        return
    by_file: dict[str, Counter[tuple[str, str]]] = {}
    for outcome in fixed:
        rules = by_file.setdefault(outcome.filename, Counter())
        rules.update((finding.code, finding.name) for finding in outcome.applied)
    total = sum(rules.total() for rules in by_file.values())
    if total:
        stream.write(f"Fixed {count(total, 'finding')}:\n")
    for filename, rules in by_file.items():
        if rules:
            stream.write(printable(f"- {relative(filename)}:") + "\n")
        for (code, name), number in sorted(rules.items()):
            stream.write(f"    {number} x {code} ({name})\n")


def tell_refusals(fixed: Sequence[FixedFile]) -> None:
    """Say on stderr which fixes were not applied, which files not written, and why."""
    for outcome in fixed:
        for finding, reason in outcome.refused:
            print(
                printable(f"warning: {place(finding)}: the fix of {finding.code} was not applied: {reason}"),
                file=sys.stderr,
            )
        if outcome.error:
            print(printable(f"error: {outcome.error}"), file=sys.stderr)


def add_comments(
    targets: Sequence[Target],
    results: Sequence[FileResult],
    unread: Sequence[FileResult],
    arguments: argparse.Namespace,
) -> int:
    """Write a comment for each finding of ``results``; returns the exit code."""
    added, errors = 0, [result.error for result in (*results, *unread) if result.error]
    failed = bool(errors)
    for target, result in zip(targets, results):
        failed |= any(finding.code == "DRP001" for finding in result.findings)
        if not result.findings:
            continue
        settings, path = target.settings, Path(target.path)
        rules = settings.rules_for(target.path)
        try:
            outcome = annotate_file(path, rules, Project(settings.knowledge), settings.shown, arguments.add_noqa)
        except Exception as error:  # one file must not end the run for all others
            errors.append(f"{result.filename}: no comments were added: {describe(error)}; {REPORT_IT}")
            continue
        added += len(outcome.covered)
        errors += [outcome.error] if outcome.error else []
        for finding in outcome.left:
            said = f"warning: {place(finding)}: no comment can suppress {finding.code} here"
            print(printable(said), file=sys.stderr)
    for problem in errors:
        print(printable(f"error: {problem}"), file=sys.stderr)
    if not arguments.quiet:
        print(printable(f"Added comments for {count(added, 'finding')}."), file=sys.stderr)
    return FAILED if errors or failed else CLEAN


def diff(fixed: FixedFile) -> str:
    """The change that was, or would be, made to a file: a patch; empty if there is none."""
    if fixed.after == fixed.before:
        return ""
    before, after = (_lines(fixed.filename, data) for data in (fixed.before, fixed.after))
    name = patch_name(relative(fixed.filename))
    lines = difflib.unified_diff(before, after, name, name)
    no_end = "\n\\ No newline at end of file\n"
    return "".join(line if line.endswith(("\n", "\r")) else line + no_end for line in lines)


def _lines(filename: str, data: bytes) -> list[str]:
    text = data.decode() if filename.endswith(".ipynb") else decode(data).text
    return split_lines(text)


def write_patch(arguments: argparse.Namespace, patch: str) -> None:
    """Write ``patch`` as it is, so that it can be applied, wherever it goes; people at a terminal get it printable."""
    is_shown = not arguments.output_file and sys.stdout.isatty()
    write(arguments, printable(patch.replace("\r\n", "\n"), keep="\n\t") if is_shown else patch)
