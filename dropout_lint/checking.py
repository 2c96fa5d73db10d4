"""The command ``check``: from parsed options to printed findings and an exit code."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from dropout_lint import config, options
from dropout_lint.cache import Cache, default_folder
from dropout_lint.decoding import decode
from dropout_lint.discovery import Target, discover
from dropout_lint.finding import Applicability, Finding
from dropout_lint.fixing import FixedFile, annotate_file, fix_bytes, fix_file
from dropout_lint.linting import FileResult, lint_bytes
from dropout_lint.project import Project
from dropout_lint.render import Report, renderer
from dropout_lint.render.report import relative
from dropout_lint.runner import default_jobs, run

if TYPE_CHECKING:
    from rich.progress import Progress

CLEAN, FOUND, FAILED = 0, 1, 2
_MANY = 200  # files from which a progress bar is worth its flicker


def check(arguments: argparse.Namespace) -> int:
    """Run ``check``; returns the exit code.  Raises `config.ConfigError`."""
    conflict = options.conflict(arguments)
    if conflict is not None:
        raise config.ConfigError(conflict)
    paths = arguments.paths or ["."]
    if "-" in paths:
        if len(paths) > 1:
            raise config.ConfigError("`-` reads stdin and stands alone: pass no other paths")
        return _check_stdin(arguments)
    if arguments.stdin_filename is not None:
        raise config.ConfigError("--stdin-filename needs `-` as the path")
    settings_for = options.settings_for(arguments)
    settings_for.around(Path.cwd())  # a mistake in an option is one without files, too
    targets, missing = discover(paths, settings_for, force_exclude=arguments.force_exclude)
    for path in missing:
        print(f"error: {path}: no such file or folder", file=sys.stderr)
    if missing and not targets:
        return FAILED
    if arguments.show_files:
        _write(arguments, "".join(f"{os.path.abspath(target.path)}\n" for target in targets))
        return FAILED if missing else CLEAN
    outcome = _fix(targets, arguments) if arguments.fix or arguments.diff else _lint(targets, arguments)
    return FAILED if missing else outcome


def _lint(targets: Sequence[Target], arguments: argparse.Namespace) -> int:
    cache = None
    if not arguments.no_cache:
        root = targets[0].settings.root if targets else Path.cwd()
        cache = Cache(Path(arguments.cache_dir) if arguments.cache_dir else default_folder(root))
    quiet = arguments.quiet or len(targets) < _MANY or not sys.stderr.isatty()
    with nullcontext() if quiet else _Progress() as progress:
        results = list(run(targets, jobs=arguments.jobs or default_jobs(), cache=cache, progress=progress))
    if arguments.add_noqa:
        return _add_noqa(results, arguments)
    return tell(results, arguments, lambda name: Path(name).read_bytes())


def _check_stdin(arguments: argparse.Namespace) -> int:
    filename = arguments.stdin_filename or "-"
    settings = options.settings_for(arguments).around(Path(filename).absolute().parent)
    data = sys.stdin.buffer.read()
    rules = settings.rules_for(filename)
    if arguments.fix or arguments.diff:
        fixed = fix_bytes(filename, data, rules, Project(), unsafe=arguments.unsafe_fixes)
        if arguments.diff:
            _write(arguments, _diff(fixed))
            return FOUND if fixed.after != data else CLEAN
        sys.stdout.buffer.write(fixed.after)
        sys.stdout.flush()
        return _code(fixed.result.findings, [], arguments)
    result = lint_bytes(filename, data, rules, Project())
    return tell([result], arguments, lambda name: data if name == filename else Path(name).read_bytes())


def _fix(targets: Sequence[Target], arguments: argparse.Namespace) -> int:
    project, fixed = Project(), []
    for target in targets:
        rules = target.settings.rules_for(target.path)
        outcome = fix_file(Path(target.path), rules, project, unsafe=arguments.unsafe_fixes, write=not arguments.diff)
        fixed.append(outcome)
        if outcome.after != outcome.before:
            project = Project()  # what it remembers of this file is out of date
    for outcome in fixed:
        for finding, reason in outcome.refused:
            place = f"{relative(finding.filename)}:{finding.span.start.line}"
            print(f"warning: {place}: the fix of {finding.code} was not applied: {reason}", file=sys.stderr)
        if outcome.error:
            print(f"error: {outcome.error}", file=sys.stderr)
    if arguments.diff:
        _write(arguments, "".join(map(_diff, fixed)))
        changed = sum(outcome.after != outcome.before for outcome in fixed)
        if not arguments.quiet:
            count = sum(len(outcome.applied) for outcome in fixed)
            print(f"Would fix {_count(count, 'finding')} in {_count(changed, 'file')}.", file=sys.stderr)
        failed = any(outcome.error or outcome.result.error for outcome in fixed)
        return FAILED if failed else CLEAN if arguments.exit_zero or not changed else FOUND
    applied = sum(len(outcome.applied) for outcome in fixed)
    code = tell([outcome.result for outcome in fixed], arguments, lambda name: Path(name).read_bytes(), applied)
    return FAILED if any(outcome.error for outcome in fixed) else code


def _add_noqa(results: Sequence[FileResult], arguments: argparse.Namespace) -> int:
    added, errors = 0, [result.error for result in results if result.error]
    failed = bool(errors)
    for result in results:
        failed |= any(finding.code == "DRP001" for finding in result.findings)
        findings = [finding for finding in result.findings if finding.code not in ("DRP000", "DRP001", "DRP002")]
        try:
            added += annotate_file(Path(result.filename), findings)
        except OSError as error:
            errors.append(f"{result.filename}: cannot write: {error.strerror or error}")
    for problem in errors:
        print(f"error: {problem}", file=sys.stderr)
    if not arguments.quiet:
        print(f"Added comments for {_count(added, 'finding')}.", file=sys.stderr)
    return FAILED if errors or failed else CLEAN


def tell(
    results: Sequence[FileResult], arguments: argparse.Namespace, contents: Callable[[str], bytes], applied: int = 0
) -> int:
    """Print the findings and the summary; returns the exit code."""
    findings = sorted((finding for result in results for finding in result.findings), key=lambda found: found.sort_key)
    errors = [result.error for result in results if result.error]
    if arguments.statistics:
        text = _statistics(findings)
    else:
        color = options.wants_color(arguments.color, sys.stdout) and not arguments.output_file
        text = renderer(arguments.output_format)(Report(findings, contents, color))
        if not arguments.quiet and arguments.output_format in ("full", "concise"):
            text += _summary(findings, applied, arguments)
    for error in errors:
        print(f"error: {error}", file=sys.stderr)
    _write(arguments, text)
    return _code(findings, errors, arguments)


def _code(findings: Sequence[Finding], errors: Sequence[str], arguments: argparse.Namespace) -> int:
    if errors or any(finding.code == "DRP001" for finding in findings):
        return FAILED
    return FOUND if findings and not arguments.exit_zero else CLEAN


def _summary(findings: Sequence[Finding], applied: int, arguments: argparse.Namespace) -> str:
    if not findings:
        return f"Found {_count(applied, 'finding')}, all fixed.\n" if applied else "All checks passed!\n"
    fixed = f" ({applied} fixed)" if applied else ""
    lines = [f"Found {_count(len(findings) + applied, 'finding')}{fixed}."]
    fixes = [finding.fix.applicability for finding in findings if finding.fix is not None]
    safe, unsafe = fixes.count(Applicability.SAFE), fixes.count(Applicability.UNSAFE)
    if safe and not arguments.fix:
        lines.append(f"[*] {safe} fixable with `--fix`.")
    if unsafe and not (arguments.fix and arguments.unsafe_fixes):
        option = "--unsafe-fixes" if arguments.fix else "--fix --unsafe-fixes"
        lines.append(f"{unsafe} fixable with `{option}`: look at the diff, results change.")
    return "\n".join(lines) + "\n"


def _statistics(findings: Sequence[Finding]) -> str:
    """How often each rule spoke, the most frequent first."""
    counts = Counter((finding.code, finding.name) for finding in findings)
    fixable = {finding.code for finding in findings if finding.fix is not None}
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    width = len(str(max(counts.values(), default=0)))
    return "".join(
        f"{count:>{width}}  {code}  [{'*' if code in fixable else ' '}]  {name}\n" for (code, name), count in ordered
    )


def _diff(fixed: FixedFile) -> str:
    if fixed.after == fixed.before:
        return ""
    before, after = (_lines(fixed.filename, data) for data in (fixed.before, fixed.after))
    name = relative(fixed.filename)
    lines = difflib.unified_diff(before, after, name, name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(filename: str, data: bytes) -> list[str]:
    text = data.decode() if filename.endswith(".ipynb") else decode(data).text
    return text.splitlines(keepends=True)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _write(arguments: argparse.Namespace, text: str) -> None:
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


class _Progress:
    """A progress bar on stderr.

    It begins with the first news: it has a thread, and workers should be forked before there is one.
    """

    def __init__(self) -> None:
        self._bar: Progress | None = None

    def __enter__(self) -> Callable[[int, int], None]:
        return self._show

    def _show(self, done: int, total: int) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("Checking", total=total)
            self._bar.start()
        self._bar.update(self._task, completed=done)

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()
