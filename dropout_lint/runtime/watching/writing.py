"""Puts a report where it is wanted: a file, never half written, or a stream."""

from __future__ import annotations

import os
import sys
import tempfile  # noqa: F401  # what writes files imports it late, and a signal may come in the middle of that
from pathlib import Path
from typing import TextIO

from dropout_lint.io.atomic_write import write_atomically
from dropout_lint.runtime.watching.reporting import as_html, as_json, as_text
from dropout_lint.runtime.watching.reporting.report import RunReport

_RENDER = {"text": as_text.render, "json": as_json.render, "html": as_html.render}


def rendered(format: str, report: RunReport, *, live: bool = False) -> bytes:
    """The report in ``format``, as it is written to a file; a page that is ``live`` loads itself again."""
    text = as_html.render(report, live=live) if format == "html" else _RENDER[format](report)
    return text.encode("utf-8")


def write_so_far(path: str, content: bytes) -> None:
    """Replace the file at ``path``: a reader sees the old content or the new.  Raises OSError.

    What is no file (`/dev/stdout`, a pipe) cannot be replaced, and is written to at the end alone.
    """
    if _is_file(path):
        write_atomically(Path(path), content)


def write_at_the_end(path: str, content: bytes) -> None:
    """Replace the file as a whole; where only the file may be written to, not its folder, write into it."""
    if _is_file(path):
        try:
            write_atomically(Path(path), content)
        except OSError:
            pass
        else:
            return
    Path(path).write_bytes(content)


def _is_file(path: str) -> bool:
    return os.path.isfile(path) or not os.path.exists(path)


def standard_error() -> TextIO | None:
    """Where people read; None if there is no such thing."""
    return sys.__stderr__ if sys.stderr is None else sys.stderr


def print_text(report: RunReport, *, after_output: bool) -> None:
    """Print the report for people.  ``after_output``: after what the script has printed, which is written out first."""
    stream = standard_error()
    if stream is not None:
        tell(as_text.render(report, color=_wants_color(stream)), after_output=after_output)


def tell(text: str, *, after_output: bool) -> None:
    """Print ``text`` to standard error.  A stream that is closed is left alone."""
    stream = standard_error()
    if stream is None:
        return
    try:
        if after_output and sys.stdout is not None:
            sys.stdout.flush()
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):
        pass
    except RuntimeError:  # a signal came while the script was printing to this very stream
        os.write(2, text.encode("utf-8", "replace"))


def _wants_color(stream: TextIO) -> bool:
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
