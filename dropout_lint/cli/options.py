"""The command line: its commands and options, and what they mean for the settings."""

from __future__ import annotations

import argparse
import difflib
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NoReturn

from dropout_lint import render
from dropout_lint.driver import config
from dropout_lint.driver.config import ConfigError, Settings
from dropout_lint.driver.discovery import SettingsFor
from dropout_lint.finding import Confidence
from dropout_lint.io.printable import printable
from dropout_lint.lint.selection import Selection
from dropout_lint.runtime import command as watching
from dropout_lint.version import VERSION


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, with the nearest valid option, instead of the whole usage."""

    def format_help(self) -> str:
        """The help, with the names of commands and options in a column that is wide enough for most."""
        self.formatter_class = partial(argparse.HelpFormatter, max_help_position=30)
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        message = printable(message)
        given = re.search(r"invalid choice: '(.*)' \(choose from 'check'", message)
        if given is not None and os.path.exists(given[1]):
            self.exit(2, f"error: `{given[1]}` is not a command; did you mean `{self.prog} check {given[1]}`?\n")
        if given is not None and (similar := difflib.get_close_matches(given[1], _COMMANDS, n=1)):
            self.exit(2, f"error: `{given[1]}` is not a command; did you mean `{self.prog} {similar[0]}`?\n")
        unknown = message.removeprefix("unrecognized arguments: ").split()[0] if "unrecognized" in message else ""
        known = [
            name for parser in self._with_commands() for action in parser._actions for name in action.option_strings
        ]
        close = difflib.get_close_matches(unknown, known, n=1) if unknown.startswith("-") else []
        hint = f"; did you mean `{close[0]}`?" if close else ""
        self.exit(2, f"error: {message}{hint}\nSee `{self.prog} --help`.\n")

    def _with_commands(self) -> list[argparse.ArgumentParser]:
        """This parser and those of its commands: an option of a command is reported missing up here."""
        choices = [action.choices for action in self._actions if isinstance(action, argparse._SubParsersAction)]
        return [self, *(parser for found in choices for parser in found.values())]


_COMMANDS = ("check", "watch", "why", "artifacts", "server", "rule", "clean")


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    root = _Parser("dropout-lint", description="Find dropout and train/eval-mode misuse in PyTorch code.")
    root.add_argument("--version", action="version", version=f"dropout-lint {VERSION}")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    _add_check(commands.add_parser("check", help="check files and folders", description="Check files and folders."))
    watching.add_options(
        commands.add_parser(
            "watch", help="run a training script and watch it", description=watching.DESCRIPTION, usage=watching.USAGE
        )
    )
    why = commands.add_parser("why", help="say why a line has no finding", description=_WHY)
    why.add_argument("place", metavar="FILE:LINE", help="such as predict.py:43")
    why.add_argument("--config", metavar="FILE", help="a pyproject.toml to use")
    why.add_argument("--isolated", action="store_true", help="ignore all configuration files")
    why.add_argument("--output-format", choices=("text", "json"), default="text", help="text (default) or json")
    _add_artifacts(commands.add_parser("artifacts", help="judge exported models", description=_ARTIFACTS))
    server = commands.add_parser("server", help="serve an editor (LSP)", description=_SERVER)
    server.add_argument("--stdio", action="store_true", help="talk on stdin and stdout (the default)")
    server.add_argument("--tcp", metavar="[HOST:]PORT", help="wait for the editor there instead of talking on stdio")
    rule = commands.add_parser("rule", help="explain a rule", description="Explain a rule, by code or name.")
    rule.add_argument("rule", nargs="?", metavar="CODE", help="such as DRP101 or integer-probability")
    rule.add_argument("--all", action="store_true", help="all rules")
    rule.add_argument("--output-format", choices=("text", "json"), default="text", help="text (default) or json")
    clean = commands.add_parser(
        "clean", help="remove the cache of the current project", description="Remove the cache."
    )
    clean.add_argument("--cache-dir", metavar="DIR", help="the folder to remove")
    return root


def _add_check(check: argparse.ArgumentParser) -> None:
    check.add_argument("paths", nargs="*", metavar="PATH", help="files and folders; `-` reads stdin (default: .)")
    rules = check.add_argument_group("rules")
    for name, text in (
        ("--select", "codes, prefixes or names to enable, in place of the default ones"),
        ("--extend-select", "to enable in addition"),
        ("--ignore", "to disable"),
    ):
        rules.add_argument(name, action="append", metavar="CODES", type=_commas, help=f"{text} (comma-separated)")
    rules.add_argument(
        "--per-file-ignores", action="append", metavar="PATTERN:CODE,...", help="codes to disable in matching files"
    )
    confidences = [confidence.value for confidence in Confidence]
    rules.add_argument("--min-confidence", choices=confidences, help="leave out findings that are less certain")
    rules.add_argument("--config", metavar="FILE", help="a pyproject.toml to use for all files")
    rules.add_argument("--isolated", action="store_true", help="ignore all configuration files")
    files = check.add_argument_group("files")
    files.add_argument(
        "--exclude",
        "--extend-exclude",
        action="append",
        metavar="PATTERNS",
        type=_commas,
        help="leave out, in addition",
    )
    files.add_argument("--no-respect-gitignore", action="store_true", help="check what git ignores, too")
    files.add_argument("--force-exclude", action="store_true", help="exclusions also hold for files that are named")
    files.add_argument("--stdin-filename", metavar="FILE", help="what the text on stdin is called")
    files.add_argument("--show-files", action="store_true", help="list the files that would be checked, and stop")
    fixes = check.add_argument_group("fixes")
    fixes.add_argument("--fix", action="store_true", help="apply the safe fixes")
    fixes.add_argument("--unsafe-fixes", action="store_true", help="include fixes that change results")
    fixes.add_argument("--diff", action="store_true", help="show what the fixes would change, and change nothing")
    fixes.add_argument("--add-noqa", action="store_true", help="add a `# noqa` comment for every finding")
    fixes.add_argument("--ignore-noqa", action="store_true", help="show what `# noqa` comments suppress, too")
    fixes.add_argument("--exit-non-zero-on-fix", action="store_true", help="exit with 1 if anything was fixed, too")
    runtime = check.add_argument_group("run time")
    runtime.add_argument(
        "--with-runtime",
        action="append",
        metavar="REPORT",
        help="say which findings a watched run confirms: a JSON report of `dropout-lint watch`",
    )
    output = _add_output(check)
    output.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="also say where a budget ended an analysis, so that more may be wrong",
    )
    run = check.add_argument_group("running")
    run.add_argument("-j", "--jobs", type=_positive, metavar="N", help="processes to use (default: one for each core)")
    run.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")
    run.add_argument("--cache-dir", metavar="DIR", help="where to keep the cache (default: .dropout_lint_cache)")


_WHY = (
    "Say why a line has no finding: which rules looked at it, what they knew (the mode and where it was set, layers, "
    "weights, gradients), and which guard, budget or unknown name ended it."
)

_SERVER = "Serve an editor over the Language Server Protocol: findings, fixes, and the modes of models on hover."

_ARTIFACTS = "Find active dropout and batch norm in train mode in exported models.  Nothing in a file is run."


def _add_artifacts(artifacts: argparse.ArgumentParser) -> None:
    artifacts.add_argument(
        "paths", nargs="+", metavar="PATH", help="`.pt2`, TorchScript, what torch.save writes, `.onnx`; or folders"
    )
    confidences = [confidence.value for confidence in Confidence]
    artifacts.add_argument("--min-confidence", choices=confidences, help="leave out findings that are less certain")
    _add_output(artifacts)
    artifacts.set_defaults(fix=False, unsafe_fixes=False, ignore_noqa=False, exit_non_zero_on_fix=False, verbose=False)


def _add_output(command: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    output = command.add_argument_group("output")
    output.add_argument("--output-format", choices=render.formats(), default="full", help="default: full")
    output.add_argument("--output-file", metavar="FILE", help="write the findings there instead of to stdout")
    output.add_argument("--statistics", action="store_true", help="count the findings by rule instead of listing them")
    output.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    output.add_argument("-q", "--quiet", action="store_true", help="print findings only: no summary, no progress")
    output.add_argument("--exit-zero", action="store_true", help="exit with 0 although there are findings")
    return output


_APART = (
    ("--add-noqa", "--fix"),
    ("--add-noqa", "--diff"),
    ("--add-noqa", "--statistics"),
    ("--add-noqa", "--ignore-noqa"),
    ("--quiet", "--verbose"),
)


def conflict(arguments: argparse.Namespace) -> str | None:
    """Two options that were given and do not go together, in words; None if all is well."""
    for pair in _APART:
        if all(getattr(arguments, name.strip("-").replace("-", "_")) for name in pair):
            return f"{pair[0]} and {pair[1]} do not go together"
    return None


def settings_for(arguments: argparse.Namespace) -> SettingsFor:
    """Where the settings of a file come from, as the options say.  Raises `ConfigError`."""
    default = Settings(Path.cwd())
    overriding = default if arguments.isolated else None
    if arguments.config is not None and not arguments.isolated:
        overriding = config.load(Path(arguments.config), required=True)
    return SettingsFor(default, overriding, lambda settings: refine(settings, arguments))


def refine(settings: Settings, arguments: argparse.Namespace) -> Settings:
    """``settings`` with what the options say on top.  Raises `ConfigError`."""

    def codes(name: str) -> tuple[str, ...]:
        values = getattr(arguments, name.replace("-", "_")) or []
        return config.valid_codes(tuple(code for value in values for code in value), f"--{name}")

    select = codes("select") if arguments.select is not None else None
    selection = Selection(select, codes("extend-select"), codes("ignore"))
    settings = replace(settings, selections=(*settings.selections, selection))
    if arguments.min_confidence:
        settings = replace(settings, min_confidence=config.confidence(arguments.min_confidence, "--min-confidence"))
    excluded = tuple(pattern for value in arguments.exclude or [] for pattern in value)
    ignores = tuple(_per_file_ignore(value) for value in arguments.per_file_ignores or [])
    return replace(settings, exclude=settings.exclude + excluded, per_file_ignores=settings.per_file_ignores + ignores)


def _per_file_ignore(value: str) -> tuple[str, tuple[str, ...]]:
    pattern, colon, codes = value.rpartition(":")
    if not colon or not pattern:
        raise ConfigError(f"--per-file-ignores: {value!r} is not of the form PATTERN:CODE,CODE")
    return pattern, config.valid_codes(tuple(_commas(codes)), "--per-file-ignores")


def wants_color(choice: str, stream: object) -> bool:
    """Whether to colour what goes to ``stream``: ``NO_COLOR`` and ``FORCE_COLOR`` are honoured where the choice is
    ``auto``.
    """
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    is_terminal: bool = getattr(stream, "isatty", lambda: False)()
    return is_terminal and os.environ.get("TERM") != "dumb"


def _commas(value: str) -> Sequence[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _positive(value: str) -> int:
    if not value.isdigit() or int(value) == 0:
        raise argparse.ArgumentTypeError(f"{value!r} is not a number of processes: pass 1, 2, 3, ...")
    return int(value)
