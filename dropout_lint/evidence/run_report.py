"""The report of a watched run, as `dropout-lint check --with-runtime` reads it: the JSON that docs/watch.md describes.

Only what static findings are compared with is read; fields that this version does not know are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from dropout_lint.io.interchange import Malformed, read_json
from dropout_lint.io.opening import read_regular

SCHEMA = "dropout-lint/watch"
VERSION = 1
_LARGEST = 1 << 53
_T = TypeVar("_T")


class BrokenReport(Exception):
    """A report that cannot be used; the message names the file and what is wrong in it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that ran: where the call is, and the first place outside installed packages that led to it."""

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
    root = _Reader(path, "", data)
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise BrokenReport(
            f"{path}: no report of a watched run; make one: `python -m dropout_lint.runtime --report json=FILE SCRIPT`"
        )
    version = root.number("version")
    if version != VERSION:
        raise BrokenReport(f"{path}: a report of version {version}; this dropout-lint reads version {VERSION}")
    return RunReport(
        root.text("directory"),
        root.each("findings", _observation),
        root.each("sites", _site),
        root.each("exports", lambda item: Export(_line(item), item.text("exporter"), item.text("mode"))),
        tuple(cls for classes in root.each("models", _classes) for cls in classes),
    )


class _Reader:
    """One object of the report; says which field is wrong."""

    def __init__(self, path: str, where: str, data: Any) -> None:
        self._path, self._where, self.data = path, where, data
        if not isinstance(data, dict):
            raise self._wrong("", "an object")

    def text(self, name: str) -> str:
        return self._get(name, str, "a string")

    def number(self, name: str) -> int:
        value = self._get(name, int, "a whole number")
        if isinstance(value, bool):
            raise self._wrong(name, "a whole number")
        if not 0 <= value < _LARGEST:  # sums of them are printed, and Python prints no number of any length
            raise self._wrong(name, "a whole number that a run can reach")
        return value

    def inner(self, name: str) -> _Reader:
        return _Reader(self._path, f"{self._where}{name}.", self.data.get(name))

    def each(self, name: str, read: Callable[[_Reader], _T]) -> tuple[_T, ...]:
        return tuple(map(read, self._items(name)))

    def _items(self, name: str) -> Iterator[_Reader]:
        for number, item in enumerate(self._get(name, list, "a list")):
            yield _Reader(self._path, f"{self._where}{name}[{number}].", item)

    def _get(self, name: str, kind: type[_T], called: str) -> _T:
        value = self.data.get(name)
        if not isinstance(value, kind):
            raise self._wrong(name, called)
        return value

    def _wrong(self, name: str, called: str) -> BrokenReport:
        return BrokenReport(f"{self._path}: `{(self._where + name).strip('.') or 'the report'}` is not {called}")


def _line(item: _Reader) -> Line:
    return Line(item.text("file"), item.number("line"), item.text("user_file"), item.number("user_line"))


def _observation(item: _Reader) -> Observation:
    code, message, cure, confidence = map(item.text, ("code", "message", "help", "confidence"))
    count, unit, remarks = item.number("count"), item.text("unit"), item.each("notes", _remark)
    return Observation(code, message, cure, confidence, _line(item), count, unit, remarks)


def _remark(item: _Reader) -> Remark:
    if "user_file" not in item.data:
        return Remark(item.text("message"), None, None)
    return Remark(item.text("message"), item.text("user_file"), item.number("user_line"))


def _site(item: _Reader) -> Site:
    calls = item.inner("calls")
    names = ("train_grad", "train_nograd", "eval_grad", "eval_nograd", "mixed")
    return Site(_line(item), *map(calls.number, names))


def _classes(model: _Reader) -> tuple[RanClass, ...]:
    kind = model.text("type")

    def read(item: _Reader) -> RanClass:
        name, file = item.text("type"), item.text("file")
        line, end, training, evaluating = map(item.number, ("line", "end_line", "calls_train", "calls_eval"))
        return RanClass(name, file, line, end, training, evaluating, root=name == kind)

    return model.each("classes", read)
