"""Fixes one file on disk, or in memory: decoding, notebooks and atomic writing around `fixer`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dropout_lint import engine, notebook
from dropout_lint.atomic import write_atomically
from dropout_lint.decoding import decode
from dropout_lint.finding import Confidence, Finding
from dropout_lint.fixer import fix_text
from dropout_lint.linting import FileResult, confident, lint_bytes, lint_text
from dropout_lint.opening import read_regular
from dropout_lint.project import Project
from dropout_lint.rule import Rule
from dropout_lint.suppressions import add_noqa


@dataclass(frozen=True, slots=True)
class FixedFile:
    """A file before and after: ``result`` is what still stands, ``error`` why it could not be written."""

    filename: str
    before: bytes
    after: bytes
    applied: tuple[Finding, ...]
    refused: tuple[tuple[Finding, str], ...]
    result: FileResult
    error: str | None = None


def fix_bytes(
    filename: str,
    data: bytes,
    rules: Sequence[type[Rule]],
    project: Project | None = None,
    *,
    unsafe: bool,
    least: Confidence = Confidence.MEDIUM,
) -> FixedFile:
    """Fix ``data``, the content of ``filename``; nothing is written.  ``unsafe`` includes the fixes that change
    results; findings that are less certain than ``least`` are neither fixed nor told.
    """

    def judge(data: bytes) -> FileResult:
        return confident(lint_bytes(filename, data, rules, project), least)

    try:
        return _fix(filename, data, rules, project, judge, unsafe=unsafe, least=least)
    except Exception as error:  # one file must not end the run for all others
        reason = f"{filename}: could not be fixed: {engine.describe(error)}; {engine.REPORT_IT}"
        return FixedFile(filename, data, data, (), (), judge(data), reason)


def _fix(
    filename: str,
    data: bytes,
    rules: Sequence[type[Rule]],
    project: Project | None,
    judge: Callable[[bytes], FileResult],
    *,
    unsafe: bool,
    least: Confidence,
) -> FixedFile:
    result = judge(data)
    if not any(finding.fix for finding in result.findings):
        return FixedFile(filename, data, data, (), (), result)
    if filename.endswith(".ipynb"):
        return _fix_notebook(filename, data, judge, unsafe=unsafe)
    decoded = decode(data)
    fixed = fix_text(
        decoded.text,
        lambda text: confident(lint_text(filename, text, rules, project), least).findings,
        unsafe=unsafe,
    )
    try:
        after = decoded.encode(fixed.text)
    except UnicodeEncodeError as error:
        reason = f"{filename}: {decoded.encoding} cannot hold {error.object[error.start]!r}, which a fix writes"
        return FixedFile(filename, data, data, (), (), result, reason)
    result = judge(after)
    return FixedFile(filename, data, after, fixed.applied, fixed.refused, result)


def _fix_notebook(filename: str, data: bytes, judge: Callable[[bytes], FileResult], *, unsafe: bool) -> FixedFile:
    """Fix cell by cell, because each cell stands for itself in the file; findings come from the whole notebook."""
    before = data
    applied: list[Finding] = []
    refused: list[tuple[Finding, str]] = []
    for cell in notebook.read(data).cells:

        def check(source: str, number: int = cell.number, data: bytes = data) -> list[Finding]:
            changed = notebook.read(data).with_cell(number, source).encode()
            found = judge(changed).findings
            return [finding for finding in found if finding.cell == number]

        fixed = fix_text(cell.source, check, unsafe=unsafe)
        if fixed.applied:
            data = notebook.read(data).with_cell(cell.number, fixed.text).encode()
            applied += fixed.applied
        refused += fixed.refused
    return FixedFile(filename, before, data, tuple(applied), tuple(refused), judge(data))


def annotate_file(path: Path, findings: Sequence[Finding]) -> int:
    """Write a ``# noqa`` comment for each of ``findings`` into the file at ``path``; returns how many findings they
    cover.  Raises OSError.
    """
    if not findings:
        return 0
    before = data = read_regular(path)
    if path.suffix == ".ipynb":
        for number in sorted({finding.cell for finding in findings if finding.cell is not None}):
            read = notebook.read(data)
            here = [finding for finding in findings if finding.cell == number]
            data = read.with_cell(number, add_noqa(read.cell(number).source, here)).encode()
    else:
        decoded = decode(data)
        data = decoded.encode(add_noqa(decoded.text, findings))
    if data != before:
        write_atomically(path, data)
    return len(findings)


def fix_file(
    path: Path,
    rules: Sequence[type[Rule]],
    project: Project | None = None,
    *,
    unsafe: bool,
    write: bool,
    least: Confidence = Confidence.MEDIUM,
) -> FixedFile:
    """Fix the file at ``path``; ``write`` False leaves it as it is, to show what would change."""
    try:
        data = read_regular(path)
    except OSError as error:
        reason = f"{path}: {error.strerror or error}"
        return FixedFile(str(path), b"", b"", (), (), FileResult(str(path), error=reason))
    fixed = fix_bytes(str(path), data, rules, project, unsafe=unsafe, least=least)
    if write and fixed.after != data:
        try:
            write_atomically(path, fixed.after)
        except OSError as error:
            reason = f"{path}: cannot write: {error.strerror or error}"
            result = confident(lint_bytes(str(path), data, rules, project), least)
            return FixedFile(str(path), data, data, (), (), result, reason)
    return fixed
