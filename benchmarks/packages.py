"""The pinned packages that make up the corpus, as packages.toml lists them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"  # ignored by git: nothing of the packages is committed


@dataclass(frozen=True, slots=True)
class Package:
    """One file of one release."""

    name: str
    version: str
    kind: str  # sdist or wheel
    file: str  # as the index calls it
    sha256: str

    @property
    def folder(self) -> str:
        """Its folder below the corpus; labels name their files relative to this folder."""
        return f"{self.name}-{self.version}"


def load(path: Path = HERE / "packages.toml") -> tuple[Package, ...]:
    """The packages in ``path``, in its order.  Raises TypeError for an entry with a field too few or too many."""
    return tuple(Package(**entry) for entry in tomllib.loads(path.read_text("utf-8"))["package"])
