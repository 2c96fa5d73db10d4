"""Where a report goes: which formats, which files, and one file for each rank of a distributed run."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

FORMATS = ("text", "json", "html")
_DEFAULT_NAME = "dropout-lint-report"


@dataclass(frozen=True, slots=True)
class Output:
    """One report that is wanted."""

    format: str
    path: str | None  # absolute; None: standard error


def parse_outputs(wanted: str | Iterable[str]) -> tuple[Output, ...]:
    """Read ``"text"``, ``"json"``, ``"html=runs/modes.html"``.

    Text without a file goes to standard error, the others to `dropout-lint-report.json` and `.html`.  Paths are made
    absolute now, because the script may change its directory.

    Raises ValueError if a format is unknown or a folder does not exist.
    """
    return tuple(_parse(text) for text in ([wanted] if isinstance(wanted, str) else wanted))


def _parse(text: str) -> Output:
    format, equals, path = text.partition("=")
    if format not in FORMATS:
        raise ValueError(f"unknown report format {format!r}; formats are {', '.join(FORMATS)}, as in `json=FILE`")
    if equals and not path:
        raise ValueError(f"no file after `{text}`")
    if not path:
        if format == "text":
            return Output(format, None)
        path = f"{_DEFAULT_NAME}.{format}"
    path = os.path.abspath(path)
    if not os.path.isdir(os.path.dirname(path)):
        raise ValueError(f"cannot write {path!r}: its folder does not exist")
    return Output(format, path)


def path_for_rank(path: str, rank: int | None) -> str:
    """``path``, with the rank in it for every rank but the first."""
    if not rank:
        return path
    stem, extension = os.path.splitext(path)
    return f"{stem}.rank{rank}{extension}"
