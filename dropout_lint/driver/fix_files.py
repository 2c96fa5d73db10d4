"""Fixes one file on disk, or in memory: decoding, notebooks and atomic writing around `fixer`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dropout_lint.driver.fix_rounds import fix_text
from dropout_lint.finding import Edit, Finding
from dropout_lint.io.atomic_write import ChangedMeanwhile, write_atomically
from dropout_lint.io.opening import read_regular
from dropout_lint.lint import engine
from dropout_lint.lint.file_check import lint_bytes, lint_text
from dropout_lint.lint.file_result import EVERYTHING, FileResult, Shown
from dropout_lint.lint.rule_files import AnyRule
from dropout_lint.semantic.project import Project
from dropout_lint.syntax import notebook
from dropout_lint.syntax.decoding import decode
from dropout_lint.syntax.noqa import Suppressions, add_noqa, noqa_edits
from dropout_lint.syntax.splicing import apply_edits

_OF_THE_TOOL = frozenset({"DRP000", "DRP001", "DRP002"})


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
    rules: Sequence[AnyRule],
    project: Project | None = None,
    *,
    unsafe: bool,
    shown: Shown = EVERYTHING,
) -> FixedFile:
    """Fix ``data``, the content of ``filename``; nothing is written.  ``unsafe`` includes the fixes that change
    results; what is not ``shown`` is neither fixed nor reported.
    """

    def judge(data: bytes) -> FileResult:
        return shown.of(lint_bytes(filename, data, rules, project))

    try:
        return _fix(filename, data, rules, project, judge, unsafe=unsafe, shown=shown)
    except Exception as error:  # one file must not end the run for all others
        reason = f"{filename}: could not be fixed: {engine.describe(error)}; {engine.REPORT_IT}"
        return FixedFile(filename, data, data, (), (), judge(data), reason)


def _fix(
    filename: str,
    data: bytes,
    rules: Sequence[AnyRule],
    project: Project | None,
    judge: Callable[[bytes], FileResult],
    *,
    unsafe: bool,
    shown: Shown,
) -> FixedFile:
    result = judge(data)
    if not any(finding.fix for finding in result.findings):
        return FixedFile(filename, data, data, (), (), result)
    if filename.endswith(".ipynb"):
        return _fix_notebook(filename, data, judge, unsafe=unsafe)
    decoded = decode(data)
    fixed = fix_text(
        decoded.text,
        lambda text: shown.of(lint_text(filename, text, rules, project)).findings,
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
    """Fix cell by cell, because each cell is a text of its own in the file; findings come from the whole notebook."""
    before = data
    applied: list[Finding] = []
    refused: list[tuple[Finding, str]] = []
    for cell in notebook.read(data).cells:

        def check(source: str, number: int = cell.number, data: bytes = data) -> list[Finding]:
            found = judge(notebook.read(data).with_source(number, source)).findings
            return [finding for finding in found if finding.cell == number]

        fixed = fix_text(cell.source, check, unsafe=unsafe, reads=notebook.is_readable)
        for edits in fixed.rounds:
            data = notebook.read(data).with_edits(cell.number, edits)
        applied += fixed.applied
        refused += fixed.refused
    return FixedFile(filename, before, data, tuple(applied), tuple(refused), judge(data))


@dataclass(frozen=True, slots=True)
class Annotated:
    """What became of the findings of a file that were to be suppressed by comments."""

    covered: tuple[Finding, ...] = ()
    left: tuple[Finding, ...] = ()  # no comment can be written where it would count
    error: str | None = None


def annotate_file(
    path: Path,
    rules: Sequence[AnyRule],
    project: Project | None = None,
    shown: Shown = EVERYTHING,
    reason: str = "",
) -> Annotated:
    """Write a ``# noqa`` comment for each finding into the file at ``path``, but for what the tool says of itself; new
    comments get the ``reason``.
    """
    try:
        data = read_regular(path)
        result = shown.of(lint_bytes(str(path), data, rules, project))
        findings = [finding for finding in result.findings if finding.code not in _OF_THE_TOOL]
        if not findings:
            return Annotated()
        if path.suffix == ".ipynb":
            after, covered = _annotated_notebook(data, findings, reason)
        else:
            decoded = decode(data)
            text = add_noqa(decoded.text, findings, reason)
            after, covered = decoded.encode(text), list(Suppressions(text).split(findings)[1])
        if after != data:
            write_atomically(path, after, expected=data)
    except OSError as error:
        return Annotated(error=_cannot_write(path, error))
    except UnicodeEncodeError as error:
        reason = f"{error.encoding} cannot hold {error.object[error.start]!r}, which the reason has"
        return Annotated(error=f"{path}: {reason}")
    return Annotated(tuple(covered), tuple(finding for finding in findings if finding not in covered))


def _annotated_notebook(data: bytes, findings: Sequence[Finding], reason: str) -> tuple[bytes, list[Finding]]:
    """The notebook ``data`` with comments for ``findings``, and those that they cover.

    What suppresses is read in the text of all cells, in which magics are blanked; edits count from the cell's start.
    """
    read = notebook.read(data)
    joined = {notebook.in_text(finding, read): finding for finding in findings}
    edits = noqa_edits(read.text, list(joined), reason)
    covered = Suppressions(apply_edits(read.text, edits)).split(list(joined))[1]
    for number in sorted({finding.cell for finding in findings if finding.cell is not None}):
        moved = [(read.moved(edit.span), edit.content) for edit in edits]
        here = [Edit(span, content) for (cell, span), content in moved if cell == number]
        data = notebook.read(data).with_edits(number, here)
    return data, [joined[finding] for finding in covered]


def _cannot_write(path: Path, error: OSError) -> str:
    if isinstance(error, ChangedMeanwhile):
        return f"{path}: changed while it was being worked on, and is left as it is now: run again"
    return f"{path}: cannot write: {error.strerror or error}"


def fix_file(
    path: Path,
    rules: Sequence[AnyRule],
    project: Project | None = None,
    *,
    unsafe: bool,
    write: bool,
    shown: Shown = EVERYTHING,
) -> FixedFile:
    """Fix the file at ``path``; ``write`` False leaves it as it is, to show what would change."""
    try:
        data = read_regular(path)
    except OSError as error:
        reason = f"{path}: {error.strerror or error}"
        return FixedFile(str(path), b"", b"", (), (), FileResult(str(path), error=reason))
    fixed = fix_bytes(str(path), data, rules, project, unsafe=unsafe, shown=shown)
    if write and fixed.after != data:
        try:
            write_atomically(path, fixed.after, expected=data)
        except OSError as error:
            result = shown.of(lint_bytes(str(path), data, rules, project))
            return FixedFile(str(path), data, data, (), (), result, _cannot_write(path, error))
    return fixed
