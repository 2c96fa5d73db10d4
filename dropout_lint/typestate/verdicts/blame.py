"""Which place in a file is to blame for a misuse: other programs that run through it may do right."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dropout_lint.semantic.project import project_of
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.modes import Mode
from dropout_lint.typestate.verdicts.project_records import records_around, records_through
from dropout_lint.typestate.verdicts.records import Misused, Place, Records, Sighting
from dropout_lint.typestate.verdicts.verdict import Misuse


def blamed(source: SourceFile, misuse: Misuse, *, every: bool) -> dict[Place, Misused]:
    """Every ``misuse`` in ``source`` by the place to report, in the order of the text, one for each place."""
    found: dict[Place, Misused] = {}
    home, known = records_around(source, every=every)
    for misused in (misused for each in known for misused in each.misused):
        if misused.misuse is misuse and misused.sighting.passes_through(home):
            place = _blamed(misused.sighting, _heard(misused.sighting, source))
            if place is not None and place[0] == home:
                found.setdefault(place, misused)
    return dict(sorted(found.items()))


def _heard(sighting: Sighting, source: SourceFile) -> tuple[Records, ...]:
    """What is known of all programs that run through ``source``, and through the file in which the misuse shows itself:
    others may call it rightly.
    """
    filename = sighting.place[0]
    home, every = records_around(source, every=True)
    project = project_of(source)
    if filename == home or project is None:
        return every
    around = records_through(Path(filename), project, source.filename, every=True)
    return every + tuple(known for known in around if known not in every)


def _blamed(sighting: Sighting, every: Iterable[Records]) -> Place | None:
    """The place to report for ``sighting``; None if none is to blame for certain.

    A function that is right for other callers is not to blame: then it is the call that leads there in the wrong mode,
    or with gradients off where others train.
    """
    here = [
        other
        for known in every
        for other in known.sightings
        if other.place == sighting.place and other.kind is sighting.kind
    ]
    right = [
        other
        for other in here
        if other.path != sighting.path  # else it is another turn of a loop over phases
        and _differs(other, sighting)
        and not _is_seen_from_further_out(other, here)
    ]
    if not right:
        return sighting.place
    shared = {place for other in right for place in other.path}
    return next((place for place in reversed(sighting.path) if place not in shared), None)


def _differs(other: Sighting, sighting: Sighting) -> bool:
    return other.mode is not sighting.mode or (other.grad is True and sighting.grad is False)


def _is_seen_from_further_out(sighting: Sighting, others: Iterable[Sighting]) -> bool:
    """Whether nothing is known of ``sighting`` only because it starts inside of calls that others follow from their
    start: a method that is analysed alone, and by a program that makes the object.
    """
    length = len(sighting.path)
    return sighting.mode is Mode.UNKNOWN and any(
        len(other.path) > length and other.path[len(other.path) - length :] == sighting.path for other in others
    )
