"""What was read for whom: the facts that the answer to a question rests on.

There are four questions about a file.  The one that a run asks goes by its name.  What the names in it mean leads to
the files that it imports from, and on through them.  What of it leads to where modes matter looks through all that it
imports.  Which programs run through it looks at those who import it, too.  Most files never ask the last two.  Every
answer about a file rests on what the file says.  Files go by their canonical names.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dropout_lint.project import facts
from dropout_lint.project.facts import Fact

_NAMES, _MODES, _PROGRAMS = "\0names ", "\0modes ", "\0programs "  # no file name begins so
_NONE: set[str] = set()


def about_names(filename: Path | str) -> str:
    """The question what the names in the file called ``filename`` mean."""
    return f"{_NAMES}{filename}"


def about_modes(filename: Path | str) -> str:
    """The question what in the file called ``filename``, or behind its imports, has to do with modes."""
    return f"{_MODES}{filename}"


def about_programs(filename: Path | str) -> str:
    """The question which programs run through the file called ``filename``, and what they do."""
    return f"{_PROGRAMS}{filename}"


class DependencyLog:
    """Who has read what.  Nothing is noted if it is not ``kept``: for a run whose results are not."""

    def __init__(self, *, kept: bool = True) -> None:
        self.kept = kept
        self._facts: dict[str, set[Fact]] = {}  # by question: what its answer rests on
        self._files: dict[str, set[str]] = {}  # likewise: other files
        self._questions: dict[str, set[str]] = {}  # likewise: other questions
        self._led: dict[str, dict[tuple[str, str], str]] = {}  # likewise: by folder and word, where imports led
        self._known: dict[str, frozenset[Fact]] = {}  # kept by `_facts_of`: thousands of results ask for the same
        self._contents: dict[str, Fact] = {}

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

    def note(self, question: str, fact: Fact) -> None:
        """The answer to ``question`` rests on this."""
        if self.kept:
            self._facts.setdefault(question, set()).add(fact)
            self._known.pop(question, None)

    def led(self, question: str, folder: str, word: str, found: Path | None) -> None:
        """The answer to ``question`` rests on where an import in a file of ``folder`` led: see `Surroundings`."""
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
            self._contents[str(path)] = facts.CHANGED  # some answers rest on the one content, some on the other

    def dependencies(self, filename: str) -> tuple[Fact, ...]:
        """What all that is known of ``filename`` rests on, in a stable order."""
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
        # What nobody has read, nothing rests on.
        found.update([self._contents[path] for path in files if path in self._contents])
        return tuple(sorted(found))

    def _facts_of(self, question: str) -> frozenset[Fact]:
        """What the answer to ``question`` rests on beside files and the answers to others."""
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
