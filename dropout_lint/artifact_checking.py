"""The command ``artifacts``: from exported files to printed findings and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence

from dropout_lint.artifacts.inspection import SUFFIXES, read_file
from dropout_lint.artifacts.limits import Unreadable
from dropout_lint.artifacts.verdicts import findings
from dropout_lint.checking import tell
from dropout_lint.finding import Confidence
from dropout_lint.linting import FileResult
from dropout_lint.printable import printable
from dropout_lint.render.report import relative


def check(arguments: argparse.Namespace) -> int:
    """Run ``artifacts``; returns the exit code: 0 clean, 1 findings, 2 a file that cannot be judged."""
    return tell([_inspect(path, arguments) for path in _files(arguments.paths)], arguments, _no_text)


def _inspect(path: str, arguments: argparse.Namespace) -> FileResult:
    try:
        content = read_file(path)
    except Unreadable as error:
        return FileResult(path, error=f"{relative(path)}: {error}")
    for remark in () if arguments.quiet else content.remarks:
        print(printable(f"note: {relative(path)}: this {content.what} {remark}"), file=sys.stderr)
    certain = (Confidence.HIGH,) if arguments.min_confidence == Confidence.HIGH.value else tuple(Confidence)
    return FileResult(path, tuple(found for found in findings(path, content) if found.confidence in certain))


def _files(paths: Sequence[str]) -> Iterator[str]:
    """``paths``, and in place of folders what they hold that is named like a model; each once."""
    seen: set[str] = set()
    for path in paths:
        for file in _inside(path) if os.path.isdir(path) else (path,):
            if file not in seen:
                seen.add(file)
                yield file


def _inside(folder: str) -> Iterator[str]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (os.path.join(root, name) for name in sorted(files) if name.lower().endswith(SUFFIXES))


def _no_text(_: str) -> bytes:
    """Exported files are not text that could be quoted; sources are, but not the exported file's."""
    raise OSError
