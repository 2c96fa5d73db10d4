"""Which rules looked at a line, what they reported there, and why a report may not be shown."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from dropout_lint.driver.config import Settings
from dropout_lint.finding import Finding
from dropout_lint.lint import prefilter
from dropout_lint.lint.engine import visits
from dropout_lint.lint.file_check import lint_text
from dropout_lint.lint.file_result import FileResult
from dropout_lint.lint.registry import all_rules
from dropout_lint.lint.rule import Rule
from dropout_lint.semantic.project import Project
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.trace import Seen
from dropout_lint.why.answer import Section

REPORTED, LOOKED = "Reported", "Looked at it, and found nothing"
"""Headings."""


def sections(source: SourceFile, lines: range, project: Project, settings: Settings) -> Iterator[Section]:
    """What all rules, enabled or not, say of ``lines``."""
    result = lint_text(source.filename, source.text, all_rules(), project)
    found = [_shown(finding, settings) for finding in result.findings if finding.span.start.line in lines]
    hidden = [
        Seen(f"{finding.code} is suppressed by a `# noqa` comment: {finding.message}")
        for finding in result.suppressed
        if finding.span.start.line in lines
    ]
    if found or hidden:
        yield Section(REPORTED, (*found, *hidden))
    reported = {finding.code for finding in (*result.findings, *result.suppressed) if finding.span.start.line in lines}
    looked = [rule for rule in _that_looked(source, lines) if rule.code not in reported]
    if looked:
        codes = ", ".join(rule.code for rule in looked)
        yield Section(LOOKED, (Seen(f"{codes} (when one stays silent: `dropout-lint rule CODE`)"),))


def _shown(finding: Finding, settings: Settings) -> Seen:
    enabled = {rule.code for rule in settings.rules_for(finding.filename)}
    if finding.code not in enabled:
        off = "is off by default" if not _is_on(finding.code) else "the settings switch off here"
        return Seen(f"{finding.code}, which {off}: {finding.message}")
    if not settings.shown.of(FileResult("", (finding,))).findings:
        return Seen(f"{finding.code}, which is less certain than the settings ask for: {finding.message}")
    return Seen(f"{finding.code}: {finding.message}")


def _is_on(code: str) -> bool:
    return any(rule.on for rule in all_rules() if rule.code == code)


def _that_looked(source: SourceFile, lines: range) -> Iterator[type[Rule]]:
    """The rules that are shown a node there, by their triggers and the types of nodes that they ask for."""
    here = {type(node) for node in ast.walk(source.tree) if getattr(node, "lineno", 0) in lines}
    for rule in all_rules():
        if here.intersection(node for node, _ in visits(rule)) and not set(lines).isdisjoint(_lines(source, [rule])):
            yield rule


def _lines(source: SourceFile, rules: Sequence[type[Rule]]) -> list[int]:
    return prefilter.lines_to_visit(source.lines, rules, text=source.text)
