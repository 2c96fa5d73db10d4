"""Static findings and a watched run, correlated: what did the run do at the places of the findings?

A run proves what it did and nothing about what it did not do, so the words are chosen with care: *refuted* only where
the run certainly came by the very line, *not reached* only where it certainly did not, *not seen* for all between.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dropout_lint.evidence.run_report import Export, Observation, RanClass, RunReport, Site
from dropout_lint.finding import Finding, Note, Position, Runtime, Span

_INFERENCE = ("DRP301", "DRP304")
_TRAINING = "DRP303"
_EXPORT = "DRP306"
_UNREGISTERED = "DRP401"
_IN_FORWARD = ("DRP201", "DRP202", "DRP203", "DRP205", "DRP207", "DRP208", "DRP209", "DRP210", _UNREGISTERED)
_GROUPS = (_INFERENCE, (_TRAINING,), (_EXPORT,), _IN_FORWARD)
"""Codes that name one misuse: a run sees dropout that is on in eval mode, and not always how it came to be written."""

_MOST_SITES = 4096  # that a report lists; beyond them, a line that is missing may have run all the same


@dataclass(frozen=True)
class Correlation:
    """The reports of one or more runs, with their file names as the findings spell them."""

    reports: tuple[RunReport, ...]

    def mark(self, finding: Finding, text: str) -> tuple[Finding, tuple[Observation, ...]]:
        """``finding`` with what the runs say of it, and the observations that say the same; ``text`` is its file's.

        Findings of rules that no run can see come back as they are.
        """
        same = tuple(found for found in self._observations() if self._speaks_of(found, finding))
        if same:
            times = counted(sum(found.count for found in same), same[0].unit)
            return _marked(finding, Runtime.CONFIRMED, times, same[0]), same
        if finding.code in (*_INFERENCE, _TRAINING):
            return self._by_sites(finding), ()
        if finding.code == _EXPORT:
            return self._by_exports(finding), ()
        if finding.code in _IN_FORWARD:
            return self._by_classes(finding, text), ()
        return finding, ()

    def _speaks_of(self, observation: Observation, finding: Finding) -> bool:
        """Whether the run saw what ``finding`` says: at its lines or, of a layer that is kept in a list there, anywhere
        in the class that keeps it.
        """
        codes = next((group for group in _GROUPS if finding.code in group), (finding.code,))
        if observation.code not in codes:
            return False
        if _touches(observation.place.places, finding.filename, finding.span):
            return True
        around = [cls for cls in self._classes() if cls.file == finding.filename and _within(cls, finding)]
        return observation.code == finding.code == _UNREGISTERED and any(
            file == cls.file and cls.line <= line <= cls.end_line
            for cls in around
            for file, line in observation.place.places
        )

    def _observations(self) -> Iterable[Observation]:
        return (found for report in self.reports for found in report.observations)

    def _by_sites(self, finding: Finding) -> Finding:
        sites = [site for report in self.reports for site in report.sites]
        here = [site for site in sites if _touches(site.place.places, finding.filename, finding.span)]
        nearby = [site for site in sites if any(_touches(site.place.places, *place) for place in _noted(finding))]
        if here or nearby:
            return _called(finding, here or nearby, exact=bool(here))
        inside_a_module = any(cls.file == finding.filename and _within(cls, finding) for cls in self._classes())
        if inside_a_module or any(len(report.sites) >= _MOST_SITES for report in self.reports):
            return finding  # only calls from outside of modules are listed
        return _marked(finding, Runtime.NOT_REACHED, "no model was called here")

    def _by_exports(self, finding: Finding) -> Finding:
        exports = [export for report in self.reports for export in report.exports]
        here = [export for export in exports if _touches(export.place.places, finding.filename, finding.span)]
        return _exported(finding, here)

    def _by_classes(self, finding: Finding, text: str) -> Finding:
        classes = list(self._classes())
        if not classes:
            return finding  # nothing is known of any class
        around = [cls for cls in classes if cls.file == finding.filename and _within(cls, finding)]
        if not around:
            return _marked(finding, Runtime.NOT_REACHED, "no model that ran has a module of this class")
        name = around[0].type.rpartition(".")[2]
        if not any(cls.calls_eval for cls in around):
            return _marked(finding, Runtime.NOT_SEEN, f"`{name}` did not run in eval mode, where it would show")
        if any(cls.root and cls.calls_eval for cls in around) and runs_always(text, finding.span.start.line):
            calls = sum(cls.calls_eval for cls in around if cls.root)
            return _marked(
                finding, Runtime.REFUTED, f"{counted(calls, 'call')} of `{name}` in eval mode, and nothing was on here"
            )
        return _marked(finding, Runtime.NOT_SEEN, f"models with `{name}` ran in eval mode, and nothing was on here")

    def _classes(self) -> Iterable[RanClass]:
        return (cls for report in self.reports for cls in report.classes)


def _touches(places: Iterable[tuple[str, int]], filename: str, span: Span) -> bool:
    return any(file == filename and span.start.line <= line <= span.end.line for file, line in places)


def _noted(finding: Finding) -> Iterable[tuple[str, Span]]:
    return ((note.filename or finding.filename, note.span) for note in finding.notes if note.span is not None)


def _within(cls: RanClass, finding: Finding) -> bool:
    return cls.line <= finding.span.start.line <= cls.end_line


def _called(finding: Finding, sites: Sequence[Site], *, exact: bool) -> Finding:
    """What calls say.  Where the finding names another line for the call, that line may serve training, too."""
    train_grad, train_nograd, eval_grad, eval_nograd, mixed = (
        sum(getattr(site, name) for site in sites)
        for name in ("train_grad", "train_nograd", "eval_grad", "eval_nograd", "mixed")
    )
    total = train_grad + train_nograd + eval_grad + eval_nograd + mixed
    if finding.code == _TRAINING:
        wrong, right, mode = eval_grad, train_grad, "eval"
    else:
        wrong, right, mode = train_nograd + (train_grad if exact else 0), eval_grad + eval_nograd, "train"
    if wrong:
        return _marked(finding, Runtime.CONFIRMED, f"{wrong} of {counted(total, 'call')} in {mode} mode")
    if right and not mixed and (exact or not train_grad or finding.code == _TRAINING):
        return _marked(finding, Runtime.REFUTED, f"{counted(total, 'call')}, none in {mode} mode")
    return _marked(finding, Runtime.NOT_SEEN, f"calls in which modes and gradients decide nothing: {total}")


def _exported(finding: Finding, exports: Sequence[Export]) -> Finding:
    if not exports:
        return _marked(finding, Runtime.NOT_REACHED, "nothing was exported here")
    wrong = [export for export in exports if export.mode != "eval"]
    if wrong:
        return _marked(
            finding, Runtime.CONFIRMED, f"{len(wrong)} of {counted(len(exports), 'export')} not in eval mode"
        )
    return _marked(finding, Runtime.REFUTED, f"{counted(len(exports), 'export')}, all in eval mode")


def _marked(finding: Finding, runtime: Runtime, reason: str, seen: Observation | None = None) -> Finding:
    notes = [Note(f"{runtime.words}: {reason}")]
    if seen is not None:
        notes += [
            Note(f"at run time, {remark.message}", remark.file, _at(remark.line))
            for remark in seen.remarks
            if remark.file is not None and remark.line is not None
        ]
    return finding._replace(runtime=runtime, notes=(*finding.notes, *notes))


def _at(line: int) -> Span:
    return Span(Position(max(line, 1), 1), Position(max(line, 1), 1))


def counted(number: int, unit: str) -> str:
    """``3 calls``, ``1 call``."""
    return f"{number} {unit}{'' if number == 1 else 's'}"


def runs_always(text: str, line: int) -> bool:
    """Whether a call of the ``forward`` around ``line`` certainly reaches it: no condition, loop or return before."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and function.name == "forward":
            for statement in function.body:
                if statement.lineno <= line <= (statement.end_lineno or statement.lineno):
                    return isinstance(statement, _SIMPLE) and not _has(statement, _CHOICES)
                if function.lineno <= line and statement.lineno < line and _has(statement, _ENDS):
                    break
    return False


_SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Return)
_CHOICES = (ast.IfExp, ast.BoolOp, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_ENDS = (ast.Return, ast.Raise, ast.Yield, ast.YieldFrom)


def _has(statement: ast.stmt, kinds: tuple[type[ast.AST], ...]) -> bool:
    return any(isinstance(node, kinds) for node in ast.walk(statement))
