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
    modules = {module.name for module in pkgutil.iter_modules(__path__)} - {"report"}
    return tuple(sorted(name.replace("_", "-") for name in modules))


def renderer(name: str) -> Callable[[Report], str]:
    """The function that renders a report in the format ``name``, which must be one of `formats`."""
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    return cast(Callable[[Report], str], module.render)
