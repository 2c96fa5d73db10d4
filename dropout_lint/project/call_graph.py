"""The call graph of a project by names, without parsing: what a code unit may run, and whether it reaches something.

A unit may run the functions that it names, and the methods of classes that it or these name (as in class hierarchy
analysis: a method counts as soon as its name is mentioned).  What an answer shows is kept for the next query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from functools import cache

from dropout_lint.project.symbol_links import SymbolIndex
from dropout_lint.project.symbols import ClassUnit, CodeUnit, FileSymbols

Query = tuple[CodeUnit, tuple[ClassUnit, ...]]
"""A code unit, and the classes of the objects that it is called on."""


class Reachability:
    """All that some code units reach through the symbols of `SymbolIndex`; ``seen`` is what was visited so far."""

    def __init__(self, symbols: SymbolIndex, starts: Iterable[CodeUnit], classes: Iterable[ClassUnit]) -> None:
        self._symbols = symbols
        self.seen: set[CodeUnit] = set()
        self.is_complete = False  # whether `seen` is all of it
        self._fresh: list[CodeUnit] = []
        self._classes: set[ClassUnit] = set()
        self._modules: set[FileSymbols] = set()
        self._offering: dict[str, list[FileSymbols]] = {}  # these modules, by the names that nothing mentioned yet
        self._attributes: set[str] = set()
        self._waiting: dict[str, list[CodeUnit]] = {}  # methods whose names nothing has mentioned yet
        starts = list(starts)
        self._whole = any(start.is_class for start in starts)
        for each in classes:
            self._add_class(each)
        for start in starts:
            self._add(start)

    def finds(self, is_wanted: Callable[[CodeUnit], bool], most: int) -> bool:
        """Whether a unit that is wanted is reached; the search is breadth first.

        It is given up when more than ``most`` units were visited before the answer is known, except that what the
        starts name themselves is always visited.  A level is visited as a whole or not at all, so that the order in it
        does not matter.
        """
        is_first = True
        while self._fresh:
            level, self._fresh = self._fresh, []
            if any(map(is_wanted, level)):
                return True
            for body in level:
                self._follow(body)
                if len(self.seen) > most and not is_first:
                    return False
            is_first = False
        self.is_complete = True
        return False

    def _follow(self, body: CodeUnit) -> None:
        found = self._symbols.references(body)
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

    def _add_module(self, module: FileSymbols) -> None:
        self._modules.add(module)
        offered = self._symbols.offered(module)
        for name in offered & self._attributes:
            self._reach_in(module, name)
        for name in offered - self._attributes:
            self._offering.setdefault(name, []).append(module)

    def _reach_in(self, module: FileSymbols, name: str) -> None:
        for target in self._symbols.attribute(module, name):
            if isinstance(target, CodeUnit):
                self._add(target)
            elif isinstance(target, ClassUnit):
                self._add_class(target)
            elif target not in self._modules:
                self._add_module(target)

    def _add_class(self, found: ClassUnit) -> None:
        if found in self._classes:
            return
        self._classes.add(found)
        self._add(found.body)
        for name, method in found.methods.items():
            if self._whole or name in self._attributes or (name.startswith("__") and name.endswith("__")):
                self._add(method)
            else:
                self._waiting.setdefault(name, []).append(method)

    def _add(self, body: CodeUnit) -> None:
        if body not in self.seen:
            self.seen.add(body)
            self._fresh.append(body)


class CallGraph:
    """Which code reaches units that are wanted; earlier answers are kept."""

    def __init__(self, symbols: SymbolIndex, is_wanted: Callable[[CodeUnit], bool]) -> None:
        self._symbols = symbols
        self._is_wanted = cache(is_wanted)
        self._in_vain: set[CodeUnit] = set()  # they reach no such unit, whatever class they are called on

    def closure_unless(
        self, starts: Iterable[CodeUnit], classes: Iterable[ClassUnit], most: int
    ) -> set[CodeUnit] | None:
        """All that ``starts``, called on objects of ``classes``, reach.

        None if a unit there is wanted, or if more than ``most`` were visited before that was known.
        """
        search = Reachability(self._symbols, starts, classes)
        return search.seen if not search.finds(self._is_wanted, most) and search.is_complete else None

    def may_reach(self, starts: Iterable[CodeUnit], classes: Iterable[ClassUnit], most: int) -> bool:
        """Whether ``starts`` reach a unit that is wanted before more than ``most`` units were visited.  ``classes`` are
        their owners.
        """
        starts = tuple(starts)
        if len(starts) == 1 and starts[0] in self._in_vain:  # two that reach nothing alone may do so together
            return False
        search = Reachability(self._symbols, starts, classes)
        found = search.finds(self._is_wanted, most)
        if search.is_complete:
            self._in_vain |= search.seen  # they reach no more than the starts do
        return found
