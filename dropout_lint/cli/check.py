"""The command ``check``: from parsed options to printed findings and an exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dropout_lint.cli import run_settings
from dropout_lint.cli.outcome import CLEAN, FAILED, FOUND, exit_code, tell, write
from dropout_lint.driver import config
from dropout_lint.driver.discovery import Target, discover, is_excluded
from dropout_lint.driver.runner import default_jobs, run
from dropout_lint.io.filenames import absolute
from dropout_lint.io.opening import read_regular
from dropout_lint.io.printable import printable
from dropout_lint.lint.file_result import FileResult

if TYPE_CHECKING:
    from dropout_lint.cli.known import Known
    from dropout_lint.driver.cache import Cache
    from dropout_lint.driver.settings import Settings

# What only some options or files need is imported where they do: most runs of an editor or a hook are over sooner than
# all of it is.


def check(arguments: argparse.Namespace) -> int:
    """Run ``check``; returns the exit code.  Raises `config.ConfigError`."""
    conflict = run_settings.conflict(arguments)
    if conflict is not None:
        raise config.ConfigError(conflict)
    arguments.fix = arguments.fix or arguments.fix_only
    if printable(arguments.add_noqa or "") != (arguments.add_noqa or ""):
        raise config.ConfigError(f"--add-noqa={arguments.add_noqa}: a reason is one line of printable text")
    paths = arguments.paths or ["."]
    if "-" in paths:
        if len(paths) > 1:
            raise config.ConfigError("`-` reads stdin: pass no other paths beside it")
        if arguments.update_baseline:
            raise config.ConfigError("--update-baseline needs files: what is on stdin may be in none")
        return _check_stdin(arguments)
    if arguments.stdin_filename is not None:
        raise config.ConfigError("--stdin-filename needs `-` as the path")
    run_settings.from_environment(arguments)
    settings_for = run_settings.settings_for(arguments)
    around = settings_for.around(Path.cwd())  # a mistake in an option is one without files, too
    run_settings.complete(arguments, around)
    no_python: list[str] = []
    targets, problems = discover(
        paths,
        settings_for,
        force_exclude=arguments.force_exclude,
        gitignore=arguments.respect_gitignore,
        no_python=no_python,
    )
    for name in () if arguments.quiet else no_python:
        print(printable(f"warning: {name} is not checked: {_NO_PYTHON}"), file=sys.stderr)
    if arguments.show_files or arguments.show_settings or (problems and not targets):
        for problem in problems:
            print(printable(f"error: {problem}"), file=sys.stderr)
        if arguments.show_files:
            write(arguments, "".join(f"{printable(absolute(target.path))}\n" for target in targets))
        elif arguments.show_settings and not problems:
            from dropout_lint.cli.show_settings import settings_as_text

            write(arguments, settings_as_text(targets, around, as_json=arguments.output_format == "json"))
        return FAILED if problems else CLEAN
    if not targets and not no_python and not arguments.quiet:
        print("warning: there are no Python files to check under the given paths", file=sys.stderr)
    unread = [FileResult("", error=problem) for problem in problems]
    known = _known(arguments, around, targets)
    if arguments.fix or arguments.diff:
        from dropout_lint.cli.fix import fix

        return fix(targets, unread, arguments, _run, known)
    return _lint(targets, unread, arguments, known)


_NO_PYTHON = "neither its name nor a first line such as `#!/usr/bin/env python3` says that it is Python"


def _known(arguments: argparse.Namespace, settings: Settings, targets: Sequence[Target]) -> Known | None:
    """The findings of the baseline; None if there is none, as in most runs."""
    if arguments.baseline is None and settings.baseline is None and not arguments.update_baseline:
        return None
    from dropout_lint.cli.known import known_findings

    return known_findings(arguments, settings.baseline, targets)


def _lint(
    targets: Sequence[Target], unread: Sequence[FileResult], arguments: argparse.Namespace, known: Known | None
) -> int:
    results = _run(targets, arguments)
    if arguments.add_noqa is not None:
        from dropout_lint.cli.fix import add_comments

        return add_comments(targets, results, unread, arguments)
    if arguments.with_runtime:
        from dropout_lint.evidence.merge import with_reports

        results = with_reports(arguments.with_runtime, results, targets)
    return tell([*results, *unread], arguments, read_regular, known=known)


def _run(targets: Sequence[Target], arguments: argparse.Namespace) -> list[FileResult]:
    """The results for ``targets``, in their order, from cache and workers."""
    cache = None if arguments.no_cache else _cache(targets, arguments)
    jobs = arguments.jobs or default_jobs()
    if arguments.quiet or not sys.stderr.isatty():
        return list(run(targets, jobs=jobs, cache=cache))
    from dropout_lint.cli.progress import ProgressBar

    with ProgressBar() as progress:
        return list(run(targets, jobs=jobs, cache=cache, progress=progress))


def _cache(targets: Sequence[Target], arguments: argparse.Namespace) -> Cache:
    from dropout_lint.driver.cache import Cache, default_folder

    root = targets[0].settings.root if targets else Path.cwd()
    return Cache(Path(arguments.cache_dir) if arguments.cache_dir else default_folder(root))


def _check_stdin(arguments: argparse.Namespace) -> int:
    from dropout_lint.cli.fix import diff, tell_fixes, tell_refusals, write_patch
    from dropout_lint.driver.fix_files import fix_bytes
    from dropout_lint.lint.file_check import lint_bytes
    from dropout_lint.semantic.project import Project

    filename = arguments.stdin_filename or "-"
    run_settings.from_environment(arguments)
    settings = run_settings.settings_for(arguments).around(Path(absolute(filename)).parent)
    run_settings.complete(arguments, settings)
    if arguments.show_settings:
        from dropout_lint.cli.show_settings import settings_as_text

        target = Target.at(filename, settings)
        write(arguments, settings_as_text([target], settings, as_json=arguments.output_format == "json"))
        return CLEAN
    data = sys.stdin.buffer.read()
    left_out = filename.endswith(".pyi") or (arguments.force_exclude and is_excluded(filename, settings))
    rules = () if left_out else settings.rules_for(filename)
    project = Project(settings.knowledge)
    if arguments.fix or arguments.diff:
        fixed = fix_bytes(filename, data, rules, project, unsafe=arguments.unsafe_fixes, shown=settings.shown)
        tell_refusals([fixed])
        tell_fixes([fixed], arguments, sys.stderr)
        if arguments.diff:
            write_patch(arguments, diff(fixed))
            return FAILED if fixed.error else FOUND if fixed.after != data and not arguments.exit_zero else CLEAN
        sys.stdout.buffer.write(fixed.after)
        sys.stdout.flush()
        left = () if arguments.fix_only else fixed.result.findings
        return exit_code(left, [fixed.error] if fixed.error else [], arguments, len(fixed.applied))
    result = settings.shown.of(lint_bytes(filename, data, rules, project))
    known = _known(arguments, settings, [Target.at(filename, settings)])
    return tell([result], arguments, lambda name: data if name == filename else read_regular(name), known=known)
