"""Stack traces that exporters write into files: which line of the user's code do they point at?"""

from __future__ import annotations

import re
from typing import Any

from dropout_lint.artifacts.values.evidence import Place

_PYTHON = re.compile(r'^ *File "([^"\n]+)", line (\d{1,9})', re.MULTILINE)
_TRACED = re.compile(r"^([^\n(<>]+)\((\d{1,9})\): ", re.MULTILINE)
_TRACER = re.compile(r"^[^\n]*torch[/\\]jit[/\\]_trace\.py\(", re.MULTILINE)
_OF_TORCH = re.compile(r"(^|[/\\])torch[/\\](?:nn|ao|jit|_|export|onnx|fx|utils|autograd|functional|overrides)|^<")
_LONGEST = 64 * 1024


def user_place(trace: Any) -> Place | None:
    """The innermost frame of ``trace``, written as Python writes it, that is not torch's own; None if there is none."""
    frames = _PYTHON.findall(trace[:_LONGEST]) if isinstance(trace, str) else []
    return _first_outside_torch(reversed(frames))


def traced_place(trace: str) -> Place | None:
    """The same for what `torch.jit.trace` writes: one ``file(line): function`` a line, the innermost first.

    What follows torch's own tracer called it, and is no part of the model.
    """
    return _first_outside_torch(iter(_TRACED.findall(_TRACER.split(trace[:_LONGEST])[0])))


def of_torch(filename: str) -> bool:
    """Whether a file is torch's own, or no file."""
    return bool(_OF_TORCH.search(filename))


def _first_outside_torch(frames: Any) -> Place | None:
    return next((Place(name, int(line)) for name, line in frames if not of_torch(name)), None)
