"""The command ``completion``: a script that completes commands and options in a shell."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from dropout_lint.cli import options
from dropout_lint.driver.settings import ConfigError


def completion(arguments: argparse.Namespace) -> int:
    """Print the script for a shell; returns 0.  Raises `ConfigError` where the extra is not installed."""
    try:
        import shtab
    except ModuleNotFoundError:
        raise ConfigError("completion needs the extra `completion`: pip install 'dropout-lint[completion]'") from None
    parser = options.parser()
    for action in _actions(parser):
        kind = action.metavar if isinstance(action.metavar, str) else ""
        if kind in ("PATH", "REPORT") or kind.startswith("FILE"):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif kind == "DIR":
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    sys.stdout.write(shtab.complete(parser, arguments.shell) + "\n")
    return 0


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from _actions(command)
