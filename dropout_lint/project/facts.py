"""What answers depend on, in a form that can be kept and checked again: what a file held, what an import resolved to,
which files imported a file.

What was looked for and not found is such a fact, too: an import that resolved to nothing does once the file appears.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from dropout_lint.io.opening import read_regular
from dropout_lint.project.surroundings import Surroundings

Fact = tuple[str, ...]
"""A kind, what it is about, and a digest of what was seen."""


CHANGED: Fact = ("changed",)
"""Something changed while it was looked at: this holds at no time."""


def digest_of(data: bytes) -> str:
    """What a content is known by."""
    import hashlib  # here, because it loads OpenSSL, and without a cache no digest is needed

    return hashlib.blake2b(data, digest_size=16).hexdigest()


def content(path: str, digest: str) -> Fact:
    """The file at ``path`` held what has this digest; one that cannot be read holds nothing."""
    return "content", path, digest


def imports(folder: str, led: Iterable[tuple[str, str]]) -> Fact:
    """In files of ``folder``, these words resolved to that: see `Surroundings.resolve`."""
    words, places = zip(*sorted(led))
    return "imports", folder, " ".join(words), _digest(places)


def importers(path: str, found: Iterable[object]) -> Fact:
    """These files, and no others, may import the one at ``path``."""
    return "importers", path, _digest(map(str, found))


def root(folder: str, found: str) -> Fact:
    """The project around ``folder`` begins at ``found``."""
    return "root", folder, found


def modules(folder: str, found: Sequence[str]) -> Fact:
    """These modules, and no others, lie in ``folder``."""
    return "modules", folder, _digest(found)


class Facts:
    """Looks whether facts still hold.  Each thing is looked at once; ``known`` may give the digest of a file that need
    not be read, and ``surroundings`` may know who imports whom.
    """

    def __init__(
        self, known: Callable[[str], str | None] = lambda path: None, surroundings: Surroundings | None = None
    ) -> None:
        self._known = known
        self._surroundings = surroundings or Surroundings()
        self._held: dict[Fact, bool] = {}

    def hold(self, facts: Iterable[Fact]) -> bool:
        """Whether all ``facts`` are as they were."""
        return all(map(self._holds, facts))

    def _holds(self, fact: Fact) -> bool:
        if fact not in self._held:
            self._held[fact] = self._now(fact) == fact
        return self._held[fact]

    def _now(self, fact: Fact) -> Fact | None:
        """The same fact as it is now; None for what is no fact."""
        around = self._surroundings
        match fact:
            case "content", path, _:
                return content(path, self._known(path) or _digest_of_file(path))
            case "imports", folder, words, _:
                return imports(folder, [(word, around.resolve(folder, word)) for word in words.split(" ")])
            case "importers", path, _:
                return importers(path, around.importers(Path(path)))
            case "root", folder, _:
                return root(folder, around.root(folder))
            case "modules", folder, _:
                return modules(folder, around.modules(folder))
        return None


def _digest_of_file(path: str) -> str:
    try:
        return digest_of(read_regular(path))
    except OSError:
        return digest_of(b"")


def _digest(names: Iterable[str]) -> str:
    return digest_of(os.fsencode("\0".join(names)))
