"""Printed findings and an exit code: what `check` and similar commands do with results."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dropout_lint.cli import options
from dropout_lint.cli.statistics import known_left_out, limits_in_words, statistics, summary
from dropout_lint.driver import config
from dropout_lint.finding import Finding
from dropout_lint.io.printable import printable
from dropout_lint.lint.file_result import FileResult
from dropout_lint.render import renderer
from dropout_lint.render.report import Report, relative

if TYPE_CHECKING:
    from dropout_lint.cli.known import Known

CLEAN, FOUND, FAILED = 0, 1, 2
FOR_PEOPLE = ("full", "concise", "grouped")
"""Formats that end with a summary."""


def tell(
    results: Sequence[FileResult],
    arguments: argparse.Namespace,
    contents: Callable[[str], bytes],
    applied: int = 0,
    known: Known | None = None,
) -> int:
    """Print the findings, but for those that are ``known``, and the summary; returns the exit code."""
    found = [finding for result in results for finding in result.findings]
    if arguments.ignore_noqa:
        found += [finding for result in results for finding in result.suppressed]
    findings = sorted(found, key=lambda finding: finding.sort_key)
    left_out = 0
    if known is not None:
        new = known.left(findings, results, Report((), contents).lines)
        left_out, findings = len(findings) - len(new), new
    errors = [result.error for result in results if result.error]
    limits = list(dict.fromkeys(limit for result in results for limit in result.limits)) if arguments.verbose else None
    if arguments.statistics:
        text = statistics(findings, as_json=arguments.output_format == "json")
    else:
        color = options.wants_color(arguments.color, sys.stdout) and not arguments.output_file
        shown = () if arguments.fix_only else findings
        text = renderer(arguments.output_format)(Report(shown, contents, color, errors, limits))
        if not arguments.quiet and arguments.output_format in FOR_PEOPLE:
            checked = sum(result.error is None for result in results)
            text += summary(findings, applied, checked, arguments, errors=len(errors), left_out=left_out)
        elif not arguments.quiet and left_out:
            sys.stderr.write(known_left_out(left_out))
    for error in errors:
        print(printable(f"error: {error}"), file=sys.stderr)
    if limits is not None:
        sys.stderr.write(limits_in_words(limits, relative))
    write(arguments, text)
    return exit_code(findings, errors, arguments, applied)


def exit_code(findings: Sequence[Finding], errors: Sequence[str], arguments: argparse.Namespace, applied: int) -> int:
    """The exit code of a run with these ``findings`` and ``errors``, in which so many fixes were ``applied``."""
    if errors or any(finding.code == "DRP001" for finding in findings):
        return FAILED
    if applied and arguments.exit_non_zero_on_fix:
        return FOUND
    if arguments.fix_only:
        return CLEAN
    return FOUND if findings and not arguments.exit_zero else CLEAN


def write(arguments: argparse.Namespace, text: str) -> None:
    """Print ``text``, or put it into the output file; characters that cannot be written there get a stand-in."""
    if arguments.output_file:
        try:
            with open(arguments.output_file, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError as error:
            raise config.ConfigError(f"cannot write {arguments.output_file}: {error.strerror or error}") from None
        return
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
