"""Active dropout, and batch norm in train mode, inside exported files; found without running them and without torch."""

from __future__ import annotations

import os

from dropout_lint.artifacts.inspection import read_file
from dropout_lint.artifacts.readers.limits import Unreadable
from dropout_lint.artifacts.verdicts import findings
from dropout_lint.finding import Finding

__all__ = ["Unreadable", "inspect_file"]


def inspect_file(path: str | os.PathLike[str]) -> tuple[Finding, ...]:
    """The findings on one exported file: `.pt2`, TorchScript, a pickled module, or `.onnx`.

    Files that hold no mode (state dicts, safetensors) have none.  Nothing in the file is executed or imported, and
    neither torch nor onnx is needed.  Raises `Unreadable` where the file is none of these,
    broken, or not to be trusted.
    """
    name = os.fspath(path)
    return findings(name, read_file(name))
