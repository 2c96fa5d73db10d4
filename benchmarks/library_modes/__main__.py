"""Measures what libraries do to modes: ``python -m benchmarks.library_modes [--check] [--only LIBRARY ...]``."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import importlib.util
import io
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.library_modes import environment, table
from benchmarks.library_modes.page import page
from benchmarks.library_modes.registry import not_measured, probes
from benchmarks.packages import HERE

DATA = HERE / "library_modes" / "measured.csv"
PAGE = HERE.parent / "docs" / "library-modes.md"
_SECONDS = 240


def main(argv: Sequence[str] | None = None) -> int:
    """Write the file and the page, or compare what torch alone does with the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.library_modes", description=__doc__)
    parser.add_argument("--check", action="store_true", help="measure torch itself again, here, and compare")
    parser.add_argument("--page", action="store_true", help="only write the page again")
    parser.add_argument("--only", nargs="+", metavar="LIBRARY", help="measure these, and keep the rest of the file")
    parser.add_argument("--homes", type=Path, help="a folder with the environments (default: benchmarks/.venvs)")
    parser.add_argument("--library", help=argparse.SUPPRESS)
    parser.add_argument("--to", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.library:
        measure_here(arguments.library, arguments.to)
        return 0
    if arguments.check:
        return 1 if differences() else 0
    rows = table.from_csv(DATA.read_text("utf-8")) if DATA.exists() else []
    wanted = {(one.library, one.callee, one.call) for one in probes()}
    rows = [row for row in rows if (row["library"], row["callee"], row["call"]) in wanted]
    libraries = [] if arguments.page else arguments.only or sorted({one.library for one in probes()}, key=str.lower)
    failed = False
    for library in libraries:
        found = _in_a_process(environment.python_of(library, arguments.homes), library)
        failed = failed or not found  # the reason is printed, and the file keeps what it has of this library
        rows = [row for row in rows if row["library"] != library or not found] + found
        _write(rows)
    _write(rows)
    return int(failed)


def _write(found: list[table.Row]) -> None:
    rows = table.ordered(found)
    DATA.write_text(table.to_csv(rows), "utf-8")
    PAGE.write_text(page(rows, not_measured()), "utf-8")


def measure_here(library: str, to: Path | None = None, field: str = "") -> list[table.Row]:
    """The rows of one library that this interpreter has, of one field or of all; each is added to ``to`` at once."""
    from importlib.metadata import version

    import torch

    from benchmarks.library_modes.observing import observe

    torch.set_num_threads(1)
    where = {
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "python": platform.python_version(),
        "torch": version("torch").partition("+")[0],
        "version": version(library).partition("+")[0],
    }
    found: list[table.Row] = []
    with contextlib.redirect_stdout(io.StringIO()):
        for one in probes():
            if one.library == library and field in ("", one.field) and all(map(importlib.util.find_spec, one.needs)):
                found.append(table.row(one, where, observe(one)))
                if to:
                    to.write_text(table.to_csv(found), "utf-8")
    return found


def differences(field: str = "") -> list[str]:
    """Calls of torch itself, of one field or of all, of which the file says something else; each is printed."""
    measured = [name for name in table.COLUMNS if name not in table.WHERE]
    rows = table.from_csv(DATA.read_text("utf-8"))
    stored = {(row["callee"], row["call"]): row for row in rows if row["library"] == "torch"}
    wrong = []
    for now in measure_here("torch", field=field):
        old = stored.get((now["callee"], now["call"]))
        if old is None:
            wrong.append(f"{now['call']}: not in the file")
        else:
            wrong += [
                f"{now['call']}: {name}: {now[name]!r}, not {old[name]!r}"
                for name in measured
                if now[name] != old[name]
            ]
    for line in wrong:
        print(line, file=sys.stderr)
    return wrong


def _in_a_process(python: Path, library: str) -> list[table.Row]:
    variables = {**os.environ, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONWARNINGS": "ignore"}
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "rows.csv"
        command = [str(python), "-m", "benchmarks.library_modes", "--library", library, "--to", str(to)]
        try:
            subprocess.run(
                command, cwd=HERE.parent, env=variables, capture_output=True, text=True, timeout=_SECONDS, check=True
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failed:
            print(f"{library}: {failed}\n{str(failed.stderr)[-2000:]}", file=sys.stderr)
        return table.from_csv(to.read_text("utf-8")) if to.exists() else []


if __name__ == "__main__":
    sys.exit(main())
