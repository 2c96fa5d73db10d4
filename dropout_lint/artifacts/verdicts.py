"""From evidence to findings: what is said, how sure it is, and what belongs together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dropout_lint.artifacts.formats.onnx_model import ONNX_MODEL
from dropout_lint.artifacts.values.evidence import Content, Evidence, Hold, Kind, Place
from dropout_lint.artifacts.values.operators import drops_by_name
from dropout_lint.finding import Confidence, Finding, Note, Position, Severity, Span
from dropout_lint.knowledge.consequences import DROPOUT_STAYS_ON

CODE, NAME = "DRP306", "export-in-train-mode"
_MOST_LAYERS = 5  # of a kind, that are named one by one
_START = Span(Position(1, 1), Position(1, 1))  # a file that is not text has no lines
_BEFORE = "call `model.eval()` before the export"

_CONSEQUENCES = {
    Kind.DROPOUT: DROPOUT_STAYS_ON,
    Kind.RECURRENT: DROPOUT_STAYS_ON,
    Kind.ATTENTION: DROPOUT_STAYS_ON,
    Kind.BATCH_STATISTICS: "results depend on what else is in the batch",
    Kind.RANDOM_SLOPE: "slopes stay random",
    Kind.NOISE: "noise stays on",
}


_ONNX_RUNTIMES = (
    "a default session of onnxruntime drops where the Dropout reads an input of the graph or an initializer, or writes "
    "an output of the graph, and removes it elsewhere; other runtimes refuse it or drop"
)
"""Run with onnxruntime 1.32.0 and OpenVINO 2026.4.1: `findings/onnxruntime_keeps_dropout_at_the_edges.sh`."""


def findings(path: str, content: Content) -> tuple[Finding, ...]:
    """The findings on the file at ``path``: one for each mistake, which names all layers that it shows in.

    That layers are in train mode is one mistake, however many there are.  Each line of the user's code that calls an
    operator is another: it reads the mode, or does not.
    """
    layers: dict[tuple[object, ...], list[Evidence]] = {}
    calls: dict[tuple[object, ...], list[Evidence]] = {}
    for found in content.evidence:
        if found.hold is Hold.OFF:
            continue
        if _is_called(found):
            key = (found.hold, found.kind, found.rate, found.owner, found.operation, found.place, found.always)
            calls.setdefault(key, []).append(found)
        else:
            # Where `eval()` would clear it, on which paths it is on is of no interest.
            layers.setdefault((found.hold, found.always or found.hold is Hold.STORED), []).append(found)
    evaluated = any(found.hold is Hold.OFF for found in content.evidence)
    made = [_finding(path, content, _once(group), _BEFORE) for group in layers.values()]
    made += [_finding(path, content, group, _cure(group[0], evaluated)) for group in calls.values()]
    return tuple(sorted(made, key=lambda finding: finding.sort_key))


def _finding(path: str, content: Content, group: Sequence[Evidence], cure: str) -> Finding:
    first = group[0]
    stored = first.hold is Hold.STORED
    are = "can be" if not first.always and not stored else "are" if len(group) > 1 else "is"
    mode = "in train mode" if stored else "in train mode for good"
    consequence = _joined(_CONSEQUENCES[found.kind] for found in group)
    until = "until `eval()` is called, " if stored else ""
    return Finding(
        code=CODE,
        name=NAME,
        message=f"{_subject(group)} {are} {mode} in this {content.what}: {until}{consequence}",
        help="call `eval()` before saving, and again after loading" if stored else cure,
        filename=path,
        span=_START,
        severity=Severity.WARNING if stored else Severity.ERROR,
        confidence=Confidence.MEDIUM if stored or not first.always else Confidence.HIGH,
        notes=(*_notes(group), *_runtimes(group, content)),
    )


def _once(group: Sequence[Evidence]) -> list[Evidence]:
    """``group`` without what else is known of a layer that is called more than once."""
    named = {(found.layer or number, found.kind, found.rate): found for number, found in reversed([*enumerate(group)])}
    return list(reversed(named.values()))


def _subject(group: Sequence[Evidence]) -> str:
    """What the finding is about: a layer, or an operator in a layer that does more than call it."""
    first = group[0]
    if len(group) == 1:
        return f"`{_name(first)}`{_details(first)}"
    thing = "call" if _is_called(first) else "layer"
    more = f"{len(group) - 1} more {thing}{'' if len(group) == 2 else 's'}"
    return f"`{_name(first)}`{_details(first) if _is_called(first) else ''} and {more}"


def _name(found: Evidence) -> str:
    if found.layer and not _is_called(found):
        return found.layer
    operation = (found.operation or "the model").rpartition(".")[2].removeprefix("ONNX ")
    around = found.layer or (found.owner or "").rpartition(".")[2]
    return f"{operation} in {around}" if around else operation


def _is_called(found: Evidence) -> bool:
    """Whether the user's own code calls the operator, rather than a layer of torch's."""
    if found.operation is None:
        return False
    if drops_by_name(found.owner):
        return False
    return not found.owner.startswith("torch.") if found.owner else not found.layer


def _details(found: Evidence) -> str:
    words = _words(found)
    return f" ({words})" if words else ""


def _words(found: Evidence) -> str:
    owner = (found.owner or "").rpartition(".")[2]
    words = [owner] if owner and found.layer and not _is_called(found) else []
    if found.rate is not None:
        words.append(f"p={found.rate:g}")
    return ", ".join(words)


def _cure(found: Evidence, evaluated: bool) -> str:
    if found.kind in (Kind.BATCH_STATISTICS, Kind.NOISE):
        return _BEFORE
    argument = "dropout_p=p if self.training else 0.0" if found.kind is Kind.ATTENTION else "training=self.training"
    # Where something else in the file is in eval mode, the model was, too, and it is this call that does not ask.
    return f"pass `{argument}`" if evaluated else f"{_BEFORE}; if it stays on, pass `{argument}`"


def _notes(group: Sequence[Evidence]) -> Iterator[Note]:
    if len(group) == 1:
        if group[0].place is not None:
            yield _placed("it is called here", group[0].place)
        return
    alike: dict[tuple[str, Place | None], list[str]] = {}
    for found in group:
        alike.setdefault((_words(found), found.place), []).append(f"`{found.layer or found.operation}`")
    for (words, place), names in alike.items():
        more = len(names) - _MOST_LAYERS
        shown = ", ".join(names[:_MOST_LAYERS]) + (f" and {more} more" if more > 0 else "")
        yield _placed(f"{words}: {shown}" if words else shown, place)


def _runtimes(group: Sequence[Evidence], content: Content) -> Iterator[Note]:
    """What becomes of a Dropout of ONNX is for the runtime to say, and runtimes differ."""
    if content.what == ONNX_MODEL and any(found.kind is Kind.DROPOUT for found in group):
        yield Note(_ONNX_RUNTIMES)


def _placed(message: str, place: Place | None) -> Note:
    if place is None:
        return Note(message)
    start = Position(max(place.line, 1), 1)
    return Note(message, place.filename, Span(start, start))


def _joined(words: Iterable[str]) -> str:
    *others, last = dict.fromkeys(words)
    return f"{', '.join(others)} and {last}" if others else last
