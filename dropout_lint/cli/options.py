"""The command line: its commands and options."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from dropout_lint import render
from dropout_lint.cli.parser import Parser
from dropout_lint.finding import Confidence
from dropout_lint.version import VERSION


def parser(argv: Sequence[str] | None = None) -> argparse.ArgumentParser:
    """The parser of the whole command line.  Of the commands, only that which ``argv`` begins with gets its options, if
    it is one: to set up all takes longer than most files take to check.
    """
    root = Parser("dropout-lint", description="Find dropout and train/eval-mode misuse in PyTorch code.")
    root.add_argument("--version", action="version", version=f"dropout-lint {VERSION}")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    wanted = argv[0] if argv and argv[0] in _COMMANDS else None
    for name, (brief, text, add_options) in _COMMANDS.items():
        if wanted in (None, name):
            add_options(commands.add_parser(name, help=brief, description=text))
    return root


def _add_check(check: argparse.ArgumentParser) -> None:
    check.usage = "%(prog)s [OPTIONS] [PATH ...]"
    check.add_argument("paths", nargs="*", metavar="PATH", help="files and folders; `-` reads stdin (default: .)")
    rules = check.add_argument_group("rules")
    for name, text in (
        ("--select", "rules to run in place of the default ones: codes, prefixes or names, with commas between them"),
        ("--extend-select", "rules to run in addition"),
        ("--ignore", "rules not to run"),
    ):
        rules.add_argument(name, action="append", metavar="CODES", type=_commas, help=text)
    rules.add_argument(
        "--per-file-ignores",
        "--extend-per-file-ignores",
        action="append",
        metavar="PATTERN:CODE,...",
        help="rules not to run on files that match the pattern",
    )
    confidences = [confidence.value for confidence in Confidence]
    rules.add_argument("--min-confidence", choices=confidences, help="leave out findings that are less certain")
    _add_config(rules)
    files = check.add_argument_group("files")
    files.add_argument(
        "--exclude",
        "--extend-exclude",
        action="append",
        metavar="PATTERNS",
        type=_commas,
        help="files and folders to leave out, beside the usual ones",
    )
    _add_switch(files, "--respect-gitignore", "leave out what git ignores (the default)")
    _add_switch(files, "--force-exclude", "exclusions also hold for files that are named")
    files.add_argument("--stdin-filename", metavar="FILE", help="what the text on stdin is called")
    files.add_argument("--show-files", action="store_true", help="list the files that would be checked, and stop")
    files.add_argument("--show-settings", action="store_true", help="print the settings that hold for them, and stop")
    fixes = check.add_argument_group("fixes")
    fixes.add_argument("--fix", action="store_true", help="apply the safe fixes")
    _add_switch(fixes, "--unsafe-fixes", "include fixes that change results")
    fixes.add_argument("--fix-only", action="store_true", help="apply the fixes, and report nothing that is left")
    fixes.add_argument("--show-fixes", action="store_true", help="list what was fixed, by file and rule")
    for name, text in (
        ("--fixable", "rules whose fixes may be applied, in place of all"),
        ("--extend-fixable", "rules whose fixes may be applied in addition"),
        ("--unfixable", "rules whose fixes are not offered"),
    ):
        fixes.add_argument(name, action="append", metavar="CODES", type=_commas, help=text)
    fixes.add_argument("--diff", action="store_true", help="show what the fixes would change, and change nothing")
    fixes.add_argument(
        "--add-noqa",
        nargs="?",
        const="",
        metavar="REASON",
        help="add a `# noqa` comment for every finding; --add-noqa=REASON says why in each",
    )
    fixes.add_argument("--ignore-noqa", action="store_true", help="show what `# noqa` comments suppress, too")
    fixes.add_argument("--exit-non-zero-on-fix", action="store_true", help="exit with 1 if anything was fixed, too")
    known = check.add_argument_group("known findings")
    known.add_argument(
        "--baseline", metavar="FILE", help="leave out the findings in FILE; if it does not exist yet, write all to it"
    )
    known.add_argument(
        "--update-baseline", action="store_true", help="write what is found now to the baseline, and exit with 0"
    )
    known.add_argument("--no-baseline", action="store_true", help="show all, although the settings name a baseline")
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
    run.add_argument(
        "-n", "--no-cache", action="store_true", help="neither read nor write the cache [env: DROPOUT_LINT_NO_CACHE]"
    )
    run.add_argument(
        "--cache-dir",
        metavar="DIR",
        help="where to keep the cache (default: .dropout_lint_cache) [env: DROPOUT_LINT_CACHE_DIR]",
    )


def _add_artifacts(artifacts: argparse.ArgumentParser) -> None:
    artifacts.add_argument(
        "paths", nargs="+", metavar="PATH", help="`.pt2`, TorchScript, what torch.save writes, `.onnx`; or folders"
    )
    confidences = [confidence.value for confidence in Confidence]
    artifacts.add_argument("--min-confidence", choices=confidences, help="leave out findings that are less certain")
    _add_output(artifacts)
    artifacts.set_defaults(fix=False, fix_only=False, unsafe_fixes=False, exit_non_zero_on_fix=False)
    artifacts.set_defaults(ignore_noqa=False, verbose=False)


def _add_why(why: argparse.ArgumentParser) -> None:
    why.add_argument("place", metavar="FILE:LINE", help="such as predict.py:43")
    _add_config(why)
    why.add_argument("--output-format", choices=("text", "json"), default="text", help="text (default) or json")


def _add_server(server: argparse.ArgumentParser) -> None:
    server.add_argument("--stdio", action="store_true", help="talk on stdin and stdout (the default)")
    server.add_argument("--tcp", metavar="[HOST:]PORT", help="wait for the editor there instead of talking on stdio")


def _add_rule(rule: argparse.ArgumentParser) -> None:
    rule.add_argument("rule", nargs="?", metavar="CODE", help="such as DRP101 or integer-probability")
    rule.add_argument("--all", action="store_true", help="all rules")
    rule.add_argument("--output-format", choices=("text", "json"), default="text", help="text (default) or json")


def _add_clean(clean: argparse.ArgumentParser) -> None:
    clean.add_argument("--cache-dir", metavar="DIR", help="the folder to remove")


SHELLS = ("bash", "zsh", "fish", "powershell", "tcsh")
"""Those that can be completed."""


def _add_completion(completion: argparse.ArgumentParser) -> None:
    completion.add_argument("shell", choices=SHELLS, help="the shell that is to run the printed script")


def _add_config(command: argparse._ActionsContainer) -> None:
    command.add_argument(
        "--config",
        action="append",
        metavar="FILE|KEY=VALUE",
        help="a configuration file for all files, or one setting in TOML, such as 'select=[\"DRP1\"]' "
        "[env: DROPOUT_LINT_CONFIG]",
    )
    command.add_argument("--isolated", action="store_true", help="ignore all configuration files")


def _add_switch(command: argparse._ActionsContainer, name: str, text: str) -> None:
    """An option that can be negated: the settings may have switched it on."""
    command.add_argument(name, action=argparse.BooleanOptionalAction, help=text)


def _add_output(command: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    output = command.add_argument_group("output")
    output.add_argument(
        "--output-format", choices=render.formats(), help="default: full [env: DROPOUT_LINT_OUTPUT_FORMAT]"
    )
    output.add_argument(
        "-o",
        "--output-file",
        metavar="FILE",
        help="write the findings there instead of to stdout [env: DROPOUT_LINT_OUTPUT_FILE]",
    )
    output.add_argument("--statistics", action="store_true", help="count the findings by rule instead of listing them")
    output.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    output.add_argument("-q", "--quiet", action="store_true", help="print findings only: no summary, no progress")
    output.add_argument("-e", "--exit-zero", action="store_true", help="exit with 0 although there are findings")
    return output


def _add_watch(watch: argparse.ArgumentParser) -> None:
    from dropout_lint.runtime import command

    watch.usage, watch.description = command.USAGE, command.DESCRIPTION
    command.add_options(watch)


_COMMANDS = {
    "check": ("check files and folders", "Check files and folders.", _add_check),
    "watch": ("run a training script and watch it", "Run a training script and watch it.", _add_watch),
    "why": (
        "say why a line has no finding",
        (
            "Say why a line has no finding: which rules looked at it, what they knew (the mode and where it was set, "
            "layers, weights, gradients), and which guard, budget or unknown name ended it."
        ),
        _add_why,
    ),
    "artifacts": (
        "judge exported models",
        "Find active dropout and batch norm in train mode in exported models.  Nothing in a file is run.",
        _add_artifacts,
    ),
    "server": (
        "serve an editor (LSP)",
        "Serve an editor over the Language Server Protocol: findings, fixes, and the modes of models on hover.",
        _add_server,
    ),
    "rule": ("explain a rule", "Explain a rule, by code or name.", _add_rule),
    "clean": ("remove the cache of the current project", "Remove the cache.", _add_clean),
    "completion": (
        "complete options in a shell",
        (
            "Print a script that completes commands and options in a shell, such as "
            "`dropout-lint completion bash > ~/.local/share/bash-completion/completions/dropout-lint`."
        ),
        _add_completion,
    ),
}
"""Each command: what the list of commands says of it, what its own help says, and its options."""


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
