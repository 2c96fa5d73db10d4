"""`check --with-runtime`: the findings of a check, with what watched runs say of them, and what only the runs saw."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from dropout_lint.driver.discovery import Target
from dropout_lint.evidence.correlation import Correlation, counted
from dropout_lint.evidence.run_report import BrokenReport, Line, Observation, RunReport, read_report
from dropout_lint.finding import Confidence, Finding, Note, Position, Runtime, Span
from dropout_lint.io.opening import read_regular
from dropout_lint.io.printable import printable
from dropout_lint.lint.file_result import FileResult
from dropout_lint.lint.registry import all_rules, rule_by_code
from dropout_lint.render.report import relative
from dropout_lint.syntax.decoding import decode
from dropout_lint.syntax.noqa import Suppressions


def with_reports(paths: Sequence[str], results: Sequence[FileResult], targets: Sequence[Target]) -> list[FileResult]:
    """``results`` with the findings marked, and with those added that only a run saw.

    ``paths`` are reports of watched runs; ``targets`` are the files that were checked.  A report that cannot be used
    becomes a result with the reason as its error, and the others count.
    """
    reports: list[tuple[str, RunReport]] = []
    broken: list[FileResult] = []
    for path in paths:
        try:
            reports.append((path, read_report(path)))
        except BrokenReport as error:
            broken.append(FileResult(path, error=str(error)))
    if not reports:
        return [*results, *broken]
    names = {os.path.realpath(target.path): target.path for target in targets}
    meeting = Correlation(tuple(_renamed(report, _Names(names, report.directory)) for _, report in reports))
    _warn_of_changes([path for path, _ in reports], meeting, names)
    used: set[int] = set()
    marked = []
    for result in results:
        text = _text(result.filename) if result.findings or result.suppressed else ""
        groups: list[tuple[Finding, ...]] = []
        for findings in (result.findings, result.suppressed):
            pairs = [meeting.mark(found, text) if found.cell is None else (found, ()) for found in findings]
            groups.append(tuple(found for found, _ in pairs))
            used.update(id(seen) for _, same in pairs for seen in same)
        marked.append(result._replace(findings=groups[0], suppressed=groups[1]))
    left = [found for report in meeting.reports for found in report.observations if id(found) not in used]
    return [*_added(marked, left, {target.path: target for target in targets}), *broken]


def _added(
    results: Sequence[FileResult], observations: Sequence[Observation], targets: dict[str, Target]
) -> list[FileResult]:
    """``results`` with a finding for each of ``observations`` in the files that were checked."""
    by_file: dict[str, list[Observation]] = {}
    known = {rule.code for rule in all_rules()}
    for found in observations:
        if found.confidence in ("high", "medium") and found.code in known:
            by_file.setdefault(found.place.user_file, []).append(found)
    elsewhere = sorted(file for file in by_file if file not in targets)
    if elsewhere:
        count = sum(len(by_file[file]) for file in elsewhere)
        places = ", ".join(map(relative, elsewhere[:3])) + (", ..." if len(elsewhere) > 3 else "")
        said = f"note: the run saw {count} more in files that were not checked: {places}"
        print(printable(said), file=sys.stderr)
    out = []
    for result in results:
        seen = by_file.get(result.filename)
        out.append(_with(result, seen, targets[result.filename]) if seen else result)
    return out


def _with(result: FileResult, observations: Sequence[Observation], target: Target) -> FileResult:
    text = _text(result.filename)
    codes = {rule.code for rule in target.settings.rules_for(target.path)}
    least = target.settings.min_confidence
    found = [_finding(observation, text.splitlines()) for observation in observations if observation.code in codes]
    certain = [finding for finding in found if least is Confidence.MEDIUM or finding.confidence is Confidence.HIGH]
    kept, suppressed = Suppressions(text).split(certain)
    findings = sorted((*result.findings, *kept), key=lambda finding: finding.sort_key)
    return result._replace(findings=tuple(findings), suppressed=(*result.suppressed, *suppressed))


def _finding(observation: Observation, lines: Sequence[str]) -> Finding:
    rule = rule_by_code(observation.code)
    place = observation.place
    notes = [Note(f"{Runtime.RUN_ONLY.words}: {counted(observation.count, observation.unit)}")]
    if (place.file, place.line) != (place.user_file, place.user_line):
        notes.append(Note("it happened here", place.file, _span(place.line)))
    for remark in observation.remarks:
        span = None if remark.line is None else _span(remark.line)
        notes.append(Note(remark.message, remark.file, span))
    return Finding(
        rule.code,
        rule.name,
        observation.message,
        observation.help,
        place.user_file,
        _span(place.user_line, lines),
        rule.severity,
        Confidence(observation.confidence),
        tuple(notes),
        runtime=Runtime.RUN_ONLY,
    )


def _span(line: int, lines: Sequence[str] = ()) -> Span:
    """The text on ``line``, or its start where the text is not at hand."""
    line = max(line, 1)
    text = lines[line - 1].rstrip() if line <= len(lines) else ""
    start = len(text) - len(text.lstrip()) + 1
    return Span(Position(line, start), Position(line, max(len(text) + 1, start)))


@dataclass(frozen=True)
class _Names:
    """Finds out which checked file a path of the report is: the run may have been elsewhere."""

    checked: dict[str, str]  # from real path to the name in findings
    directory: str  # where the run was started

    def __call__(self, path: str) -> str:
        try:
            real = os.path.realpath(path)
            if real in self.checked:
                return self.checked[real]
            inside = os.path.relpath(path, self.directory)
            return self.checked.get(os.path.realpath(inside), path)
        except ValueError:  # another drive, on Windows; a text that no file can be called
            return path


def _renamed(report: RunReport, name: Callable[[str], str]) -> RunReport:
    def line(place: Line) -> Line:
        return replace(place, file=name(place.file), user_file=name(place.user_file))

    def observation(found: Observation) -> Observation:
        remarks = tuple(replace(note, file=note.file and name(note.file)) for note in found.remarks)
        return replace(found, place=line(found.place), remarks=remarks)

    return replace(
        report,
        observations=tuple(map(observation, report.observations)),
        sites=tuple(replace(site, place=line(site.place)) for site in report.sites),
        exports=tuple(replace(export, place=line(export.place)) for export in report.exports),
        classes=tuple(replace(cls, file=name(cls.file)) for cls in report.classes),
    )


def _warn_of_changes(paths: Sequence[str], meeting: Correlation, names: dict[str, str]) -> None:
    """Say which files were changed after the run: their lines may have moved since."""
    checked = set(names.values())
    for path, report in zip(paths, meeting.reports):
        made = _written(path)
        files = sorted({file for file in _files(report) if file in checked and _written(file) > made})
        if files:
            shown = ", ".join(map(relative, files[:3])) + (", ..." if len(files) > 3 else "")
            said = f"warning: {shown}: changed after the run of {path}, so lines may have moved"
            print(printable(said), file=sys.stderr)


def _written(path: str) -> float:
    """When the file at ``path`` was written; long ago if it has gone since."""
    try:
        return os.path.getmtime(path)
    except OSError:
        return 0.0


def _files(report: RunReport) -> Iterator[str]:
    lines = [found.place for found in report.observations] + [site.place for site in report.sites]
    for place in (*lines, *(export.place for export in report.exports)):
        yield from (file for file, _ in place.places)
    yield from (cls.file for cls in report.classes)


def _text(filename: str) -> str:
    try:
        return decode(read_regular(filename)).text
    except (OSError, SyntaxError):
        return ""
