"""What the tool says: findings, their notes and their fixes, as frozen values.

Static rules and run-time checks both report these, and every output format reads only these: no syntax tree, tensor
or module ever hangs on a finding, so it can be compared, sorted, cached, sent between processes and printed anywhere.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Severity(str, Enum):
    """How much a finding costs if nobody acts on it."""

    ERROR = "error"  # the code raises, or trains or predicts something else than it says
    WARNING = "warning"  # the code runs as written, and the writing is misleading or has no effect


class Applicability(str, Enum):
    """Whether a fix may be applied without asking."""

    SAFE = "safe"  # behaviour stays as it is, or the code raised before
    UNSAFE = "unsafe"  # results change; usually that is the point, but somebody has to want it


class Confidence(str, Enum):
    """How strong the evidence is."""

    HIGH = "high"
    MEDIUM = "medium"  # right nine times in ten


class Runtime(str, Enum):
    """What a watched run has to say about a finding."""

    CONFIRMED = "confirmed"  # the run did what the finding says
    REFUTED = "refuted"  # the run came by that line, and did not
    NOT_REACHED = "not reached"  # the run did not come by
    NOT_SEEN = "not seen"  # the run came near, and that decides nothing
    RUN_ONLY = "run only"  # the run did it, and the code alone did not show it

    @property
    def words(self) -> str:
        """As people read it: ``confirmed at run time``."""
        return "seen only at run time" if self is Runtime.RUN_ONLY else f"{self.value} at run time"


class Position(NamedTuple):
    """A place in a text: ``line`` from 1, ``column`` from 1, counted in characters (not bytes)."""

    line: int
    column: int


class Span(NamedTuple):
    """A piece of text from ``start`` up to, not including, ``end``."""

    start: Position
    end: Position


class Edit(NamedTuple):
    """Replace the text in ``span`` by ``content``; an empty span inserts."""

    span: Span
    content: str


class Fix(NamedTuple):
    """Edits that belong together: all of them are applied, or none."""

    message: str  # what the fix does, as an order: "Write `p=0.3`"
    edits: tuple[Edit, ...]
    applicability: Applicability


class Note(NamedTuple):
    """One more place, or one more fact, that explains a finding."""

    message: str
    filename: str | None = None  # None: the finding's own file
    span: Span | None = None  # None: a fact without a place
    cell: int | None = None  # of a notebook, as in `Finding`


class Finding(NamedTuple):
    """One misuse at one place.

    ``message`` is complete by itself and has no final period; ``help`` is the cure, as an order.  A face that has one
    line joins the two with ``"; "`` (`one_line`).  ``cell`` is the notebook cell, counted from 1, and positions then
    count from the start of that cell; it is None in plain files.
    """

    code: str
    name: str
    message: str
    help: str
    filename: str
    span: Span
    severity: Severity = Severity.WARNING
    confidence: Confidence = Confidence.HIGH
    notes: tuple[Note, ...] = ()
    fix: Fix | None = None
    cell: int | None = None
    runtime: Runtime | None = None  # None: no report of a run was given, or none can decide

    @property
    def one_line(self) -> str:
        """Message and help in one line, for faces such as flake8 that show no more."""
        text = f"{self.message}; {self.help}" if self.help else self.message
        return f"{text} [{self.runtime.words}]" if self.runtime else text

    @property
    def sort_key(self) -> tuple[object, ...]:
        """Findings are shown in this order: by file, cell and place, then by code and wording."""
        return (self.filename, self.cell or 0, self.span, self.code, self.message)
