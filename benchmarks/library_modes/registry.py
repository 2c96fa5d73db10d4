"""Probes: one small function each, found by its decorator."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import benchmarks.library_modes.families as families


@dataclass(frozen=True)
class Probe:
    """``run`` makes the call ``text`` of ``callee`` on a model and an input, and returns what the call returned."""

    library: str
    callee: str
    text: str
    run: Callable[[Any, Any], Any]
    watched: bool


_PROBES: list[Probe] = []


def probe(library: str, callee: str, text: str, *, watched: bool = True) -> Callable[[Callable[[Any, Any], Any]], Any]:
    """Register a probe.  ``watched=False``: the model has plain layers only, for what compiles the source."""

    def register(run: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        _PROBES.append(Probe(library, callee, text, run, watched))
        return run

    return register


def probes() -> list[Probe]:
    """All probes of all families, in one order."""
    for module in pkgutil.iter_modules(families.__path__):
        importlib.import_module(f"{families.__name__}.{module.name}")
    return sorted(_PROBES, key=lambda one: (one.library, one.callee, one.text))
