"""Which environment a library is measured in, as environments.toml says."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from benchmarks.packages import HERE

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = HERE / "library_modes" / "environments.toml"


def python_of(library: str, homes: Path | None = None) -> Path:
    """The interpreter of the first environment that has ``library``: one in ``homes``, or one that is made here."""
    for one in tomllib.loads(FILE.read_text("utf-8"))["environment"]:
        pinned = {re.split("[=<>]", line)[0] for line in (*one["packages"], *one.get("alone", ()))}
        if library in pinned:
            if homes:
                return homes / str(one["name"]) / "bin" / "python"
            from benchmarks import environments  # which asks for the version of flake8, and libraries come without

            name = f"library-modes-{one['name']}"
            return environments.with_packages(name, one["packages"], one.get("alone", ())) / "python"
    raise SystemExit(f"{FILE}: no environment has {library}")
