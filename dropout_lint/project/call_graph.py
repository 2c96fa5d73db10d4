"""What pieces of code may run: functions that they name, and methods of classes that they or these name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from functools import cache

from dropout_lint.project.symbol_links import Mentioned
from dropout_lint.project.symbols import Body, Class, Mentions

Question = tuple[Body, tuple[Class, ...]]
"""A piece of code, and the classes of what it is called on."""


class Search:
    """Looks through `Mentioned` for all that some code leads to; ``seen`` is what was met."""

    def __init__(self, mentioned: Mentioned, starts: Iterable[Body], classes: Iterable[Class]) -> None:
        self._mentioned = mentioned
        self.seen: set[Body] = set()
        self.is_complete = False  # whether `seen` is all of it
        self._fresh: list[Body] = []
        self._classes: set[Class] = set()
        self._modules: set[Mentions] = set()
        self._offering: dict[str, list[Mentions]] = {}  # which of these modules offer a name that nothing mentioned yet
        self._attributes: set[str] = set()
        self._waiting: dict[str, list[Body]] = {}  # methods whose names nothing has mentioned yet
        starts = list(starts)
        self._whole = any(start.is_class for start in starts)
        for each in classes:
            self._add_class(each)
        for start in starts:
            self._add(start)

    def finds(self, tells: Callable[[Body], bool], most: int) -> bool:
        """Whether something that is met ``tells``; what is near is met first.

        The search is given up when more than ``most`` pieces of code were met before it is clear, except that what the
        starts name themselves is always looked at.  Those that are equally near are met together or not at all, so that
        their order does not matter.
        """
        is_first = True
        while self._fresh:
            level, self._fresh = self._fresh, []
            if any(map(tells, level)):
                return True
            for body in level:
                self._follow(body)
                if len(self.seen) > most and not is_first:
                    return False
            is_first = False
        self.is_complete = True
        return False

    def _follow(self, body: Body) -> None:
        found = self._mentioned.links(body)
        for target in found.bodies - self.seen:
            self._add(target)
        for each in found.classes - self._classes:
            self._add_class(each)
        for module in found.modules - self._modules:
            self._add_module(module)
        self._mention(body.attributes - self._attributes)

    def _mention(self, new: Set[str]) -> None:
        self._attributes |= new
        for name in new & self._waiting.keys():
            for method in self._waiting.pop(name):
                self._add(method)
        for name in new & self._offering.keys():
            for module in self._offering.pop(name):
                self._reach_in(module, name)

    def _add_module(self, module: Mentions) -> None:
        self._modules.add(module)
        offered = self._mentioned.offered(module)
        for name in offered & self._attributes:
            self._reach_in(module, name)
        for name in offered - self._attributes:
            self._offering.setdefault(name, []).append(module)

    def _reach_in(self, module: Mentions, name: str) -> None:
        for target in self._mentioned.attribute(module, name):
            if isinstance(target, Body):
                self._add(target)
            elif isinstance(target, Class):
                self._add_class(target)
            elif target not in self._modules:
                self._add_module(target)

    def _add_class(self, found: Class) -> None:
        if found in self._classes:
            return
        self._classes.add(found)
        self._add(found.body)
        for name, method in found.methods.items():
            if self._whole or name in self._attributes or (name.startswith("__") and name.endswith("__")):
                self._add(method)
            else:
                self._waiting.setdefault(name, []).append(method)

    def _add(self, body: Body) -> None:
        if body not in self.seen:
            self.seen.add(body)
            self._fresh.append(body)


# Does a piece of code lead to something?  `Search` finds out; what is learnt on the way is remembered.
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
