"""What was read for whom: which files the answer to a question rests on, with a digest of each.

There are three questions about a file.  The one that a run asks goes by its name.  What the names in it mean leads to
the files that it imports from, and on through them.  What of it leads to where modes matter looks through all that it
imports; most files never ask that.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_NAMES, _MODES = "\0names ", "\0modes "  # no file name begins so
_NONE: set[str] = set()


def about_names(filename: Path | str) -> str:
    """The question what the names in the file called ``filename`` mean."""
    return f"{_NAMES}{filename}"


def about_modes(filename: Path | str) -> str:
    """The question what in the file called ``filename``, or behind its imports, has to do with modes."""
    return f"{_MODES}{filename}"


class Reads:
    """Who has read what.  Nothing is noted if it is not ``kept``: for a run whose results are not."""

    def __init__(self, *, kept: bool = True) -> None:
        self.kept = kept
        self._files: dict[str, set[str]] = {}  # by question: what its answer rests on
        self._questions: dict[str, set[str]] = {}  # likewise: other questions
        self._digests: dict[str, str | None] = {}

    def add(self, question: str, read: Iterable[Path | str]) -> None:
        """The answer to ``question`` rests on these files, and on the answers to these questions."""
        if not self.kept:
            return
        for name in map(str, read):
            behind = self._questions if name.startswith("\0") else self._files
            if question in behind:
                behind[question].add(name)
            else:
                behind[question] = {name}

    def seen(self, path: Path, digest: str) -> None:
        """The file or folder at ``path`` was looked at, and this is the digest of what was seen."""
        self._digests[str(path)] = digest

    def dependencies(self, filename: str) -> tuple[tuple[str, str | None], ...]:
        """The files that what is known of ``filename`` rests on, with a digest of each; None: it was missed."""
        files: set[str] = set()
        asked = {filename, about_names(filename)}
        todo = list(asked)
        while todo:
            question = todo.pop()
            files |= self._files.get(question, _NONE)
            new = self._questions.get(question, _NONE) - asked
            asked |= new
            todo += new
        return tuple((path, self._digests.get(path)) for path in sorted(files))
