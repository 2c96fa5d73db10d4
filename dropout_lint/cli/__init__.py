"""The command ``dropout-lint``.

Exit codes: 0 clean, 1 findings, 2 a mistake in the options or the configuration, a file that cannot be read, or a
failure of the tool itself (DRP001).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from dropout_lint.cli import options
from dropout_lint.driver.config import ConfigError
from dropout_lint.io.printable import printable
from dropout_lint.lint.rule_files import BrokenRule
from dropout_lint.lint.selection import UnknownSelector


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (without the program's name); returns the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    parser = options.parser(argv)
    try:
        arguments, left = parser.parse_known_args(argv)
        if left:
            options.parser().parse_args(argv)  # says which command has the option
    except SystemExit as end:
        return int(end.code or 0)
    if arguments.command is None:
        parser.print_help()
        return 2
    try:
        os.getcwd()
    except OSError as error:  # it was deleted under our feet
        print(printable(f"error: the current folder cannot be found: {error.strerror}"), file=sys.stderr)
        return 2
    try:
        code = _COMMANDS[arguments.command](arguments)
        if not sys.stdout.closed:  # the language server closes it at the end of a session
            sys.stdout.flush()
        return code
    except (ConfigError, UnknownSelector, BrokenRule) as error:
        print(printable(f"error: {error}"), file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader of our output has closed it.  Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        import traceback

        for part in traceback.TracebackException.from_exception(error).format():
            lines = part.startswith("  ")  # a frame, which is ours; the rest is what some text said
            print(printable(part.strip("\n"), keep="\n" if lines else ""), file=sys.stderr)
        print("error: this is a bug in dropout-lint; please report it together with the lines above", file=sys.stderr)
        return 2


def _check(arguments: argparse.Namespace) -> int:
    from dropout_lint.cli.check import check

    return check(arguments)


def _why(arguments: argparse.Namespace) -> int:
    from dropout_lint.cli.why import why

    return why(arguments)


def _server(arguments: argparse.Namespace) -> int:
    from dropout_lint.cli.server import serve

    return serve(arguments)


def _artifacts(arguments: argparse.Namespace) -> int:
    from dropout_lint.cli.artifacts import check

    return check(arguments)


def _rule(arguments: argparse.Namespace) -> int:
    from dropout_lint.cli import explain
    from dropout_lint.lint.registry import all_rules
    from dropout_lint.lint.rule_files import loaded
    from dropout_lint.lint.selection import expand

    if arguments.all == (arguments.rule is not None):
        raise ConfigError("name one rule, such as `dropout-lint rule DRP101`, or pass --all")
    rules = all_rules() if arguments.all else loaded(expand(_as_listed(arguments.rule))[1])
    if arguments.output_format == "json":
        sys.stdout.write(explain.as_json(rules))
    else:
        sys.stdout.write(explain.as_text(rules, color=options.wants_color("auto", sys.stdout)))
    return 0


def _completion(arguments: argparse.Namespace) -> int:
    from dropout_lint.cli.completion import completion

    return completion(arguments)


def _as_listed(name: str) -> str:
    """A code or name of a rule as it is listed, however its letters were typed."""
    return name.upper() if name[:3].upper() == "DRP" else name.lower() if "-" in name else name


def _clean(arguments: argparse.Namespace) -> int:
    import shutil

    from dropout_lint.driver import config
    from dropout_lint.driver.cache import default_folder, is_cache

    settings = config.nearest(Path.cwd()) or config.Settings(Path.cwd())
    folder = Path(arguments.cache_dir) if arguments.cache_dir else default_folder(settings.root, settings.cache_dir)
    if not folder.exists():
        print(printable(f"Nothing to remove: there is no {folder}"))
    elif not is_cache(folder):  # the settings of a repository may name any folder
        raise ConfigError(f"{folder} is not a cache of dropout-lint: it has no CACHEDIR.TAG that says so")
    else:
        shutil.rmtree(folder)
        print(printable(f"Removed {folder}"))
    return 0


_COMMANDS = {
    "check": _check,
    "why": _why,
    "server": _server,
    "artifacts": _artifacts,
    "rule": _rule,
    "clean": _clean,
    "completion": _completion,
}
