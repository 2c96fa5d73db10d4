"""What the analysis of modes knew of a line: what is called there, each event with its mode, and what ended it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from dropout_lint.semantic.project import Project, is_test
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.trace import Line, Seen, Trace, traced
from dropout_lint.typestate.evaluation.skipping import relevance
from dropout_lint.typestate.roots.entry_points import entry_points_in_text, may_misuse
from dropout_lint.typestate.verdicts.blame import blamed
from dropout_lint.typestate.verdicts.project_records import records_around
from dropout_lint.typestate.verdicts.records import Place, Records
from dropout_lint.why.answer import Section

SPENT, ENDED, ELSEWHERE, CALLED, EVENT, NO_EVENT = (
    "Budgets that ended an analysis",
    "What ended it",
    "Reported elsewhere",
    "What is called",
    "An event",
    "No event at this line",
)
"""Headings."""


def sections(source: SourceFile, lines: range, project: Project) -> Iterator[Section]:
    """What is known of the statement on ``lines`` of ``source``, in ``project``, which nobody used before."""
    if is_test(source):
        yield Section(NO_EVENT, (Seen("this is a test file: modes in tests are not judged"),))
        return
    if not any(isinstance(node, ast.Call) and node.lineno in lines for node in ast.walk(source.tree)):
        yield Section(NO_EVENT, (Seen("nothing is called here"),))
        return
    trace = Trace(source.filename, lines.start, lines.stop - 1)
    with traced(trace):
        _, records = records_around(source, every=True)
    reported = tuple(_reported(source, lines, records, project))
    limits = dict.fromkeys(limit for each in records for limit in each.limits)
    if trace.calls:
        yield Section(CALLED, tuple(trace.calls))
    for seen in trace.events:
        yield Section(EVENT, seen)
    if not trace.events:
        yield Section(NO_EVENT, tuple(_without_event(trace, source, lines.start, project)))
    if limits:
        yield Section(SPENT, tuple(Seen(limit.spent.value, Line(limit.filename, limit.line)) for limit in limits))
    if reported:
        yield Section(ELSEWHERE, reported)
    if trace.silences:
        yield Section(ENDED, tuple(trace.silences))


def _without_event(trace: Trace, source: SourceFile, number: int, project: Project) -> Iterator[Seen]:
    """Why no module was seen to run at the line."""
    function = _function_around(source, number)
    name = "the top level of the file" if function is None else f"`{function.name}`"
    if trace.calls:
        yield Seen("no module is known to run here")
        return
    path = Path(source.filename)
    if not may_misuse(path, project):
        yield Seen("as far as its words say, no model is run in this file, and no file that imports it misuses a mode")
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


def _reported(source: SourceFile, lines: range, records: Iterable[Records], project: Project) -> Iterator[Seen]:
    """The misuse that shows itself here and is reported at another line: at a caller, most often."""

    def is_here(place: Place) -> bool:
        return place[0] == source.filename and place[1].start.line in lines

    found: dict[Seen, None] = {}
    for misused in (misused for each in records for misused in each.misused):
        places = (misused.sighting.place, *misused.sighting.path)
        if not any(map(is_here, places)):
            continue
        for filename in dict.fromkeys(place[0] for place in places):
            home = source if filename == source.filename else project.source(Path(filename))
            for place, other in blamed(home, misused.misuse, every=False).items() if home is not None else ():
                if other.sighting == misused.sighting and not is_here(place):
                    line = Line(place[0], place[1].start.line)
                    found[Seen(f"{misused.misuse.value} is reported where this is called", line)] = None
    yield from found
