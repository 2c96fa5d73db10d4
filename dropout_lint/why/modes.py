"""What the analysis of modes knew of a line: what is called there, each event with its mode, and what ended it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from dropout_lint.semantic.project import Project, is_test
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.trace import Line, Seen, Trace, traced
from dropout_lint.typestate.evaluation.skipping import relevance
from dropout_lint.typestate.roots.entry_points import entry_points_in_text, may_misuse
from dropout_lint.typestate.verdicts.blame import blamed
from dropout_lint.typestate.verdicts.project_records import records_around
from dropout_lint.typestate.verdicts.verdict import Misuse
from dropout_lint.why.answer import Section

SPENT, ENDED, CALLED, EVENT, NO_EVENT = (
    "Budgets that ended an analysis",
    "What ended it",
    "What is called",
    "An event",
    "No event at this line",
)
"""Headings."""


def sections(source: SourceFile, number: int, project: Project) -> Iterator[Section]:
    """What is known of line ``number`` of ``source``, in ``project``, which nobody used before."""
    if is_test(source):
        yield Section("Modes", (Seen("this is a test file: modes in tests are not judged"),))
        return
    trace = Trace(Line(source.filename, number))
    with traced(trace):
        _, records = records_around(source, every=True)
        verdicts = list(_verdicts(source, number))
    limits = dict.fromkeys(limit for each in records for limit in each.limits)
    yield from _about(trace, source, number, project)
    if limits:
        said = (Seen(limit.spent.value, Line(limit.filename, limit.line)) for limit in limits)
        yield Section(SPENT, tuple(said))
    ended = (*trace.silences, *verdicts)
    if ended:
        yield Section(ENDED, tuple(ended))


def _about(trace: Trace, source: SourceFile, number: int, project: Project) -> Iterator[Section]:
    if trace.calls:
        yield Section(CALLED, tuple(trace.calls))
    for seen in trace.events:
        yield Section(EVENT, seen)
    if not trace.events:
        yield Section(NO_EVENT, tuple(_without_event(trace, source, number, project)))


def _without_event(trace: Trace, source: SourceFile, number: int, project: Project) -> Iterator[Seen]:
    """Why no module was seen to run at the line."""
    function = _function_around(source, number)
    name = "the top level of the file" if function is None else f"`{getattr(function, 'name', '')}`"
    if trace.calls:
        yield Seen("no module is known to run here")
        return
    path = Path(source.filename)
    if not may_misuse(path, project):
        yield Seen("no words in this file indicate a place where a mode matters: nothing in it is analysed")
        return
    starts = entry_points_in_text(path, source.text, project).lines
    line = 0 if function is None else function.lineno
    if line not in starts:
        yield Seen(f"{name} is not analysed as a start: by its words, it reaches no place where a mode matters")
    elif line not in relevance(source).makers.functions_that_construct(source.filename, starts):
        yield Seen(f"{name} is not analysed as a start: by its words, it makes no module")
    yield Seen("no program that was analysed reaches the line")


def _function_around(source: SourceFile, number: int) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """The outermost function, or the method, in which the line is."""
    for node in source.tree.body:
        for each in (node, *(node.body if isinstance(node, ast.ClassDef) else ())):
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if each.lineno <= number <= (each.end_lineno or 0):
                    return each
    return None


def _verdicts(source: SourceFile, number: int) -> Iterator[Seen]:
    """The misuse that is reported at the line, by whatever rule."""
    for misuse in Misuse:
        for place in blamed(source, misuse, every=False):
            if place[1].start.line == number:
                yield Seen(f"{misuse.value} is reported here")
