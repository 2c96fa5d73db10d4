"""The least that a linter must do, as a script of its own so that it can be timed: read files, or read and parse them.

Run as ``python floor.py read|parse FILE``; FILE names the files to take, one in a line.
"""

from __future__ import annotations

import ast
import sys
import warnings
from pathlib import Path


def main(what: str, listing: str) -> None:
    """Do it."""
    warnings.simplefilter("ignore")
    for name in Path(listing).read_text("utf-8").splitlines():
        with open(name, "rb") as file:
            data = file.read()
        if what == "parse":
            try:
                ast.parse(data)
            except (SyntaxError, ValueError):
                continue  # the time until then counts


if __name__ == "__main__":
    main(*sys.argv[1:])
