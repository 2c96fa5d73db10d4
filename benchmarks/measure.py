"""Runs a command and measures its cost: CPU seconds of all its processes, wall seconds, and memory of the largest."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class MeasureError(Exception):
    """A command that ended otherwise than it should, so that its cost means nothing."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took."""

    cpu: float  # seconds, user and system, of the process and all that it waited for
    wall: float  # seconds
    memory: float  # megabytes (10**6 bytes) resident at the peak, of whichever single process had most


def measure(
    command: Sequence[str],
    cwd: Path,
    *,
    expected: Collection[int] = (0, 1),
    environment: Mapping[str, str] | None = None,
) -> Cost:
    """Run ``command`` in ``cwd``, its output thrown away.

    ``expected`` are the exit codes of a run that did its work: linters end with 1 where they find something.
    Raises `MeasureError`.
    """
    start = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=None if environment is None else {**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        # wait4 counts workers too, once the process has waited for them, and their memory one by one.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode not in expected:
        shown = " ".join(command[:12]) + (" ..." if len(command) > 12 else "")
        raise MeasureError(f"exit code {process.returncode}: {shown} (in {cwd})")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * unit / 1e6)
