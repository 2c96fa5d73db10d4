"""Can any rule find something here at all?  Cheap answers that may say "maybe" too often, but never hide a finding.

Each rule promises, by its `Trigger`, what is in a line of every statement where it finds something.  So text is
searched for words first, at the speed of a substring search, and only the statements around a match are walked.  A name
can be bound to another (``import Dropout as Drop``, ``Drop = nn.Dropout``); such aliases become triggers too.  A test
checks whole corpora with and without the prefilter.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from dropout_lint.io.late_pattern import late
from dropout_lint.knowledge.vocabulary import LIBRARIES
from dropout_lint.lint.rule_files import AnyRule
from dropout_lint.lint.trigger import Confirm, Trigger

UNUSED = "DRP002"
"""Judges comments, and so files that nothing else is to be found in."""


class _Search(NamedTuple):
    """One word to look for, or the anchor in its place, and the patterns that its line may match."""

    word: str
    required_word: str
    patterns: tuple[tuple[re.Pattern[str], Confirm | None], ...]
    anchor: re.Pattern[str] | None = None

    def next(self, text: str, start: int) -> int:
        """The first place in ``text``, from ``start`` on, where it occurs; -1 if it does not."""
        if self.anchor is None:
            return text.find(self.word, start)
        found = self.anchor.search(text, start)
        return -1 if found is None else found.start()

    def matches(self, line: str, text: str, end: int) -> bool:
        """Whether ``line``, which ends at the offset ``end`` of ``text``, matches a pattern that is confirmed."""
        for pattern, confirm in self.patterns:  # a loop, because this runs for every other line
            if pattern.search(line) and (confirm is None or confirm(line, text, end)):
                return not line.lstrip().startswith("#")
        return False


class _Plan:
    """What to look for on behalf of some triggers: the ``searches`` in the order in which to run them."""

    def __init__(self, triggers: tuple[Trigger, ...]) -> None:
        self.searches = list(_searches(triggers))

    def finds(self, text: str) -> bool:
        """Whether anything is found in ``text``.  A search that has found something moves forward by one: for most
        texts one search is enough.
        """
        for position, search in enumerate(self.searches):
            if search.required_word in text and _is_triggered(search, text):
                if position:
                    self.searches[position - 1 : position + 1] = [search, self.searches[position - 1]]
                return True
        return False


def _plan(rules: Sequence[AnyRule]) -> _Plan:
    return _planned(tuple([rule.triggers for rule in rules]))


_planned = lru_cache(maxsize=256)(_Plan)
_late = lru_cache(maxsize=256)(late)  # what several plans look for is compiled once


def _searches(triggers: tuple[Trigger, ...]) -> Iterator[_Search]:
    """Each word once, and none that contains another: a search that finds ``drop`` has found ``dropout``."""
    parts = dict.fromkeys(part for trigger in triggers for part in trigger.parts)
    patterns: dict[tuple[str, str, str], dict[tuple[str, Confirm | None], None]] = {}
    for part in parts:
        alike = [other for other in parts if (other.required_word, other.anchor) == (part.required_word, part.anchor)]
        words = [word for other in alike for word in other.words]
        for word in part.words:
            root = min((other for other in words if other in word), key=lambda other: (len(other), other))
            patterns.setdefault((root, part.required_word, part.anchor), {})[part.pattern, part.confirm] = None
    for (word, required_word, anchor), found in sorted(patterns.items(), key=lambda item: item[0]):
        patterns_of_word = tuple((_late(pattern), confirm) for pattern, confirm in found)
        yield _Search(word, required_word, patterns_of_word, _late(anchor) if anchor else None)


def may_matter(data: bytes) -> bool:
    """Whether any rule at all may find something in ``data``: the fastest check of all."""
    return any(word.encode() in data for word in LIBRARIES) or (b"noqa" in data and b"DRP" in data)


def needs_parsing(data: bytes, rules: Sequence[AnyRule]) -> bool:
    """Whether any of ``rules`` may find something in ``data``."""
    names = {rule.code for rule in rules}
    return may_find(data, rules) or (UNUSED in names and b"noqa" in data and b"DRP" in data)


def may_find(data: bytes, rules: Sequence[AnyRule]) -> bool:
    """Whether any of ``rules`` may find something in the file whose content is ``data``; False is certain.

    Misuse of torch needs torch, or a library that hides it: a file that mentions neither is dismissed at once.
    """
    return any(word.encode() in data for word in LIBRARIES) and may_find_in(data.decode("latin-1"), rules)


def may_find_in(text: str, rules: Sequence[AnyRule]) -> bool:
    """The same for the file that says ``text``."""
    if not any(word in text for word in LIBRARIES):
        return False
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _plan(rules).finds(text)


def triggered(text: str, rules: Sequence[AnyRule]) -> list[AnyRule]:
    """Those of ``rules`` that may find something in ``text``."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    known: dict[Trigger, bool] = {}
    found = []
    for rule in rules:
        for part in _parts(rule.triggers):
            if part not in known:
                known[part] = _planned((part,)).finds(text)
            if known[part]:
                found.append(rule)
                break
    return found


@lru_cache(maxsize=256)
def _parts(trigger: Trigger) -> tuple[Trigger, ...]:
    return trigger.parts


def _is_triggered(search: _Search, text: str) -> bool:
    at = search.next(text, 0)
    while at >= 0:
        end = text.find("\n", at)
        if end < 0:
            end = len(text)
        if search.matches(text[text.rfind("\n", 0, at) + 1 : end], text, end):
            return True
        at = search.next(text, end)
    return False


def lines_to_visit(lines: Sequence[str], rules: Sequence[AnyRule], *, text: str) -> list[int]:
    """The numbers, from 1 and sorted, of the ``lines`` of ``text`` at which some of ``rules`` is triggered."""
    starts = list(accumulate(map(len, lines), initial=0))
    found: set[int] = set()
    aliases: set[str] = set()
    for search in _plan(rules).searches:
        if search.required_word in text:
            _collect(search, lines, starts, text, found, aliases)
    if aliases:
        found |= _lines_that_mention(aliases, lines)
    return sorted(found)


def _lines_that_mention(names: set[str], lines: Sequence[str]) -> set[int]:
    """The numbers of the ``lines`` that mention ``names``, or other names for the same things."""
    stands: dict[str, list[int]] = {}
    for number, line in enumerate(lines, 1):
        if not line.lstrip().startswith("#"):
            for word in set(_WORD.findall(line)):
                stands.setdefault(word, []).append(number)
    todo, known = [*names], set(names)
    found: dict[int, list[tuple[str, str]]] = {}
    while todo:
        name = todo.pop()
        for number in stands.get(name, ()):
            if number not in found:
                found[number] = list(_names_given(lines[number - 1]))
            new = {alias for meant, alias in found[number] if name in _WORD.findall(meant)} - known
            known |= new
            todo += new
    return set(found)


def _collect(
    search: _Search, lines: Sequence[str], starts: Sequence[int], text: str, found: set[int], aliases: set[str]
) -> None:
    """Add to ``found`` the lines that ``search`` finds, and to ``aliases`` the names that they give to what it looks
    for.
    """
    for number in _lines_with(search, text, starts):
        end = starts[number]
        if search.matches(lines[number - 1].rstrip("\r\n"), text, end):
            found.add(number)
            for meant, alias in _names_given(lines[number - 1]):
                if any(pattern.search(meant) for pattern, _ in search.patterns):
                    aliases.add(alias)


def _lines_with(search: _Search, text: str, starts: Sequence[int]) -> Iterator[int]:
    at = search.next(text, 0)
    while at >= 0:
        number = bisect_right(starts, at)
        yield number
        at = search.next(text, starts[number] if number < len(starts) else len(text))


_WORD = late(r"\w+")
_IMPORTED_AS = late(r"\b(\w+)\s+as\s+(\w+)")
_ASSIGNED = late(r"\s*(\w+)\s*(?::[^=]+)?=\s*([\w.]+)\s*(?:#.*)?$")


def _names_given(line: str) -> Iterator[tuple[str, str]]:
    """What ``line`` gives another name, and that name."""
    if " as " in line:
        yield from _IMPORTED_AS.findall(line)
    assigned = _ASSIGNED.match(line)
    if assigned is not None:
        yield assigned.group(2), assigned.group(1)
