"""Facts about other libraries, as data: one TOML file for each kind of fact, with the source of every entry."""

from __future__ import annotations

import sys
from functools import cache
from importlib.resources import files

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@cache
def module_classes() -> dict[str, frozenset[str]]:
    """Classes known to be modules: dotted name to the methods that run at inference beside ``forward``."""
    text = files(__name__).joinpath("modules.toml").read_text("utf-8")
    return {name: frozenset(entry["entries"]) for entry in tomllib.loads(text)["module"] for name in entry["names"]}
