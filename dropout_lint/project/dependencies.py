"""What was read for which query: the facts that its answer depends on.

There are four queries about a file.  That of a run is the name of the file.  What the names in the file mean depends on
the files that it imports from, and on those behind them.  What of it reaches places where modes matter depends on all
that it imports.  Which programs run through it depends on the files that import it, too.  For most files the last two
are never needed.  Every answer about a file depends on its text.  Files go by their canonical names.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dropout_lint.project import facts
from dropout_lint.project.facts import Fact

_NAMES, _MODES, _PROGRAMS = "\0names ", "\0modes ", "\0programs "  # no file name begins so
_NONE: set[str] = set()


def about_names(filename: Path | str) -> str:
    """The query what the names in the file called ``filename`` mean."""
    return f"{_NAMES}{filename}"


def about_modes(filename: Path | str) -> str:
    """The query what in the file called ``filename``, or behind its imports, has to do with modes."""
    return f"{_MODES}{filename}"


def about_programs(filename: Path | str) -> str:
    """The query which programs run through the file called ``filename``, and what they do."""
    return f"{_PROGRAMS}{filename}"


class DependencyLog:
    """Which query has read what.  Nothing is recorded if it is not ``kept``: for a run whose results are not."""

    def __init__(self, *, kept: bool = True) -> None:
        self.kept = kept
        self._facts: dict[str, set[Fact]] = {}  # by query: what its answer depends on
        self._files: dict[str, set[str]] = {}  # by query: other files
        self._questions: dict[str, set[str]] = {}  # by query: other queries
        self._led: dict[str, dict[tuple[str, str], str]] = {}  # by query: what imports resolved to, by folder and word
        self._known: dict[str, frozenset[Fact]] = {}  # by query: thousands of results need the same
        self._contents: dict[str, Fact] = {}

    def add(self, question: str, read: Iterable[Path | str]) -> None:
        """The answer to ``question`` depends on these files, and on the answers to these queries."""
        if not self.kept:
            return
        for name in map(str, read):
            behind = self._questions if name.startswith("\0") else self._files
            if question in behind:
                behind[question].add(name)
            else:
                behind[question] = {name}

    def note(self, question: str, fact: Fact) -> None:
        """The answer to ``question`` depends on this."""
        if self.kept:
            self._facts.setdefault(question, set()).add(fact)
            self._known.pop(question, None)

    def led(self, question: str, folder: str, word: str, found: Path | None) -> None:
        """The answer to ``question`` depends on what ``word`` resolved to in files of ``folder``."""
        if not self.kept:
            return
        led = self._led.setdefault(question, {})
        if (folder, word) not in led:
            led[folder, word] = "" if found is None else str(found)
            self._known.pop(question, None)

    def seen(self, path: Path, digest: str) -> None:
        """The file at ``path`` was read, and held what has this digest."""
        fact = facts.content(str(path), digest)
        if self._contents.setdefault(str(path), fact) != fact:
            self._contents[str(path)] = facts.CHANGED  # some answers depend on the one content, some on the other

    def dependencies(self, filename: str) -> tuple[Fact, ...]:
        """What all that is known of ``filename`` depends on, in a stable order."""
        found: set[Fact] = set()
        files: set[str] = set()
        asked = {filename, about_names(filename)}
        todo = list(asked)
        while todo:
            question = todo.pop()
            found |= self._facts_of(question)
            files.add(question.removeprefix(_NAMES).removeprefix(_MODES).removeprefix(_PROGRAMS))
            files |= self._files.get(question, _NONE)
            new = self._questions.get(question, _NONE) - asked
            asked |= new
            todo += new
        # Nothing depends on a file that was not read.
        found.update([self._contents[path] for path in files if path in self._contents])
        return tuple(sorted(found))

    def _facts_of(self, question: str) -> frozenset[Fact]:
        """What the answer to ``question`` depends on beside files and the answers to other queries."""
        if question not in self._known:
            self._known[question] = frozenset(self._facts_now(question))
        return self._known[question]

    def _facts_now(self, question: str) -> set[Fact]:
        found = set(self._facts.get(question, ()))
        by_folder: dict[str, list[tuple[str, str]]] = {}
        for (folder, word), place in self._led.get(question, {}).items():
            by_folder.setdefault(folder, []).append((word, place))
        found.update(facts.imports(folder, led) for folder, led in by_folder.items())
        return found
