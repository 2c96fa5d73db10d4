"""The JSON of a watched run, which `dropout-lint check --with-runtime` reads; docs/watch.md says what each field is.

Who writes a report makes these values, and who reads one gets them: a key is here or nowhere.  `VERSION` changes when a
field changes its meaning or goes; new fields do not change it, so they have a default: see `encoding`.  The fields
without one are what static findings are compared with.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dropout_lint.runtime.record.encoding import INLINE
from dropout_lint.runtime.record.events import Layer, Place, Span

SCHEMA = "dropout-lint/watch"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Head:
    """What distinguishes a report from other JSON, and this version from others."""

    schema: str
    version: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Of the whole run."""

    calls: int
    steps: int
    exports: int


@dataclass(frozen=True, slots=True)
class WrittenMoment:
    """How many calls and optimizer steps had begun."""

    call: int
    step: int


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """One more fact about a finding."""

    message: str
    place: Place | None = field(metadata=INLINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFinding:
    """A misuse that was observed."""

    code: str
    name: str = ""
    confidence: str
    message: str
    help: str
    model: str = ""
    place: Place = field(metadata=INLINE)
    count: int
    unit: str
    first: WrittenMoment | None = None
    last: WrittenMoment | None = None
    layers: tuple[Layer, ...] = ()
    notes: tuple[WrittenNote, ...]
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class CallCounts:
    """Calls by the mode of the model, and by whether gradients were on."""

    train_grad: int
    train_nograd: int
    eval_grad: int
    eval_nograd: int
    mixed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSite:
    """A line that called a model from outside."""

    place: Place = field(metadata=INLINE)
    model: str = ""
    calls: CallCounts


@dataclass(frozen=True, slots=True)
class WrittenSwitch:
    """A line that set a mode."""

    place: Place = field(metadata=INLINE)
    mode: str
    model: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenExport:
    """A line that exported a model."""

    place: Place = field(metadata=INLINE)
    exporter: str
    model: str = ""
    mode: str
    call: int = 0


@dataclass(frozen=True, slots=True)
class WrittenModes:
    """A combination of modes: the model's, and "t" or "e" for each of its layers."""

    root: bool
    layers: str


@dataclass(frozen=True, slots=True)
class WrittenSegment:
    """Calls that follow one another."""

    calls: tuple[int, int]  # from, to
    steps: tuple[int, int]
    ways: tuple[tuple[int, bool, int], ...]  # index into the modes, gradients, number of calls


@dataclass(frozen=True, slots=True)
class WrittenClass:
    """A module class that is part of a model, and how often the model was called."""

    type: str
    file: str
    line: int
    end_line: int
    calls_train: int
    calls_eval: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenModel:
    """A model that was called from outside any other."""

    name: str = ""
    type: str
    file: str | None = None
    line: int | None = None
    layers: tuple[Layer, ...] = ()
    modes: tuple[WrittenModes, ...] = ()
    segments: tuple[WrittenSegment, ...] = ()
    classes: tuple[WrittenClass, ...]
    steps: int = 0
    own_steps: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenReport:
    """The object that is the whole file."""

    head: Head = field(metadata=INLINE)
    tool: str = ""
    torch: str = ""
    command: tuple[str, ...] = ()
    directory: str
    ended: str = ""
    rank: int | None = None
    totals: Totals | None = None
    notices: tuple[str, ...] = ()
    findings: tuple[WrittenFinding, ...]
    sites: tuple[WrittenSite, ...]
    switches: tuple[WrittenSwitch, ...] = ()
    exports: tuple[WrittenExport, ...]
    models: tuple[WrittenModel, ...]
    step_marks: tuple[tuple[int, int], ...] = ()
    started: str = ""
    seconds: float = 0.0
    times: tuple[tuple[int, float], ...] = ()
    epochs: tuple[tuple[float, int, int], ...] = ()
    losses: tuple[tuple[float | None, int, int], ...] = ()
