"""Regular expressions that a project writes into its knowledge files: compiled, if no name can keep them busy.

`re` tries one way after the other to spread a name over a pattern.  How many ways there can be is counted here from
the text of the pattern, roughly and never too low; a pattern that has too many is refused, and the message says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from math import factorial

from dropout_lint.knowledge.limits import LONGEST

_MOST_WAYS = 5_000_000  # tried in a tenth of a second
_MOST_DEPTH = 50  # brackets in brackets

_TOKEN = re.compile(
    r"(?P<open>\((?:\?(?:[:=!>]|<[=!]|P<\w*>|[aiLmsux-]+:))?)|(?P<close>\))|(?P<bar>\|)"
    r"|(?P<repeat>(?:[*+?]|\{(?P<least>\d*)(?P<to>,?)(?P<most>\d*)\})[?+]?)"
    r"|(?P<atom>\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.)",
    re.DOTALL,
)

_FLAGS = re.compile(r"\(\?[aiLmsux-]")


class TooManyWays(ValueError):
    """A pattern for which some name would take too long to match."""


@dataclass(frozen=True, slots=True)
class _Ways:
    """In how many ways something can match from one place: ``factor`` times the ways to place ``ends`` ends."""

    ends: int = 0
    factor: int = 1

    def then(self, other: _Ways) -> _Ways:
        return _Ways(self.ends + other.ends, self.factor * other.factor)

    def count(self) -> int:
        return self.factor * int(LONGEST**self.ends) // factorial(self.ends)


def compiled(text: str) -> re.Pattern[str]:
    """``text`` as a regular expression.  Raises `re.error` where it is none, and `TooManyWays`."""
    try:
        pattern = re.compile(text)
    except (RecursionError, OverflowError) as error:  # brackets in brackets; counts beyond all bounds
        raise re.error(str(error)) from None
    ways = _Counter(text).ways()
    if ways.ends > 20 or ways.count() > _MOST_WAYS:
        raise TooManyWays("it matches in too many ways: repeat less, and nothing that repeats or chooses inside")
    return pattern


class _Counter:
    """Counts the ways of one pattern."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_TOKEN.finditer(text))[::-1]  # the next one last
        self._flags = _FLAGS.search(text) is not None  # then a character may match others

    def ways(self) -> _Ways:
        """The ways of the whole pattern."""
        ways = self._alternatives(0)
        while self._tokens:  # only after a bracket that closes nothing, such as one in a comment
            ways = ways.then(self._alternatives(0))
        return ways

    def _alternatives(self, depth: int) -> _Ways:
        """The ways of the pattern up to the bracket that closes."""
        if depth > _MOST_DEPTH:
            raise TooManyWays("it has brackets in brackets in brackets")
        found: list[tuple[str, _Ways]] = []
        while True:
            found.append(self._sequence(depth))
            if not self._tokens or self._tokens.pop().lastgroup == "close":
                break
        starts = sorted(start for start, _ in found)
        # Where no alternative begins as another one does, at most one of them matches.
        apart = not self._flags and not any(other.startswith(start) for start, other in pairwise(starts))
        factors = [ways.factor for _, ways in found]
        return _Ways(max(ways.ends for _, ways in found), max(factors) if apart else sum(factors))

    def _sequence(self, depth: int) -> tuple[str, _Ways]:
        """The plain text that begins the part up to the next `|` or closing bracket, and the ways of that part."""
        start, at_start, ways = "", True, _Ways()
        while self._tokens and self._tokens[-1].lastgroup not in ("close", "bar"):
            token = self._tokens.pop()
            grouped = token.lastgroup == "open"
            item = self._alternatives(depth + 1) if grouped else _Ways()
            character = None if grouped else _character(token[0])
            if self._tokens and self._tokens[-1].lastgroup == "repeat":
                item = self._repeated(item, self._tokens.pop(), None if grouped else token[0])
                character = None
            at_start = at_start and character is not None
            start += (character or "") if at_start else ""
            ways = ways.then(item)
        return start, ways

    def _repeated(self, item: _Ways, repeat: re.Match[str], atom: str | None) -> _Ways:
        least, most = _bounds(repeat)
        if item.ends or item.factor > 1:
            if most <= 1:
                return _Ways(item.ends, item.factor + 1)
            return _Ways(item.ends * most, min(item.factor, 1000) ** min(most, 100))
        if least == most or (atom is not None and self._has_one_end(atom)):
            return item
        return _Ways(0, most - least + 1) if most <= 3 else _Ways(1, 1)

    def _has_one_end(self, atom: str) -> bool:
        """Whether a repetition of ``atom`` can only end in one place: the character that must follow is none of it."""
        following = self._tokens[-1] if self._tokens else None
        if self._flags or following is None or following.lastgroup != "atom":
            return False
        if len(self._tokens) > 1 and self._tokens[-2].lastgroup == "repeat":  # it may be missing
            return False
        character = _character(following[0])
        return character is not None and re.fullmatch(atom, character) is None


def _character(atom: str) -> str | None:
    """The character that ``atom`` matches; None if it may match several, or a position."""
    if len(atom) == 1:
        return None if atom in ".^$" else atom
    return atom[1] if len(atom) == 2 and atom[0] == "\\" and not atom[1].isalnum() else None


def _bounds(repeat: re.Match[str]) -> tuple[int, int]:
    """How often ``repeat`` repeats: at least, and at most."""
    if repeat[0][0] in "*+?":
        return int(repeat[0][0] == "+"), 1 if repeat[0][0] == "?" else LONGEST
    least = int(repeat["least"][:6] or 0)
    most = int(repeat["most"][:6]) if repeat["most"] else LONGEST if repeat["to"] else least
    return min(least, LONGEST), min(most, LONGEST)
