"""A name for the tool as it is: results that another one has left hold no more."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from functools import cache

from dropout_lint.io.opening import read_regular
from dropout_lint.lint.rule_files import rules_package
from dropout_lint.version import VERSION

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_APART = frozenset(["__pycache__", "artifacts", "render", "runtime", "server", "testing", "why"])
"""Folders of the package in which nothing decides what is found."""


@cache
def tool_digest() -> str:
    """A digest of all that decides results beside the files: version, Python, and the code of the tool.

    Where it is installed, the list that the installer keeps has the digest of every file.
    """
    digest = hashlib.blake2b(f"{VERSION} {sys.version_info[:2]}".encode(), digest_size=16)
    record = _record(os.path.dirname(_PACKAGE))
    if record is not None:
        digest.update(record)
        return digest.hexdigest()
    for file in sorted({*_files(_PACKAGE), *(path for folder in rules_package().__path__ for path in _files(folder))}):
        digest.update(os.path.basename(file).encode() + read_regular(file))
    return digest.hexdigest()


def _record(packages: str) -> bytes | None:
    """What the installer says of the files that it has put into the folder ``packages``; None in a checkout."""
    for name in sorted(os.listdir(packages)):
        if name.startswith("dropout_lint-") and name.endswith(".dist-info"):
            try:
                record = read_regular(os.path.join(packages, name, "RECORD"))
            except OSError:
                continue
            if b"dropout_lint/driver/tool_digest.py,sha256=" in record:
                return record
    return None


def _files(folder: str) -> Iterator[str]:
    for entry in os.scandir(folder):
        if entry.is_dir():
            if entry.name not in _APART:
                yield from _files(entry.path)
        elif entry.name.endswith((".py", ".toml")):
            yield entry.path
