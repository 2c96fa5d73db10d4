"""What was read for whom: which files the answer to a question rests on, with a digest of each.

There are three questions about a file.  The one that a run asks goes by its name.  What the names in it mean leads to
the files that it imports from, and on through them.  What of it leads to where modes matter looks through all that it
imports; most files never ask that.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_NAMES, _MODES = "\0names ", "\0modes "  # no file name begins so


def about_names(filename: Path | str) -> str:
    """The question what the names in the file called ``filename`` mean."""
    return f"{_NAMES}{filename}"


def about_modes(filename: Path | str) -> str:
    """The question what in the file called ``filename``, or behind its imports, has to do with modes."""
    return f"{_MODES}{filename}"


class Reads:
    """Who has read what."""

    def __init__(self) -> None:
        self._behind: dict[str, set[str]] = {}
        self._digests: dict[str, str | None] = {}

    def add(self, question: str, read: Iterable[Path | str]) -> None:
        """The answer to ``question`` rests on these files, and on the answers to these questions."""
        self._behind.setdefault(question, set()).update(map(str, read))

    def seen(self, path: Path, digest: str) -> None:
        """The file or folder at ``path`` was looked at, and this is the digest of what was seen."""
        self._digests[str(path)] = digest

    def dependencies(self, filename: str) -> tuple[tuple[str, str | None], ...]:
        """The files that what is known of ``filename`` rests on, with a digest of each; None: it was missed."""
        seen: set[str] = set()
        todo = [filename, about_names(filename)]
        while todo:
            new = self._behind.get(todo.pop(), set()) - seen
            seen |= new
            todo += [question for question in new if question.startswith("\0")]
        return tuple((path, self._digests.get(path)) for path in sorted(seen) if not path.startswith("\0"))
