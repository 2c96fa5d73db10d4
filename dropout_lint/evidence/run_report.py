"""The report of a watched run, as `dropout-lint check --with-runtime` uses it: what findings are compared with."""

from __future__ import annotations

from dataclasses import dataclass

from dropout_lint.io.interchange import Malformed, read_json
from dropout_lint.io.opening import read_regular
from dropout_lint.runtime.record import schema
from dropout_lint.runtime.record.encoding import WrongField, decoded
from dropout_lint.runtime.record.events import Place


class BrokenReport(Exception):
    """A report that cannot be used; the message names the file and what is wrong in it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that ran: where the call is, and the innermost caller outside installed packages."""

    file: str
    line: int
    user_file: str
    user_line: int

    @property
    def places(self) -> tuple[tuple[str, int], ...]:
        """Both places, the user's first."""
        return ((self.user_file, self.user_line), (self.file, self.line))


@dataclass(frozen=True, slots=True)
class Remark:
    """One more place, or one more fact, about something that the run did."""

    message: str
    file: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Observation:
    """A misuse that the run saw."""

    code: str
    message: str
    help: str
    confidence: str  # "high", "medium" or "low"
    place: Line
    count: int
    unit: str  # what was counted: "call", "optimizer step", ...
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """A line that called a model from outside, and how often in which mode, with gradients and without."""

    place: Line
    train_grad: int
    train_nograd: int
    eval_grad: int
    eval_nograd: int
    mixed: int


@dataclass(frozen=True, slots=True)
class Export:
    """A line that exported a model."""

    place: Line
    exporter: str
    mode: str


@dataclass(frozen=True, slots=True)
class RanClass:
    """A module class that is part of a model that ran: its lines, and how often that model was called."""

    type: str
    file: str
    line: int
    end_line: int
    calls_train: int
    calls_eval: int
    root: bool  # the class of the model itself, so that the calls are calls of its `forward`


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one run did."""

    directory: str
    observations: tuple[Observation, ...]
    sites: tuple[Site, ...]
    exports: tuple[Export, ...]
    classes: tuple[RanClass, ...]


def read_report(path: str) -> RunReport:
    """The report at ``path``.  Raises `BrokenReport`."""
    try:
        data = read_json(read_regular(path))
    except OSError as error:
        raise BrokenReport(f"{path}: {error.strerror or error}") from None
    except Malformed as error:
        raise BrokenReport(f"{path}: no report of a watched run: {error}") from None
    if isinstance(data, dict) and data.get("schema") != schema.SCHEMA:
        raise BrokenReport(
            f"{path}: no report of a watched run; make one: `python -m dropout_lint.runtime --report json=FILE SCRIPT`"
        )
    try:
        version = decoded(schema.Head, data).version
        if version != schema.VERSION:
            raise BrokenReport(
                f"{path}: a report of version {version}; this dropout-lint reads version {schema.VERSION}"
            )
        report = decoded(schema.WrittenReport, data)
    except WrongField as error:
        raise BrokenReport(f"{path}: {error}") from None
    return RunReport(
        report.directory,
        tuple(map(_observation, report.findings)),
        tuple(map(_site, report.sites)),
        tuple(Export(_line(export.place), export.exporter, export.mode) for export in report.exports),
        tuple(_class(cls, model) for model in report.models for cls in model.classes),
    )


def _line(place: Place) -> Line:
    return Line(place.file, place.line, place.user_file, place.user_line)


def _observation(found: schema.WrittenFinding) -> Observation:
    remarks = tuple(map(_remark, found.notes))
    return Observation(
        found.code, found.message, found.help, found.confidence, _line(found.place), found.count, found.unit, remarks
    )


def _remark(note: schema.WrittenNote) -> Remark:
    place = note.place
    return Remark(note.message, place.user_file if place else None, place.user_line if place else None)


def _site(site: schema.WrittenSite) -> Site:
    calls = site.calls
    return Site(
        _line(site.place), calls.train_grad, calls.train_nograd, calls.eval_grad, calls.eval_nograd, calls.mixed
    )


def _class(cls: schema.WrittenClass, model: schema.WrittenModel) -> RanClass:
    root = cls.type == model.type
    return RanClass(cls.type, cls.file, cls.line, cls.end_line, cls.calls_train, cls.calls_eval, root)
