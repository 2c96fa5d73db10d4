"""Output formats.  Each is one module with a function ``render(report) -> str``; formats are found, not listed."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import cast

from dropout_lint.render.report import Report

__all__ = ["Report", "formats", "renderer"]


def formats() -> tuple[str, ...]:
    """The names of all formats, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "report"))


def renderer(name: str) -> Callable[[Report], str]:
    """The function that renders a report in the format ``name``, which must be one of `formats`."""
    module = importlib.import_module(f"{__name__}.{name}")
    return cast(Callable[[Report], str], module.render)
