"""The report as a person reads it at the end of the script's output."""

from __future__ import annotations

import linecache
import os
from collections.abc import Callable, Sequence

from dropout_lint.io.printable import printable
from dropout_lint.runtime.record.events import Layer
from dropout_lint.runtime.watching.judging.findings import Confidence, Remark, RunFinding
from dropout_lint.runtime.watching.reporting.report import RunReport

_BOLD, _RED, _BLUE, _CYAN, _RESET = "\x1b[1m", "\x1b[1;31m", "\x1b[1;34m", "\x1b[36m", "\x1b[0m"
_MOST_LAYERS = 5
_Paint = Callable[[str, str], str]


def render(report: RunReport, color: bool = False) -> str:
    """A block for each finding, and a line that says what was watched."""

    def paint(text: str, style: str) -> str:
        return f"{style}{text}{_RESET}" if color else text

    blocks = [_block(finding, report, paint) + "\n" for finding in report.findings]
    return "".join([*blocks, *(f"dropout-lint: {printable(notice)}\n" for notice in report.notices), _summary(report)])


def _summary(report: RunReport) -> str:
    script = printable(os.path.basename(report.command[0])) if report.command else "the script"
    where = "" if report.rank is None else f" on rank {report.rank}"
    ended = {"finished": "", "running": ", so far"}.get(report.ended, ", until it stopped early")
    watched = f"{many(report.calls, 'model call')}, {many(report.steps, 'optimizer step')}{ended}"
    found = many(len(report.findings), "finding") if report.findings else "no findings"
    return f"dropout-lint: {found} in {script}{where} ({watched})\n"


def many(count: int, noun: str) -> str:
    """ "1 call", "2,000 calls"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _block(finding: RunFinding, report: RunReport, paint: _Paint) -> str:
    place = finding.place
    gutter = " " * len(str(place.user_line))
    level = "" if finding.confidence is not Confidence.LOW else "(worth a look) "
    at = paint(printable(_at(place.user_file, place.user_line, report)), _BOLD)
    head = f"{at}: {paint(finding.code, _RED)} {level}{printable(finding.message)}\n"
    parts = [head, _quote(place.user_file, place.user_line, gutter, paint)]

    def fact(word: str, text: str) -> None:
        parts.append(f"{gutter} {paint('=', _BLUE)} {paint(word, _CYAN)}: {printable(text)}\n")

    fact("when", when_text(finding, report))
    fact("layers", _layers(finding.layers))
    if (place.file, place.line) != (place.user_file, place.user_line):
        fact("note", f"{_at(place.file, place.line, report)}  calls the model")
    for remark in finding.remarks:
        fact("note", remark_text(remark, report))
    fact("help", finding.help)
    return "".join(parts)


def remark_text(remark: Remark, report: RunReport) -> str:
    """A remark with its place, and with the library's line in between."""
    place = remark.place
    if place is None:
        return remark.message
    where = _at(place.user_file, place.user_line, report)
    via = ""
    if (place.file, place.line) != (place.user_file, place.user_line):
        via = f" (through {_at(place.file, place.line, report)})"
    return f"{where}  {remark.message}{via}"


def when_text(finding: RunFinding, report: RunReport) -> str:
    """How often, and from when to when."""
    first, last = finding.first, finding.last
    if finding.unit == "optimizer step":
        span = f"step {first.step:,}" if first.step == last.step else f"step {first.step:,} to {last.step:,}"
        if finding.out_of is None or finding.out_of == report.steps:
            return f"{finding.count:,} of {many(report.steps, 'optimizer step')}: {span}"
        return f"{finding.count:,} of {many(finding.out_of, 'optimizer step')} of its own: {span} of the run"
    after = (
        f", {'the first' if finding.count > 1 else 'that'} after optimizer step {first.step:,}" if first.step else ""
    )
    return f"{many(finding.count, finding.unit)}{after}"


def _layers(layers: Sequence[Layer]) -> str:
    """The layers, dropout first."""
    ordered = sorted(layers, key=lambda layer: layer.p is None)
    shown = [layer_text(layer) for layer in ordered[:_MOST_LAYERS]]
    more = len(ordered) - len(shown)
    return ", ".join(shown) + (f", and {more} more" if more else "")


def layer_text(layer: Layer) -> str:
    """Name, class and drop probability of a layer."""
    details = layer.type if layer.p is None else f"{layer.type}, p={layer.p:g}"
    return f"`{layer.path or 'the model itself'}` ({details})"


def _at(file: str, line: int, report: RunReport) -> str:
    return f"{shortened(file, report.directory)}:{line}"


def shortened(file: str, directory: str) -> str:
    """``file`` relative to ``directory`` if it is in it."""
    if file.startswith(directory.rstrip(os.sep) + os.sep):
        return os.path.relpath(file, directory)
    return file


def _quote(file: str, line: int, gutter: str, paint: _Paint) -> str:
    source = linecache.getline(file, line).rstrip()
    if not source:
        return ""
    text = printable(source.expandtabs(4))
    bar = paint("|", _BLUE)
    return f"{gutter} {bar}\n{paint(str(line), _BLUE)} {bar} {text}\n{gutter} {bar}\n"
