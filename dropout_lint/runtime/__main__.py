"""`python -m dropout_lint.runtime [options] SCRIPT [arguments]`: watch a training script, unchanged."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from dropout_lint.io.printable import printable
from dropout_lint.runtime.watching.outputs import FORMATS, parse_outputs
from dropout_lint.runtime.watching.script import after_import, run_module, run_path, show_only_frames_of_script
from dropout_lint.version import VERSION

if TYPE_CHECKING:
    from dropout_lint.runtime.watching.handle import Watch

_DESCRIPTION = """\
Runs SCRIPT as `python SCRIPT` does and watches in which mode its models are trained, evaluated and exported.
The report goes to standard error at the end; results, output and exit code of the script stay what they are."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def parser() -> argparse.ArgumentParser:
    """The options; everything after the script is the script's."""
    options = _Parser(
        prog="python -m dropout_lint.runtime",
        description=_DESCRIPTION,
        usage="%(prog)s [options] (SCRIPT | -m MODULE) ...",
    )
    options.add_argument(
        "--report",
        metavar="FORMAT[=FILE]",
        action="append",
        default=[],
        help=f"a further report: {', '.join(FORMATS)}; may be given several times",
    )
    options.add_argument(
        "--strict", action="store_true", help="exit with 1 if something is found and the script exits with 0"
    )
    options.add_argument(
        "--min-confidence",
        choices=["low", "medium", "high"],
        default="low",
        help="leave out findings that are less certain (default: low; --strict counts medium and high)",
    )
    options.add_argument(
        "--min-consecutive",
        metavar="N",
        type=int,
        default=2,
        help="how many calls without gradients in a row make an evaluation (default: 2)",
    )
    options.add_argument(
        "--measure",
        action="store_true",
        help="repeat the first call without gradients at each line, and say by how much predictions differ",
    )
    options.add_argument("-q", "--quiet", action="store_true", help="print nothing if nothing is found")
    options.add_argument("--version", action="version", version=f"dropout-lint {VERSION}")
    options.add_argument(
        "-m", dest="module", metavar="MODULE", nargs=argparse.REMAINDER, help="watch a module, as `python -m` does"
    )
    options.add_argument("script", nargs=argparse.REMAINDER, metavar="SCRIPT", help="the script and its arguments")
    return options


def main(argv: Sequence[str]) -> int:
    """Watch the script that ``argv`` names; the exit code is the script's, or 1 under ``--strict``."""
    options = parser()
    given = options.parse_args(argv)
    command = given.module or given.script
    if not command:
        options.error("name a script, or a module after -m")
    try:
        wanted = ["text", *given.report]
        parse_outputs(wanted)
        if given.min_consecutive < 1:
            raise ValueError("--min-consecutive counts calls, from 1 on")
        if not given.module and not os.path.exists(command[0]):
            raise ValueError(f"there is no file {command[0]!r}")
    except ValueError as error:
        options.error(str(error))
    watching: list[Watch] = []

    def begin() -> None:
        from dropout_lint.runtime.watching.handle import Watch

        watching.append(
            Watch(
                report=wanted,
                min_consecutive=given.min_consecutive,
                min_confidence=given.min_confidence,
                quiet=given.quiet,
                measure=given.measure,
                command=command,
            )
        )

    after_import("torch", begin)
    code: int = 0
    try:
        (run_module if given.module else run_path)(command[0], command[1:])
        for thread in threading.enumerate():  # the interpreter waits for these too, after us
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
    except SystemExit as error:
        if not (_finish(watching, error) and given.strict and error.code in (None, 0)):
            raise
        return 1
    except BaseException as error:
        _finish(watching, error)
        show_only_frames_of_script(error)
        raise
    found = _finish(watching, None)
    return 1 if found and given.strict else code


def _finish(watching: list[Watch], error: BaseException | None) -> bool:
    """Write the reports; whether there is something that is not only worth a look."""
    if not watching:
        print("dropout-lint: the script did not import torch, so there was nothing to watch", file=sys.stderr)
        return False
    report = watching[0].finish(error, script_is_over=True)
    return report is not None and any(finding.confidence.value != "low" for finding in report.findings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
