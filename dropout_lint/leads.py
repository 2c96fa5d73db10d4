"""Does a piece of code lead to something?  `Search` finds out; what is learnt on the way is remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from dropout_lint.mentioned import Mentioned
from dropout_lint.mentions import Body, Class
from dropout_lint.search import Search


class Leads:
    """Which code leads to code that ``tells``, as far as that was asked."""

    def __init__(self, mentioned: Mentioned, tells: Callable[[Body], bool]) -> None:
        self._mentioned = mentioned
        self._tells = cache(tells)
        self._astray: set[Body] = set()  # they lead nowhere, called on whatever their class is

    def astray(self, starts: Iterable[Body], classes: Iterable[Class], most: int) -> set[Body] | None:
        """All that ``starts``, called on objects of ``classes``, lead to.

        None if something there tells, or if more than ``most`` pieces of code were met before that was clear.
        """
        search = Search(self._mentioned, starts, classes)
        return search.seen if not search.finds(self._tells, most) and search.is_complete else None

    def leads(self, starts: Iterable[Body], classes: Iterable[Class], most: int) -> bool:
        """Whether ``starts`` lead to something that is not too far away: ``most`` is how many pieces of code lie before
        it.  ``classes`` are their owners.
        """
        starts = tuple(starts)
        if len(starts) == 1 and starts[0] in self._astray:  # two that lead nowhere may lead somewhere together
            return False
        search = Search(self._mentioned, starts, classes)
        found = search.finds(self._tells, most)
        if search.is_complete:
            self._astray |= search.seen  # they lead to no more than the question does
        return found
