"""The command that watches a training script, under both its names.

`dropout-lint watch [options] SCRIPT [arguments]`, or `python -m dropout_lint.runtime ...` where torchrun and its like
want a module.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dropout_lint.runtime.watching.outputs import FORMATS, parse_outputs
from dropout_lint.runtime.watching.script import after_import, run_module, run_path, show_only_frames_of_script

if TYPE_CHECKING:
    from dropout_lint.runtime.watching.handle import Watch

DESCRIPTION = """\
Runs SCRIPT as `python SCRIPT` does and watches in which mode its models are trained, evaluated and exported.
The report goes to standard error at the end; results, output and exit code of the script stay what they are."""
USAGE = "%(prog)s [options] (SCRIPT | -m MODULE) ..."


@dataclass(frozen=True, slots=True)
class Command:
    """What is to be watched, and how."""

    command: tuple[str, ...]  # the script, or the name of the module, and its arguments
    is_module: bool
    report: tuple[str, ...]
    strict: bool
    min_confidence: str
    min_consecutive: int
    quiet: bool
    live: bool
    measure: bool


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give ``parser`` the options; everything after the script is the script's."""
    parser.add_argument(
        "--report",
        metavar="FORMAT[=FILE]",
        action="append",
        default=[],
        help=f"a further report: {', '.join(FORMATS)}; may be given several times",
    )
    parser.add_argument(
        "--strict", action="store_true", help="exit with 1 if something is found and the script exits with 0"
    )
    parser.add_argument(
        "--min-confidence",
        choices=["low", "medium", "high"],
        default="low",
        help="leave out findings that are less certain (default: low; --strict counts medium and high)",
    )
    parser.add_argument(
        "--min-consecutive",
        metavar="N",
        type=int,
        default=2,
        help="how many calls without gradients in a row make an evaluation (default: 2)",
    )
    parser.add_argument(
        "--measure",
        action="store_true",
        help="repeat the first call without gradients at each line, and say by how much predictions differ",
    )
    parser.add_argument(
        "--live", action="store_true", help="the page (--report html) loads itself again while the script runs"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing if nothing is found")
    parser.add_argument(
        "-m", dest="module", metavar="MODULE", nargs=argparse.REMAINDER, help="watch a module, as `python -m` does"
    )
    parser.add_argument("script", nargs=argparse.REMAINDER, metavar="SCRIPT", help="the script and its arguments")


def parsed(given: argparse.Namespace) -> Command:
    """What the options say.  Raises ValueError where they make no sense."""
    command = given.module or given.script
    if not command:
        raise ValueError("name a script, or a module after -m")
    wanted = ("text", *given.report)
    outputs = parse_outputs(wanted)
    if given.live and all(output.format != "html" for output in outputs):
        raise ValueError("--live is for the page: add --report html, or html=FILE")
    if given.min_consecutive < 1:
        raise ValueError("--min-consecutive counts calls, from 1 on")
    if not given.module and not os.path.exists(command[0]):
        raise ValueError(f"there is no file {command[0]!r}")
    return Command(
        command=tuple(command),
        is_module=bool(given.module),
        report=wanted,
        strict=given.strict,
        min_confidence=given.min_confidence,
        min_consecutive=given.min_consecutive,
        quiet=given.quiet,
        live=given.live,
        measure=given.measure,
    )


def run(command: Command) -> int:
    """Watch the script; the exit code is the script's, or 1 under ``--strict``.  Raises what the script raises."""
    watching: list[Watch] = []

    def begin() -> None:
        from dropout_lint.runtime.watching.handle import Watch

        watching.append(
            Watch(
                report=command.report,
                min_consecutive=command.min_consecutive,
                min_confidence=command.min_confidence,
                quiet=command.quiet,
                live=command.live,
                measure=command.measure,
                command=command.command,
            )
        )

    after_import("torch", begin)
    name, *arguments = command.command
    try:
        (run_module if command.is_module else run_path)(name, arguments)
        for thread in threading.enumerate():  # the interpreter waits for these too, after us
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
    except SystemExit as error:
        if not (_finish(watching, error) and command.strict and error.code in (None, 0)):
            raise
        return 1
    except BaseException as error:
        _finish(watching, error)
        show_only_frames_of_script(error)
        raise
    return 1 if _finish(watching, None) and command.strict else 0


def _finish(watching: list[Watch], error: BaseException | None) -> bool:
    """Write the reports; whether there is something that is not only worth a look."""
    if not watching:
        print("dropout-lint: the script did not import torch, so there was nothing to watch", file=sys.stderr)
        return False
    report = watching[0].finish(error, script_is_over=True)
    return report is not None and any(finding.confidence.value != "low" for finding in report.findings)
