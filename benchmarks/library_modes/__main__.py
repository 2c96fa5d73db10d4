"""Measures what libraries do to modes: ``python -m benchmarks.library_modes [--check] [--python PATH]``."""

from __future__ import annotations

import argparse
import csv
import io
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.library_modes import table
from benchmarks.library_modes.registry import probes
from benchmarks.packages import HERE

DATA = HERE / "library_modes" / "measured.csv"
PAGE = HERE.parent / "docs" / "library-modes.md"
_TORCH = "torch==2.13.0"
_SECONDS = 120


def main(argv: Sequence[str] | None = None) -> int:
    """Write the file and the page, or compare what torch alone does with the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.library_modes", description=__doc__)
    parser.add_argument("--check", action="store_true", help="measure torch itself again, here, and compare")
    parser.add_argument("--python", type=Path, help="an interpreter that has the libraries (default: its own)")
    parser.add_argument("--library", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.library:
        sys.stdout.write(table.to_csv(measured_here(arguments.library)))
        return 0
    if arguments.check:
        return 1 if differences() else 0
    libraries = sorted({one.library for one in probes()})
    python = arguments.python or _environment()
    found = [row for library in libraries for row in _in_a_process(python, library)]
    if {row["library"] for row in found} != set(libraries):
        return 1  # the reason is printed; a file that lacks a library would look complete
    DATA.write_text(table.to_csv(found), "utf-8")
    PAGE.write_text(table.page(found), "utf-8")
    return 0


def measured_here(library: str) -> list[table.Row]:
    """The rows of one library that this interpreter has."""
    import contextlib
    from importlib.metadata import version

    import torch

    from benchmarks.library_modes.observing import observe

    torch.set_num_threads(1)
    found: list[table.Row] = []
    with contextlib.redirect_stdout(io.StringIO()):
        for one in probes():
            if one.library == library:
                found += table.rows(one, version(library).partition("+")[0], observe(one))
    return found


def differences() -> list[str]:
    """Calls of torch itself of which the file says something else; each is printed."""
    stored = [row for row in csv.DictReader(io.StringIO(DATA.read_text("utf-8"))) if row["library"] == "torch"]
    now = measured_here("torch")
    wrong = [f"{new['call']}, from {new['start']}: {new}, not as stored" for new in now if new not in stored]
    wrong += [f"{old['call']}: no longer measured" for old in stored if old["call"] not in {new["call"] for new in now}]
    for line in wrong:
        print(line, file=sys.stderr)
    return wrong


def _in_a_process(python: Path, library: str) -> list[table.Row]:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONWARNINGS": "ignore"}
    command = [str(python), "-m", "benchmarks.library_modes", "--library", library]
    try:
        done = subprocess.run(
            command, cwd=HERE.parent, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failed:
        print(f"{library}: {failed}\n{failed.stderr!s}", file=sys.stderr)
        return []
    return list(csv.DictReader(io.StringIO(done.stdout)))


def _environment() -> Path:
    from benchmarks import environments  # which asks for the version of flake8, and the libraries come without one

    pins = (HERE / "library_modes" / "requirements.txt").read_text("utf-8").split()
    return environments.with_packages("library-modes", [_TORCH, *pins]) / "python"


if __name__ == "__main__":
    sys.exit(main())
