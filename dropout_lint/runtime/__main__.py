"""`python -m dropout_lint.runtime [options] SCRIPT [arguments]`: what `dropout-lint watch` does, as a module."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from dropout_lint.io.printable import printable
from dropout_lint.runtime import command
from dropout_lint.version import VERSION


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def main(argv: Sequence[str]) -> int:
    """Watch the script that ``argv`` names; see `command.run`."""
    options = _Parser(prog="python -m dropout_lint.runtime", description=command.DESCRIPTION, usage=command.USAGE)
    options.add_argument("--version", action="version", version=f"dropout-lint {VERSION}")
    command.add_options(options)
    given = options.parse_args(argv)
    try:
        parsed = command.parsed(given)
    except ValueError as error:
        options.error(str(error))
    return command.run(parsed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
