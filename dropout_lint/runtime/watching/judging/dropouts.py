"""Active dropout that the monitor saw, as findings: the monitor says what and where, here it is said when."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dropout_lint.runtime.monitoring.event import DropoutEvent
from dropout_lint.runtime.record.events import Kind, Layer, Place, Span
from dropout_lint.runtime.record.spans import followed
from dropout_lint.runtime.watching.judging.findings import Confidence, Moment, Remark, RunFinding

_MOST = 200  # different events; after them, the moments of further ones are no longer noted
_Seen = tuple[Moment, Moment, int, str | None, tuple[Span, ...]]
"""When an event was seen first and last, how often, below which root, and in which calls."""

_UNKNOWN = Place.at("<unknown>", 0)


class Dropouts:
    """Looks at the monitor's events from time to time, to learn when each was first and last seen."""

    def __init__(self, events: Callable[[], tuple[DropoutEvent, ...]]) -> None:
        self._events = events
        self._seen: list[_Seen] = []  # in the order of events

    def look(self, now: Moment, root: str | None) -> None:
        """Compare the monitor's events with those of the last look; ``root`` was called in between."""
        self._seen = self._looked(self._events(), now, root)

    def _looked(self, events: tuple[DropoutEvent, ...], now: Moment, root: str | None) -> list[_Seen]:
        if len(self._seen) > _MOST:
            return self._seen
        seen, here = self._seen[:], ((now.call, now.call),)
        for number, event in enumerate(events):
            if number == len(seen):
                seen.append((now, now, event.count, root, here))
            elif event.count != seen[number][2]:
                first, _, _, name, spans = seen[number]
                seen[number] = (first, now, event.count, name, followed(spans, here))
        return seen

    def findings(self, now: Moment) -> Iterator[RunFinding]:
        """One finding for each event up to ``now``.  A call changes nothing, so it is possible at any time."""
        events = self._events()
        for (first, last, count, root, spans), event in zip(self._looked(events, now, None), events):
            place = _place(event)
            kind = Kind.BATCH_STATS if event.op in ("batch_norm", "instance_norm") else Kind.STOCHASTIC
            layer = Layer(event.module, event.module_type, kind, event.p)
            yield RunFinding(
                code=event.code,
                name=event.kind.value,
                message=event.message,
                help=event.help,
                confidence=Confidence.HIGH,
                model=root or event.root_type,
                place=place,
                first=first,
                last=last,
                count=count,
                unit="operator call",
                layers=(layer,),
                remarks=(Remark(f"`{event.root_type}` ran `{event.op}`"),),
                op=event.op,
                spans=spans,
            )


def _place(event: DropoutEvent) -> Place:
    if event.file is None or event.line is None:
        return _UNKNOWN
    return Place(event.file, event.line, event.user_file or event.file, event.user_line or event.line)
