"""Which functions of a file can lead to a place where a mode matters?  By the words in them, without parsing.

Most functions run no model, and analysing them would find nothing.  The answer may name too many, and too few only
where a function is reached under a name that is computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from dropout_lint.syntax.outline import Unit, code_of, imports, units
from dropout_lint.typestate.roots.sinks import may_hold_sinks, sinks_in

_HUMPS = re.compile(r"(?<=[a-z0-9])([A-Z])")
# Said of every tensor, module, dictionary and text: a project that defines one of these is not what is meant.  Torch
# ends the names of what fills a tensor as in `normal_`.
_SAID_OF_ALL = re.compile(
    r"to|cpu|cuda|type|float|half|double|bfloat16|dtype|device|get|items|keys|values|append|format|join|split|strip"
    r"|\w*[^\W_]_"
)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A function, or the code outside of functions, under one of the words with which others call it."""

    called: str
    unit: Unit

    def speaks_of(self, word: str) -> bool:
        """Whether ``word`` stands in it.  Its own name counts if it stands there again: ``predict`` may call
        ``model.predict``.
        """
        return _stands_in(self.unit.text, word, 2 if word == self.called else 1)


class Outline:
    """The words of one file, as far as they can lead anywhere.  Most files never say a word of those that are asked
    for, so that nothing is taken apart before one is found.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._speaking: dict[str, tuple[Part, ...]] = {}

    @cached_property
    def sinks(self) -> tuple[Part, ...]:
        """Where a mode may matter right in the file."""
        found = sinks_in(self._units, self._code) if may_hold_sinks(self._text) else frozenset()
        return tuple(part for part in self._parts if part.unit in found) if found else ()

    def on(self, lines: frozenset[int]) -> tuple[Part, ...]:
        """The parts that begin on ``lines``."""
        return tuple(part for part in self._parts if part.unit.line in lines) if lines else ()

    def speaking_of(self, word: str) -> tuple[Part, ...]:
        """The parts that are worth following because ``word`` stands in them."""
        if word not in self._speaking:
            parts = self._parts if word in self._text else ()
            self._speaking[word] = tuple(part for part in parts if part.unit.name != "forward" and part.speaks_of(word))
        return self._speaking[word]

    @cached_property
    def hands_on(self) -> bool:
        """Whether it offers what it imports to others: with a star, or as an `__init__` that does nothing else."""
        return not any(unit.name for unit in self._units) or any("*" in names for _, names in imports(self._code))

    @cached_property
    def _code(self) -> str:
        return code_of(self._text)

    @cached_property
    def _units(self) -> tuple[Unit, ...]:
        return units(self._code)

    @cached_property
    def _parts(self) -> tuple[Part, ...]:
        return tuple(Part(called, unit) for unit in self._units for called in _words_for(unit))


def _words_for(unit: Unit) -> tuple[str, ...]:
    """The words with which others likely call ``unit``: ``predictor(x)`` runs ``Predictor.__call__``."""
    if unit.name != "__call__":
        return (unit.called,)
    return (unit.called, _HUMPS.sub(r"_\1", unit.called).lower())


def _stands_in(text: str, word: str, times: int) -> bool:
    """Whether ``word`` stands in ``text`` so many times, not as a piece of another word."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not (_is_of_word(text[at - 1 : at]) or _is_of_word(text[end : end + 1])):
            times -= 1
            if not times:
                return True
        at = text.find(word, end)
    return False


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


@dataclass(frozen=True, slots=True)
class BackwardReach:
    """What in one file leads to where a mode matters."""

    lines: frozenset[int]  # of ``def`` statements; 0 stands for the code outside of functions
    names: frozenset[str]  # the words with which others get there


NOTHING = BackwardReach(frozenset(), frozenset())


def reach(own: Outline, passed: frozenset[str] = frozenset()) -> BackwardReach:
    """What leads to where a mode matters, in a file itself or through the words that its imports have ``passed``."""
    found = set(own.sinks)
    return _closed(own, found, passed | _words_of(found), passed) if found or passed else NOTHING


def widened(known: BackwardReach, own: Outline, passed: frozenset[str], new: frozenset[str]) -> BackwardReach:
    """``known``, of a file, and what leads there through the ``new`` among the words that its imports ``passed``."""
    return _closed(own, set(own.on(known.lines)), new, passed)


def _closed(own: Outline, found: set[Part], asked: frozenset[str], passed: frozenset[str]) -> BackwardReach:
    """``found`` parts, and all that lead to them, or say a word that is ``asked`` for."""
    todo = list(asked)
    known = passed | asked | _words_of(found)
    while todo:
        new = set(own.speaking_of(todo.pop())) - found
        found |= new
        words = _words_of(new) - known
        known |= words
        todo += words
    if not found and not passed:
        return NOTHING
    names = _words_of(found)
    return BackwardReach(
        frozenset(part.unit.line for part in found), names | passed if passed and own.hands_on else names
    )


def _words_of(parts: Iterable[Part]) -> frozenset[str]:
    """The words that lead to ``parts``."""
    return frozenset(part.called for part in parts if part.called and _SAID_OF_ALL.fullmatch(part.called) is None)
