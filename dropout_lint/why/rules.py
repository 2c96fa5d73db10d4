"""Which rules looked at a line, what they reported there, and why a report may not be shown."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from dropout_lint.driver.config import Settings
from dropout_lint.finding import Finding
from dropout_lint.lint import prefilter
from dropout_lint.lint.engine import visits
from dropout_lint.lint.file_check import FileResult, confident, lint_text
from dropout_lint.lint.registry import all_rules
from dropout_lint.lint.rule import Rule
from dropout_lint.semantic.project import Project
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.trace import Seen
from dropout_lint.why.answer import Section

REPORTED, LOOKED = "Reported", "Looked at it, and found nothing"
"""Headings."""


def sections(source: SourceFile, number: int, project: Project, settings: Settings) -> Iterator[Section]:
    """What all rules, enabled or not, say of line ``number``."""
    result = lint_text(source.filename, source.text, all_rules(), project)
    found = [_shown(finding, settings) for finding in result.findings if finding.span.start.line == number]
    hidden = [
        Seen(f"{finding.code} is suppressed by a `# noqa` comment: {finding.message}")
        for finding in result.suppressed
        if finding.span.start.line == number
    ]
    if found or hidden:
        yield Section(REPORTED, (*found, *hidden))
    reported = {finding.code for finding in (*result.findings, *result.suppressed) if finding.span.start.line == number}
    looked = [rule for rule in _that_looked(source, number) if rule.code not in reported]
    if looked:
        yield Section(LOOKED, tuple(map(_of_rule, looked)))


def _shown(finding: Finding, settings: Settings) -> Seen:
    enabled = {rule.code for rule in settings.rules_for(finding.filename)}
    if finding.code not in enabled:
        return Seen(f"{finding.code}, which is not enabled here: {finding.message}")
    if not confident(FileResult("", (finding,)), settings.min_confidence).findings:
        return Seen(f"{finding.code}, which is less certain than the settings ask for: {finding.message}")
    return Seen(f"{finding.code}: {finding.message}")


def _that_looked(source: SourceFile, number: int) -> Iterator[type[Rule]]:
    """The rules that are shown a node at the line, by their triggers and the types of nodes that they ask for."""
    here = {type(node) for node in ast.walk(source.tree) if getattr(node, "lineno", 0) == number}
    for rule in all_rules():
        if here.intersection(node for node, _ in visits(rule)) and number in _lines(source, [rule]):
            yield rule


def _lines(source: SourceFile, rules: Sequence[type[Rule]]) -> list[int]:
    return prefilter.lines_to_visit(source.lines, rules, text=source.text)


def _of_rule(rule: type[Rule]) -> Seen:
    return Seen(f"{rule.code} {rule.name} (when it stays silent: `dropout-lint rule {rule.code}`)")
