"""Printed findings and an exit code: what `check` and similar commands do with results."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from dropout_lint.cli import options
from dropout_lint.cli.statistics import limits_in_words, statistics, summary
from dropout_lint.driver import config
from dropout_lint.finding import Finding
from dropout_lint.io.printable import printable
from dropout_lint.lint.file_result import FileResult
from dropout_lint.render import renderer
from dropout_lint.render.report import Report, relative

CLEAN, FOUND, FAILED = 0, 1, 2


def tell(
    results: Sequence[FileResult], arguments: argparse.Namespace, contents: Callable[[str], bytes], applied: int = 0
) -> int:
    """Print the findings and the summary; returns the exit code."""
    found = [finding for result in results for finding in result.findings]
    if arguments.ignore_noqa:
        found += [finding for result in results for finding in result.suppressed]
    findings = sorted(found, key=lambda finding: finding.sort_key)
    errors = [result.error for result in results if result.error]
    limits = list(dict.fromkeys(limit for result in results for limit in result.limits)) if arguments.verbose else None
    if arguments.statistics:
        text = statistics(findings, as_json=arguments.output_format == "json")
    else:
        color = options.wants_color(arguments.color, sys.stdout) and not arguments.output_file
        text = renderer(arguments.output_format)(Report(findings, contents, color, errors, limits))
        if not arguments.quiet and arguments.output_format in ("full", "concise"):
            text += summary(findings, applied, fixing=arguments.fix, unsafe=arguments.unsafe_fixes, errors=len(errors))
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
