"""The check of one file: from its bytes to its findings, with suppression comments and notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dropout_lint.finding import Finding, Position, Span
from dropout_lint.io.opening import read_regular
from dropout_lint.lint import engine
from dropout_lint.lint.file_result import FileResult
from dropout_lint.lint.prefilter import UNUSED, needs_parsing
from dropout_lint.lint.registry import rule_by_code
from dropout_lint.lint.rule_files import AnyRule
from dropout_lint.semantic.project import Project
from dropout_lint.syntax.decoding import decode
from dropout_lint.syntax.noqa import Suppressions


def lint_file(path: Path, rules: Sequence[AnyRule], project: Project | None = None) -> FileResult:
    """Read and judge the file at ``path``."""
    try:
        data = read_regular(path)
    except OSError as error:
        return FileResult(str(path), error=f"{path}: {error.strerror or error}")
    return lint_bytes(str(path), data, rules, project)


def lint_bytes(filename: str, data: bytes, rules: Sequence[AnyRule], project: Project | None = None) -> FileResult:
    """Judge ``data`` as the content of ``filename``: a notebook if the name ends in ``.ipynb``, a module otherwise."""
    return lint_needed(filename, data, rules, project) if needs_parsing(data, rules) else FileResult(filename)


def lint_needed(filename: str, data: bytes, rules: Sequence[AnyRule], project: Project | None = None) -> FileResult:
    """`lint_bytes` for callers that have checked `needs_parsing`.  Nothing that a file contains makes it raise."""
    try:
        return _lint_needed(filename, data, rules, project)
    except Exception as error:  # one file must not end the run for all others
        found = engine.internal_error(filename, "the checker", 1, engine.describe(error))
        return FileResult(filename, (found,))


def _lint_needed(filename: str, data: bytes, rules: Sequence[AnyRule], project: Project | None) -> FileResult:
    if filename.endswith(".ipynb"):
        return _lint_notebook(filename, data, rules, project)
    try:
        text = decode(data).text
    except SyntaxError as error:
        return FileResult(filename, (unparsable(filename, error.lineno or 1, error.offset or 1, error.msg),))
    return lint_text(filename, text, rules, project)


def lint_text(filename: str, text: str, rules: Sequence[AnyRule], project: Project | None = None) -> FileResult:
    """Judge ``text`` as the module ``filename``."""
    found = engine.check(filename, text, rules, project=project)
    suppressions = Suppressions(text)
    kept, suppressed = suppressions.split(found)
    codes = tuple(rule.code for rule in rules)
    if UNUSED in codes and not any(finding.code == "DRP000" for finding in found):
        rule = rule_by_code(UNUSED)
        unused = suppressions.unused(codes, (rule.code, rule.name, rule.message, rule.help), filename)
        kept = tuple(sorted((*kept, *unused), key=lambda finding: finding.sort_key))
    dependencies = () if project is None else project.dependencies(filename)
    return FileResult(
        filename, kept, suppressed, None, dependencies, () if project is None else project.limits(filename)
    )


def _lint_notebook(filename: str, data: bytes, rules: Sequence[AnyRule], project: Project | None) -> FileResult:
    from dropout_lint.syntax import notebook  # here, because few files are notebooks

    try:
        read = notebook.read(data)
    except SyntaxError as error:
        return FileResult(filename, (unparsable(filename, 1, 1, error.msg),))
    result = lint_text(filename, read.text, rules, project)

    def placed(findings: Sequence[Finding]) -> tuple[Finding, ...]:
        return tuple(notebook.in_cells(finding, read) for finding in findings)

    broken = [unparsable(filename, bad.line, bad.column, bad.message, bad.cell) for bad in read.broken]
    findings = sorted((*placed(result.findings), *broken), key=lambda finding: finding.sort_key)
    return FileResult(filename, tuple(findings), placed(result.suppressed), None, result.dependencies, result.limits)


def unparsable(filename: str, line: int, column: int, reason: str, cell: int | None = None) -> Finding:
    """DRP000 for a file, or a notebook cell, that cannot be read."""
    start = Position(max(line, 1), max(column, 1))
    what = f"The {'file' if cell is None else 'cell'} is not valid Python"
    if cell is None and filename.endswith(".ipynb"):
        what = "The file is not a notebook"
    found = rule_by_code("DRP000").tool_finding(filename, Span(start, start), what=what, reason=reason)
    return found._replace(cell=cell)
