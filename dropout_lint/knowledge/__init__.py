"""Facts about other libraries, as data: one TOML file for each kind of fact, with the source of every entry."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@cache
def module_classes() -> dict[str, frozenset[str]]:
    """Classes known to be modules: dotted name to the methods that run at inference beside ``forward``."""
    return {name: frozenset(entry["entries"]) for entry in _read("modules")["module"] for name in entry["names"]}


@dataclass(frozen=True, slots=True)
class Factory:
    """Something in a library that returns a model."""

    pattern: re.Pattern[str]  # of its dotted name
    mode: str  # "train" or "eval": how the model comes
    dependent: bool  # whether the mode matters to it
    loaded: bool  # whether it comes with trained weights
    first_loads: bool  # whether the first positional argument says so
    source: str


@cache
def factories() -> tuple[Factory, ...]:
    """The model factories that are known, in the order of the file."""
    return tuple(
        Factory(
            re.compile(entry["pattern"]),
            entry["mode"],
            entry["dependent"],
            entry["loaded"],
            entry.get("first_loads", False),
            entry["source"],
        )
        for entry in _read("factories")["factory"]
    )


def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text("utf-8"))
    return data
