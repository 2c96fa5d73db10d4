"""Can any rule find something here at all?  Cheap answers that may say "maybe" too often, but never hide a finding.

Each rule promises, by its `Trigger`, what stands in a line of every statement where it finds something.  So text is searched for
words first, at the speed of a substring search, and only the statements around a match are walked.  A name can be bound to another
(``import Dropout as Drop``, ``Drop = nn.Dropout``); such aliases become triggers too.  A test checks whole corpora with and without
the scout.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dropout_lint.rule import Rule


@dataclass(frozen=True, slots=True)
class Trigger:
    """What a line holds before a rule is shown the statement around it.

    Every match of ``pattern`` (a regular expression for one line) contains one of ``words``.  A regular expression alone would be
    fifty times slower than the search for the words.  A file without the word ``needs`` is dismissed as a whole.
    """

    words: tuple[str, ...]
    pattern: str
    needs: str = "torch"
    others: tuple[Trigger, ...] = ()

    def __or__(self, other: Trigger) -> Trigger:
        """A trigger for what either of two finds."""
        return replace(self, others=(*self.others, *other.parts))

    @property
    def parts(self) -> tuple[Trigger, ...]:
        """The single triggers that this one is joined from."""
        return (replace(self, others=()), *self.others)


NEVER = Trigger((), r"(?!)")
"""For rules that visit nothing: the engine itself reports their code."""


def triggers_of(rules: Sequence[type[Rule]]) -> tuple[Trigger, ...]:
    """The distinct single triggers of ``rules``, which many of them share."""
    return _parts(tuple(rule.triggers for rule in rules))


@lru_cache(maxsize=64)
def _parts(triggers: tuple[Trigger, ...]) -> tuple[Trigger, ...]:
    return tuple(dict.fromkeys(part for trigger in triggers for part in trigger.parts if part.words))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def may_find(data: bytes, rules: Sequence[type[Rule]]) -> bool:
    """Whether any of ``rules`` may find something in the file whose content is ``data``; False is certain.

    Misuse of torch needs torch: a file that never says so is dismissed at once.
    """
    if b"torch" not in data:
        return False
    return any(_is_triggered(trigger, data) for trigger in triggers_of(rules) if trigger.needs.encode() in data)


def _is_triggered(trigger: Trigger, data: bytes) -> bool:
    pattern = _compiled(trigger.pattern)
    for word in map(str.encode, trigger.words):
        at = data.find(word)
        while at >= 0:
            start, end = _line_around(data, at)
            if pattern.search(data[start:end].decode("latin-1")):
                return True
            at = data.find(word, end)
    return False


def _line_around(data: bytes, at: int) -> tuple[int, int]:
    """Where the line around offset ``at`` begins and ends; a lone carriage return ends one too."""
    start = max(data.rfind(b"\n", 0, at), data.rfind(b"\r", max(at - 1000, 0), at)) + 1
    ends = [end for end in (data.find(b"\n", at), data.find(b"\r", at, at + 1000)) if end >= 0]
    return start, min(ends, default=len(data))


def lines_to_visit(lines: Sequence[str], rules: Sequence[type[Rule]], *, text: str) -> list[int]:
    """The numbers, from 1 and sorted, of the ``lines`` of ``text`` at which some of ``rules`` is triggered."""
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    found: set[int] = set()
    for trigger in triggers_of(rules):
        if trigger.needs in text:
            found |= _triggered_lines(trigger, lines, starts, text)
    return sorted(found)


def _triggered_lines(trigger: Trigger, lines: Sequence[str], starts: Sequence[int], text: str) -> set[int]:
    pattern = _compiled(trigger.pattern)
    words = trigger.words
    found: set[int] = set()
    known: set[str] = set()
    while words:
        triggered = [number for number in _lines_with(words, text, starts) if pattern.search(lines[number - 1])]
        found.update(triggered)
        aliases = {alias for number in triggered for alias in _aliases(lines[number - 1], pattern)} - known
        known |= aliases
        words = tuple(sorted(aliases))
        pattern = _compiled(rf"\b(?:{'|'.join(words)})\b")
    return found


def _lines_with(words: Sequence[str], text: str, starts: Sequence[int]) -> Iterator[int]:
    seen: set[int] = set()
    for word in words:
        at = text.find(word)
        while at >= 0:
            number = bisect_right(starts, at)
            if number not in seen:
                seen.add(number)
                yield number
            at = text.find(word, starts[number] if number < len(starts) else len(text))


_IMPORTED_AS = re.compile(r"(\w+)\s+as\s+(\w+)")
_ASSIGNED = re.compile(r"\s*(\w+)(?:\s*:[^=]+)?\s*=\s*([\w.]+)\s*(?:#.*)?$")


def _aliases(line: str, pattern: re.Pattern[str]) -> Iterator[str]:
    """Other names that ``line`` gives to what ``pattern`` matches."""
    for name, alias in _IMPORTED_AS.findall(line):
        if pattern.search(name):
            yield alias
    assigned = _ASSIGNED.match(line)
    if assigned is not None and pattern.search(assigned.group(2)):
        yield assigned.group(1)
