"""What a line of a file must hold before a rule is shown the statement around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

Confirm = Callable[[str, str, int], bool]
"""Whether a line that matches counts.  Called with the line, the text of the file (or its bytes as Latin-1), and the
offset in it at which the line ends."""


class Trigger(NamedTuple):
    """What a line holds before a rule is shown the statement around it.

    Every match of ``pattern`` (a regular expression for one line) contains one of ``words``.  A regular expression
    alone would be fifty times slower than the search for the words.  Where the words are in too many lines, ``anchor``
    is looked for instead of them: a regular expression that begins with a word and matches where ``pattern`` does.  A
    file without the ``required_word`` is dismissed as a whole.  ``confirm`` may look at more than the line that
    matches, and dismiss it after all.
    """

    words: tuple[str, ...]
    pattern: str
    required_word: str = "torch"
    confirm: Confirm | None = None
    anchor: str = ""
    others: tuple[Trigger, ...] = ()

    def __or__(self, other: Trigger) -> Trigger:
        """A trigger for what either of two finds."""
        return self._replace(others=(*self.others, *other.parts))

    @property
    def parts(self) -> tuple[Trigger, ...]:
        """The single triggers that this one is joined from."""
        return (self._replace(others=()), *self.others)


NEVER = Trigger((), r"(?!)")
"""For rules that visit nothing: the engine itself reports their code."""
