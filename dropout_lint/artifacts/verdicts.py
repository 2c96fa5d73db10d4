"""From evidence to findings: what is said, how sure it is, and what belongs together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dropout_lint.artifacts.evidence import Content, Evidence, Hold, Kind, Place
from dropout_lint.finding import Confidence, Finding, Note, Position, Severity, Span

CODE, NAME = "DRP306", "export-in-train-mode"
_MOST_LAYERS = 10  # that are named one by one
_START = Span(Position(1, 1), Position(1, 1))  # a file that is not text has no lines

_CONSEQUENCES = {
    Kind.DROPOUT: "dropout stays on",
    Kind.ATTENTION: "attention dropout stays on",
    Kind.RECURRENT: "dropout between its layers stays on",
    Kind.BATCH_STATISTICS: "each result depends on what else is in its batch",
    Kind.RANDOM_SLOPE: "its slopes stay random",
}


def findings(path: str, content: Content) -> tuple[Finding, ...]:
    """The findings on the file at ``path``: one for each mistake, which names all layers that it shows in.

    Evidence belongs together if it is of one kind, one rate and one class, and from one line of source.
    """
    groups: dict[tuple[object, ...], list[Evidence]] = {}
    for found in content.evidence:
        if found.hold is not Hold.OFF:
            key = (found.hold, found.kind, found.rate, found.owner, found.operation, found.place, found.always)
            groups.setdefault(key, []).append(found)
    evaluated = any(found.hold is Hold.OFF for found in content.evidence)
    made = [_finding(path, content, group, evaluated) for group in groups.values()]
    return tuple(sorted(made, key=lambda finding: finding.sort_key))


def _finding(path: str, content: Content, group: Sequence[Evidence], evaluated: bool) -> Finding:
    first = group[0]
    name = f"`{_subject(first)}`"
    if len(group) > 1:
        name += f" and {len(group) - 1} more like it"
    are = "are" if len(group) > 1 else "is"
    where = f"in this {content.what}"
    consequence = _CONSEQUENCES[first.kind]
    details = _details(first)
    if first.hold is Hold.STORED:
        message = f"{name}{details} {are} in train mode {where}: until `eval()` is called, {consequence}"
        cure = "call `eval()` before saving, and again after loading"
    else:
        may = "can be" if not first.always else are
        message = f"{name}{details} {may} in train mode for good {where}: {consequence}"
        cure = _cure(first, evaluated)
    return Finding(
        code=CODE,
        name=NAME,
        message=message,
        help=cure,
        filename=path,
        span=_START,
        severity=Severity.WARNING if first.hold is Hold.STORED else Severity.ERROR,
        confidence=Confidence.MEDIUM if first.hold is Hold.STORED or not first.always else Confidence.HIGH,
        notes=tuple(_notes(group)),
    )


def _subject(found: Evidence) -> str:
    """What the finding is about: a layer, or an operator in a layer that does more than call it."""
    if found.layer and not _is_called(found):
        return found.layer
    operation = (found.operation or "the model").rpartition(".")[2].removeprefix("ONNX ")
    around = found.layer or (found.owner or "").rpartition(".")[2]
    return f"{operation} in {around}" if around else operation


def _is_called(found: Evidence) -> bool:
    """Whether the user's own code calls the operator, rather than a layer of torch's."""
    if found.operation is None:
        return False
    return not found.owner.startswith("torch.") if found.owner else not found.layer


def _details(found: Evidence) -> str:
    owner = (found.owner or "").rpartition(".")[2]
    words = [owner] if owner and found.layer and not _is_called(found) else []
    if found.rate is not None:
        words.append(f"p={found.rate:g}")
    return f" ({', '.join(words)})" if words else ""


def _cure(found: Evidence, evaluated: bool) -> str:
    before = "call `model.eval()` before the export"
    if found.kind is Kind.BATCH_STATISTICS or not _is_called(found):
        return before
    argument = "dropout_p=p if self.training else 0.0" if found.kind is Kind.ATTENTION else "training=self.training"
    # Where something else in the file is in eval mode, the model was, too, and it is this call that does not ask.
    return f"pass `{argument}`" if evaluated else f"{before}, and pass `{argument}`"


def _notes(group: Sequence[Evidence]) -> Iterable[Note]:
    place = group[0].place
    if place is not None:
        yield Note("it is called here", place.filename, _span(place))
    if len(group) > 1:
        shown = [f"`{found.layer or found.operation}`" for found in group[:_MOST_LAYERS]]
        more = len(group) - len(shown)
        yield Note(f"layers: {', '.join(shown)}{f' and {more} more' if more else ''}")


def _span(place: Place) -> Span:
    start = Position(max(place.line, 1), 1)
    return Span(start, start)
