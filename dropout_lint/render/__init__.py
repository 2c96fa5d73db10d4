"""Output formats.  Each is one module with a function ``render(report) -> str``; formats are found, not listed."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from dropout_lint.render.report import Report

__all__ = ["formats", "renderer"]


def formats() -> tuple[str, ...]:
    """The names of all formats, sorted."""
    names = (file.removesuffix(".py") for folder in __path__ for file in os.listdir(folder) if file.endswith(".py"))
    return tuple(sorted(name.replace("_", "-") for name in names if name not in ("__init__", "report")))


def renderer(name: str) -> Callable[[Report], str]:
    """The function that renders a report in the format ``name``, which must be one of `formats`."""
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    return cast("Callable[[Report], str]", module.render)
