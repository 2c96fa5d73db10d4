"""Where models are called in a file, and in which mode each is there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from dropout_lint.finding import Position
from dropout_lint.semantic.project import Project, is_test
from dropout_lint.syntax import notebook
from dropout_lint.syntax.decoding import decode
from dropout_lint.typestate.domain.frames import EventKind
from dropout_lint.typestate.domain.modes import Mode
from dropout_lint.typestate.verdicts.project_records import records_around


@dataclass(frozen=True, slots=True)
class Hint:
    """``mode`` holds in the call that ends at ``place``, of the ``cell`` in a notebook."""

    place: Position
    mode: str
    cell: int | None = None


_SAID = {Mode.TRAIN: ("train",), Mode.EVAL: ("eval",), Mode.EITHER: ("train", "eval")}


def mode_hints(filename: str, data: bytes, project: Project) -> tuple[Hint, ...]:
    """The calls of models in the file called ``filename``, which holds ``data``: those whose mode is known in each
    program that reaches them.  "train/eval" is known, too: it differs by path.
    """
    try:
        read = notebook.read(data) if filename.endswith(".ipynb") else None
        source = project.open(filename, decode(data).text if read is None else read.text)
        if is_test(source):
            return ()
        home, found = records_around(source, every=True)
    except (SyntaxError, RecursionError, MemoryError):
        return ()
    modes: dict[Position, set[str]] = defaultdict(set)
    unknown: set[Position] = set()
    for sighting in (sighting for each in found for sighting in each.sightings):
        if sighting.kind is EventKind.FORWARD and sighting.place[0] == home:
            end = sighting.place[1].end
            modes[end].update(_SAID.get(sighting.mode, ()) if sighting.mode is not None else ())
            if sighting.mode in (None, Mode.UNKNOWN):
                unknown.add(end)
    hints = []
    for place in sorted(modes.keys() - unknown):
        if modes[place]:
            said = "/".join(sorted(modes[place], reverse=True))
            if read is None:
                hints.append(Hint(place, said))
            else:
                cell, line = read.locate(place.line)
                hints.append(Hint(Position(line, place.column), said, cell))
    return tuple(hints)
