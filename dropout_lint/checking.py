"""The command ``check``: from parsed options to printed findings and an exit code."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from pathlib import Path

from dropout_lint import config, options
from dropout_lint.cache import Cache, default_folder
from dropout_lint.decoding import decode
from dropout_lint.discovery import Target, discover, is_excluded
from dropout_lint.finding import Finding
from dropout_lint.fixer import is_fixable
from dropout_lint.fixing import FixedFile, annotate_file, fix_bytes, fix_file
from dropout_lint.linting import FileResult, confident, lint_bytes
from dropout_lint.progress import ProgressBar
from dropout_lint.project import Project
from dropout_lint.render import Report, renderer
from dropout_lint.render.report import place, relative
from dropout_lint.runner import default_jobs, run
from dropout_lint.source import split_lines
from dropout_lint.summary import count, limits_in_words, statistics, summary
from dropout_lint.with_runtime import refuse_changes, with_reports

CLEAN, FOUND, FAILED = 0, 1, 2
_MOST_ROUNDS = 5  # of fixing; two files whose fixes undo each other would go on for ever
_MANY = 200  # files from which a progress bar is worth its flicker


def check(arguments: argparse.Namespace) -> int:
    """Run ``check``; returns the exit code.  Raises `config.ConfigError`."""
    conflict = options.conflict(arguments)
    if conflict is not None:
        raise config.ConfigError(conflict)
    paths = arguments.paths or ["."]
    refuse_changes(arguments)
    if "-" in paths:
        if len(paths) > 1:
            raise config.ConfigError("`-` reads stdin and stands alone: pass no other paths")
        return _check_stdin(arguments)
    if arguments.stdin_filename is not None:
        raise config.ConfigError("--stdin-filename needs `-` as the path")
    settings_for = options.settings_for(arguments)
    settings_for.around(Path.cwd())  # a mistake in an option is one without files, too
    targets, missing = discover(
        paths, settings_for, force_exclude=arguments.force_exclude, gitignore=not arguments.no_respect_gitignore
    )
    for path in missing:
        print(f"error: {path}: no such file or folder", file=sys.stderr)
    if missing and not targets:
        return FAILED
    if arguments.show_files:
        _write(arguments, "".join(f"{os.path.abspath(target.path)}\n" for target in targets))
        return FAILED if missing else CLEAN
    if not targets and not arguments.quiet:
        print("warning: there are no Python files to check under the given paths", file=sys.stderr)
    outcome = _fix(targets, arguments) if arguments.fix or arguments.diff else _lint(targets, arguments)
    return FAILED if missing else outcome


def _lint(targets: Sequence[Target], arguments: argparse.Namespace) -> int:
    results = _run(targets, arguments)
    if arguments.add_noqa:
        return _add_noqa(results, arguments)
    if arguments.with_runtime:
        results = with_reports(arguments.with_runtime, results, targets)
    return tell(results, arguments, lambda name: Path(name).read_bytes())


def _run(targets: Sequence[Target], arguments: argparse.Namespace) -> list[FileResult]:
    """The results for ``targets``, in their order, from cache and workers."""
    cache = None
    if not arguments.no_cache:
        root = targets[0].settings.root if targets else Path.cwd()
        cache = Cache(Path(arguments.cache_dir) if arguments.cache_dir else default_folder(root))
    quiet = arguments.quiet or len(targets) < _MANY or not sys.stderr.isatty()
    with nullcontext() if quiet else ProgressBar() as progress:
        return list(run(targets, jobs=arguments.jobs or default_jobs(), cache=cache, progress=progress))


def _check_stdin(arguments: argparse.Namespace) -> int:
    filename = arguments.stdin_filename or "-"
    settings = options.settings_for(arguments).around(Path(filename).absolute().parent)
    data = sys.stdin.buffer.read()
    left_out = filename.endswith(".pyi") or (arguments.force_exclude and is_excluded(filename, settings))
    rules = () if left_out else settings.rules_for(filename)
    project = Project(settings.knowledge)
    if arguments.fix or arguments.diff:
        least = settings.min_confidence
        fixed = fix_bytes(filename, data, rules, project, unsafe=arguments.unsafe_fixes, least=least)
        _tell_refusals([fixed])
        if arguments.diff:
            _write(arguments, _diff(fixed))
            return FAILED if fixed.error else FOUND if fixed.after != data and not arguments.exit_zero else CLEAN
        sys.stdout.buffer.write(fixed.after)
        sys.stdout.flush()
        return _code(fixed.result.findings, [fixed.error] if fixed.error else [], arguments, len(fixed.applied))
    result = confident(lint_bytes(filename, data, rules, project), settings.min_confidence)
    return tell([result], arguments, lambda name: data if name == filename else Path(name).read_bytes())


def _fix(targets: Sequence[Target], arguments: argparse.Namespace) -> int:
    """Fix what can be fixed, and again as long as that changes something: one file's fix can free another's."""
    results = _run(targets, arguments)
    fixed: list[FixedFile] = []
    for _ in range(1 if arguments.diff else _MOST_ROUNDS):
        round_of = _fix_once(
            targets, results, {each.filename for each in fixed if each.after == each.before}, arguments
        )
        fixed += round_of
        if arguments.diff or all(each.after == each.before for each in round_of):
            break
        results = _run(targets, arguments)
    _tell_refusals(fixed)
    applied = sum(len(outcome.applied) for outcome in fixed)
    if not arguments.diff:
        code = tell(results, arguments, lambda name: Path(name).read_bytes(), applied)
        return FAILED if any(outcome.error for outcome in fixed) else code
    _write(arguments, "".join(map(_diff, fixed)))
    changed = sum(outcome.after != outcome.before for outcome in fixed)
    if not arguments.quiet:
        print(f"Would fix {count(applied, 'finding')} in {count(changed, 'file')}.", file=sys.stderr)
    errors = [result.error for result in results if result.error]
    for error in errors:
        print(f"error: {error}", file=sys.stderr)
    failed = errors or any(outcome.error for outcome in fixed)
    return FAILED if failed else CLEAN if arguments.exit_zero or not changed else FOUND


def _fix_once(
    targets: Sequence[Target], results: Sequence[FileResult], hopeless: AbstractSet[str], arguments: argparse.Namespace
) -> list[FixedFile]:
    """The files of ``targets`` that have something to fix, by ``results``, each fixed once; none of ``hopeless``."""
    fixed = []
    for target, result in zip(targets, results):
        wanted = any(is_fixable(finding, unsafe=arguments.unsafe_fixes) for finding in result.findings)
        if wanted and target.path not in hopeless:
            settings = target.settings
            outcome = fix_file(
                Path(target.path),
                settings.rules_for(target.path),
                Project(settings.knowledge),  # a new one: another file may just have been fixed
                unsafe=arguments.unsafe_fixes,
                write=not arguments.diff,
                least=settings.min_confidence,
            )
            fixed.append(outcome)
    return fixed


def _tell_refusals(fixed: Sequence[FixedFile]) -> None:
    """Say on stderr which fixes were not applied, which files not written, and why."""
    for outcome in fixed:
        for finding, reason in outcome.refused:
            print(f"warning: {place(finding)}: the fix of {finding.code} was not applied: {reason}", file=sys.stderr)
        if outcome.error:
            print(f"error: {outcome.error}", file=sys.stderr)


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
        print(f"Added comments for {count(added, 'finding')}.", file=sys.stderr)
    return FAILED if errors or failed else CLEAN


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
        text = renderer(arguments.output_format)(Report(findings, contents, color, limits))
        if not arguments.quiet and arguments.output_format in ("full", "concise"):
            text += summary(findings, applied, fixing=arguments.fix, unsafe=arguments.unsafe_fixes)
    for error in errors:
        print(f"error: {error}", file=sys.stderr)
    if limits is not None:
        sys.stderr.write(limits_in_words(limits, relative))
    _write(arguments, text)
    return _code(findings, errors, arguments, applied)


def _code(findings: Sequence[Finding], errors: Sequence[str], arguments: argparse.Namespace, applied: int) -> int:
    if errors or any(finding.code == "DRP001" for finding in findings):
        return FAILED
    if applied and arguments.exit_non_zero_on_fix:
        return FOUND
    return FOUND if findings and not arguments.exit_zero else CLEAN


def _diff(fixed: FixedFile) -> str:
    if fixed.after == fixed.before:
        return ""
    before, after = (_lines(fixed.filename, data) for data in (fixed.before, fixed.after))
    name = relative(fixed.filename)
    lines = difflib.unified_diff(before, after, name, name)
    no_end = "\n\\ No newline at end of file\n"
    return "".join(line if line.endswith(("\n", "\r")) else line + no_end for line in lines)


def _lines(filename: str, data: bytes) -> list[str]:
    text = data.decode() if filename.endswith(".ipynb") else decode(data).text
    return split_lines(text)


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
