"""``python -m dropout_lint`` is the command ``dropout-lint``."""

import atexit
import gc
import os
import sys

gc.disable()  # what is imported stays: to look for garbage in it takes a twentieth of a short run

from dropout_lint.cli import main  # noqa: E402

gc.freeze()
gc.enable()


def run() -> None:
    """Run the command line, and end the process.

    The interpreter would take everything apart first, which takes longer than to check a file.  So it is left out,
    unless something waits for the end: workers, or a tool that measures what was run.
    """
    code = main()
    waiting = getattr(atexit, "_ncallbacks", lambda: 1)  # of CPython
    if waiting() or sys.stdout.closed:
        sys.exit(code)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
