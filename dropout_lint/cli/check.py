"""The command ``check``: from parsed options to printed findings and an exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dropout_lint.cli import options
from dropout_lint.cli.outcome import CLEAN, FAILED, FOUND, exit_code, tell, write
from dropout_lint.driver import config
from dropout_lint.driver.discovery import Target, discover, is_excluded
from dropout_lint.driver.runner import default_jobs, run
from dropout_lint.io.filenames import absolute
from dropout_lint.io.opening import read_regular
from dropout_lint.io.printable import printable
from dropout_lint.lint.file_result import FileResult, confident

if TYPE_CHECKING:
    from dropout_lint.driver.cache import Cache

# What only some options or files need is imported where they do: most runs of an editor or a hook are over sooner than
# all of it is.
_MANY = 200  # with fewer files a run is over before a progress bar helps


def check(arguments: argparse.Namespace) -> int:
    """Run ``check``; returns the exit code.  Raises `config.ConfigError`."""
    conflict = options.conflict(arguments)
    if conflict is not None:
        raise config.ConfigError(conflict)
    paths = arguments.paths or ["."]
    if "-" in paths:
        if len(paths) > 1:
            raise config.ConfigError("`-` reads stdin: pass no other paths beside it")
        return _check_stdin(arguments)
    if arguments.stdin_filename is not None:
        raise config.ConfigError("--stdin-filename needs `-` as the path")
    settings_for = options.settings_for(arguments)
    settings_for.around(Path.cwd())  # a mistake in an option is one without files, too
    targets, problems = discover(
        paths, settings_for, force_exclude=arguments.force_exclude, gitignore=not arguments.no_respect_gitignore
    )
    if arguments.show_files or (problems and not targets):
        for problem in problems:
            print(printable(f"error: {problem}"), file=sys.stderr)
        if arguments.show_files:
            write(arguments, "".join(f"{printable(absolute(target.path))}\n" for target in targets))
        return FAILED if problems else CLEAN
    if not targets and not arguments.quiet:
        print("warning: there are no Python files to check under the given paths", file=sys.stderr)
    unread = [FileResult("", error=problem) for problem in problems]
    if arguments.fix or arguments.diff:
        from dropout_lint.cli.fix import fix

        return fix(targets, unread, arguments, _run)
    return _lint(targets, unread, arguments)


def _lint(targets: Sequence[Target], unread: Sequence[FileResult], arguments: argparse.Namespace) -> int:
    results = _run(targets, arguments)
    if arguments.add_noqa:
        from dropout_lint.cli.fix import add_comments

        return add_comments(targets, results, unread, arguments)
    if arguments.with_runtime:
        from dropout_lint.evidence.merge import with_reports

        results = with_reports(arguments.with_runtime, results, targets)
    return tell([*results, *unread], arguments, read_regular)


def _run(targets: Sequence[Target], arguments: argparse.Namespace) -> list[FileResult]:
    """The results for ``targets``, in their order, from cache and workers."""
    cache = None if arguments.no_cache else _cache(targets, arguments)
    jobs = arguments.jobs or default_jobs()
    if arguments.quiet or len(targets) < _MANY or not sys.stderr.isatty():
        return list(run(targets, jobs=jobs, cache=cache))
    from dropout_lint.cli.progress import ProgressBar

    with ProgressBar() as progress:
        return list(run(targets, jobs=jobs, cache=cache, progress=progress))


def _cache(targets: Sequence[Target], arguments: argparse.Namespace) -> Cache:
    from dropout_lint.driver.cache import Cache, default_folder

    root = targets[0].settings.root if targets else Path.cwd()
    return Cache(Path(arguments.cache_dir) if arguments.cache_dir else default_folder(root))


def _check_stdin(arguments: argparse.Namespace) -> int:
    from dropout_lint.cli.fix import diff, tell_refusals, write_patch
    from dropout_lint.driver.fix_files import fix_bytes
    from dropout_lint.lint.file_check import lint_bytes
    from dropout_lint.semantic.project import Project

    filename = arguments.stdin_filename or "-"
    settings = options.settings_for(arguments).around(Path(absolute(filename)).parent)
    data = sys.stdin.buffer.read()
    left_out = filename.endswith(".pyi") or (arguments.force_exclude and is_excluded(filename, settings))
    rules = () if left_out else settings.rules_for(filename)
    project = Project(settings.knowledge)
    if arguments.fix or arguments.diff:
        least = settings.min_confidence
        fixed = fix_bytes(filename, data, rules, project, unsafe=arguments.unsafe_fixes, least=least)
        tell_refusals([fixed])
        if arguments.diff:
            write_patch(arguments, diff(fixed))
            return FAILED if fixed.error else FOUND if fixed.after != data and not arguments.exit_zero else CLEAN
        sys.stdout.buffer.write(fixed.after)
        sys.stdout.flush()
        return exit_code(fixed.result.findings, [fixed.error] if fixed.error else [], arguments, len(fixed.applied))
    result = confident(lint_bytes(filename, data, rules, project), settings.min_confidence)
    return tell([result], arguments, lambda name: data if name == filename else read_regular(name))
