"""Which functions of a file may reach a place where a mode matters?  By the words in them, without parsing.

Most functions run no model, and analysing them would find nothing.  The answer may name too many, and too few only
where a function is reached under a name that is computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from dropout_lint.syntax.outline import Outline, Unit, occurrences
from dropout_lint.typestate.roots.sinks import sinks_in

_HUMPS = re.compile(r"(?<=[a-z0-9])([A-Z])")
# Attributes of every tensor, module, dictionary and text: a project that defines one of these is not what is meant.
# Torch ends the names of functions that fill a tensor as in `normal_`.
_OF_ALL = re.compile(
    r"to|cpu|cuda|type|float|half|double|bfloat16|dtype|device|get|items|keys|values|append|format|join|split|strip"
    r"|\w*[^\W_]_"
)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A function, or the code outside of functions, under one of the words with which others call it."""

    called: str
    unit: Unit


class Parts:
    """The parts of one file, as far as they matter.  Most files mention none of the words that are looked for: they are
    taken apart at the first one that is found.
    """

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._of: dict[Unit, tuple[Part, ...]] = {}
        self._mentioning: dict[str, tuple[Part, ...]] = {}

    @cached_property
    def sinks(self) -> frozenset[Part]:
        """Where a mode may matter right in the file."""
        return frozenset(part for unit in sinks_in(self._outline) for part in self._parts(unit))

    def on(self, lines: frozenset[int]) -> set[Part]:
        """The parts that begin on ``lines``."""
        if not lines:
            return set()
        units = (*self._outline.functions, self._outline.rest)
        return {part for unit in units if unit.line in lines for part in self._parts(unit)}

    def mentioning(self, word: str) -> tuple[Part, ...]:
        """The parts that are worth following because they mention ``word``.  For a part that is called by it, the word
        counts from its second occurrence on: ``predict`` may call ``model.predict``.
        """
        if word not in self._mentioning:
            self._mentioning[word] = tuple(self._that_mention(word))
        return self._mentioning[word]

    def _that_mention(self, word: str) -> Iterator[Part]:
        times: dict[Unit, int] = {}
        is_outside = False
        for offset in occurrences(word, self._outline.code):
            unit = self._outline.function_at(offset)
            if unit is None:
                is_outside = True
            elif unit.name != "forward":
                times[unit] = times.get(unit, 0) + 1
        for unit, count in times.items():
            yield from (part for part in self._parts(unit) if count > 1 or part.called != word)
        if is_outside and any(True for _ in occurrences(word, self._outline.rest.text)):
            yield from self._parts(self._outline.rest)

    @cached_property
    def reexports(self) -> bool:
        """Whether others find in the file what it imports: by a star, or in an `__init__` that does nothing else."""
        return any(each.name == "*" for each in self._outline.imports) or not self._outline.has_functions

    def _parts(self, unit: Unit) -> tuple[Part, ...]:
        if unit not in self._of:
            self._of[unit] = tuple(Part(called, unit) for called in _words_for(unit))
        return self._of[unit]


def _words_for(unit: Unit) -> tuple[str, ...]:
    """The words with which others likely call ``unit``: ``predictor(x)`` runs ``Predictor.__call__``."""
    if unit.name != "__call__":
        return (unit.called,)
    return (unit.called, _HUMPS.sub(r"_\1", unit.called).lower())


@dataclass(frozen=True, slots=True)
class BackwardReach:
    """What in one file reaches a place where a mode matters."""

    lines: frozenset[int]  # of ``def`` statements; 0 is the code outside of functions
    names: frozenset[str]  # the words with which others get there


NOTHING = BackwardReach(frozenset(), frozenset())


def reach(own: Parts, passed: frozenset[str] = frozenset()) -> BackwardReach:
    """What reaches a place where a mode matters, in a file itself or through the words that its imports ``passed``."""
    found = set(own.sinks)
    return _closed(own, found, passed | _words_of(found), passed) if found or passed else NOTHING


def widened(known: BackwardReach, own: Parts, passed: frozenset[str], new: frozenset[str]) -> BackwardReach:
    """``known``, of a file, and what gets there through the ``new`` among the words that its imports ``passed``."""
    return _closed(own, own.on(known.lines), new, passed)


def _closed(own: Parts, found: set[Part], words: frozenset[str], passed: frozenset[str]) -> BackwardReach:
    """``found`` parts, and all that reach them, or mention one of ``words``."""
    todo = list(words)
    known = passed | words | _words_of(found)
    while todo:
        new = set(own.mentioning(todo.pop())) - found
        found |= new
        more = _words_of(new) - known
        known |= more
        todo += more
    if not found and not passed:
        return NOTHING
    names = _words_of(found)
    return BackwardReach(
        frozenset(part.unit.line for part in found), names | passed if passed and own.reexports else names
    )


def _words_of(parts: Iterable[Part]) -> frozenset[str]:
    """The words with which ``parts`` are called."""
    return frozenset(part.called for part in parts if part.called and _OF_ALL.fullmatch(part.called) is None)
