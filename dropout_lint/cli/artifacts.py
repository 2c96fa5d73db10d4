"""The command ``artifacts``: from exported files to printed findings and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence

from dropout_lint.artifacts.inspection import SUFFIXES, read_file
from dropout_lint.artifacts.readers.limits import Unreadable
from dropout_lint.artifacts.verdicts import findings
from dropout_lint.cli import run_settings
from dropout_lint.cli.outcome import tell
from dropout_lint.finding import Confidence
from dropout_lint.io.printable import printable
from dropout_lint.lint.engine import describe, internal_error
from dropout_lint.lint.file_result import FileResult
from dropout_lint.render.report import relative


def check(arguments: argparse.Namespace) -> int:
    """Run ``artifacts``; returns the exit code: 0 clean, 1 findings, 2 a file that cannot be judged."""
    run_settings.from_environment(arguments)
    arguments.output_format = arguments.output_format or "full"
    unread: list[FileResult] = []
    results = [_inspect(path, arguments) for path in _files(arguments.paths, unread)]
    return tell([*results, *unread], arguments, _no_text)


def _inspect(path: str, arguments: argparse.Namespace) -> FileResult:
    try:
        content = read_file(path)
        found = findings(path, content)
    except Unreadable as error:
        return FileResult(path, error=f"{relative(path)}: {error}")
    except Exception as error:  # one file must not end the inspection of all others
        return FileResult(path, (internal_error(path, "the inspector", 1, describe(error)),))
    for remark in () if arguments.quiet else content.remarks:
        print(printable(f"note: {relative(path)}: this {content.what} {remark}"), file=sys.stderr)
    certain = (Confidence.HIGH,) if arguments.min_confidence == Confidence.HIGH.value else tuple(Confidence)
    return FileResult(path, tuple(finding for finding in found if finding.confidence in certain))


def _files(paths: Sequence[str], unread: list[FileResult]) -> Iterator[str]:
    """``paths``, and in place of folders what they hold that is named like a model; each once.  Folders that cannot be
    listed are added to ``unread``.
    """
    seen: set[str] = set()
    for path in paths:
        for file in _inside(path, unread) if os.path.isdir(path) else (path,):
            if file not in seen:
                seen.add(file)
                yield file


def _inside(folder: str, unread: list[FileResult]) -> Iterator[str]:
    def note(error: OSError) -> None:
        name = relative(str(error.filename))
        unread.append(FileResult(name, error=f"{name}: {error.strerror or error}"))

    for root, folders, files in os.walk(folder, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (os.path.join(root, name) for name in sorted(files) if name.lower().endswith(SUFFIXES))


def _no_text(_: str) -> bytes:
    """Exported files are not text that could be quoted; sources are, but not the exported file's."""
    raise OSError
