"""What holds at one point of the program: names, attributes, modes, and whether gradients are recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from dropout_lint.typestate.modes import Mode, ModeFact
from dropout_lint.typestate.values import UNKNOWN, Kind, Obj, Value, join_values, objects

K = TypeVar("K")
V = TypeVar("V")

_LOST = ModeFact(Mode.UNKNOWN)


class State:
    """A mutable state; `copy` before changing one that somebody else holds.

    ``local`` are the names of the function at hand, ``shared`` the module-level names by file, ``attributes`` what
    objects hold, ``modes`` the mode of each object that was set by itself; a part without an own entry follows its
    parent.  ``grad`` is None where it differs by path.  ``exposed`` are objects that code out of sight may hold.
    """

    __slots__ = ("attributes", "exposed", "grad", "local", "modes", "shared")

    def __init__(self) -> None:
        self.local: dict[str, Value] = {}
        self.shared: dict[tuple[str, str], Value] = {}
        self.attributes: dict[tuple[Obj, str], Value] = {}
        self.modes: dict[Obj, ModeFact] = {}
        self.exposed: frozenset[Obj] = frozenset()
        self.grad: bool | None = True

    def copy(self) -> State:
        """An independent copy."""
        new = State()
        new.local, new.shared = dict(self.local), dict(self.shared)
        new.attributes, new.modes = dict(self.attributes), dict(self.modes)
        new.exposed, new.grad = self.exposed, self.grad
        return new

    def join(self, other: State) -> bool:
        """Let in what holds in ``other``; returns whether that changed anything.

        What only one side knows is kept: on the other path the name or object does not exist.
        """
        changed = _join_into(self.local, other.local, join_values)
        changed |= _join_into(self.shared, other.shared, join_values)
        changed |= _join_into(self.attributes, other.attributes, join_values)
        changed |= _join_into(self.modes, other.modes, ModeFact.join)
        if not other.exposed <= self.exposed:
            self.exposed |= other.exposed
            changed = True
        if self.grad is not other.grad and self.grad is not None:
            self.grad = None
            changed = True
        return changed

    def mode(self, obj: Obj) -> ModeFact:
        """The mode of ``obj`` itself, without regard to its parts."""
        holder: Obj | None = obj
        while holder is not None:
            if holder in self.modes:
                return self.modes[holder]
            holder = holder.parent
        return _LOST

    def whole_mode(self, obj: Obj) -> ModeFact:
        """The mode of ``obj`` and all its parts; unknown if they differ."""
        fact = self.mode(obj)
        parts = [*self.parts(obj), *(other for other in self.modes if _is_below(other, obj))]
        if all(self.mode(part).mode is fact.mode for part in parts):
            return fact
        return _LOST

    def set_mode(self, obj: Obj, fact: ModeFact) -> None:
        """Put ``obj`` and all its parts in a mode, as `Module.train` does."""
        for part in self.parts(obj):
            self.modes[part] = fact
        for other in [other for other in self.modes if _is_below(other, obj)]:
            del self.modes[other]
        self.modes[obj] = fact

    def parts(self, obj: Obj) -> list[Obj]:
        """The modules below ``obj`` that were seen to be stored, each once, in the order in which they were."""
        return [found for found in self.reachable(obj, through_lists=False) if found is not obj]

    def reachable(self, obj: Obj, *, through_lists: bool = True) -> list[Obj]:
        """``obj`` and the objects that it holds.  Without ``through_lists`` only what `Module.modules` would list."""
        held: dict[Obj, list[Value]] = {}
        for (holder, _), value in self.attributes.items():
            held.setdefault(holder, []).append(value)
        found: dict[Obj, None] = {}
        todo = [obj]
        while todo:
            here = todo.pop()
            if here in found:
                continue
            found[here] = None
            for value in held.get(here, ()):
                for inner in objects(value):
                    if through_lists or inner.kind is Kind.MODULE:
                        todo.append(inner)
        return list(found)

    def get(self, obj: Obj, name: str) -> Value | None:
        """What ``obj`` holds as ``name``; None if nothing was seen to be stored."""
        return self.attributes.get((obj, name))

    def store(self, obj: Obj, name: str, value: Value) -> None:
        """Let ``obj`` hold ``value`` as ``name``."""
        self.attributes[obj, name] = value

    def add_element(self, obj: Obj, value: Value) -> None:
        """Let the list ``obj`` hold ``value`` too."""
        held = self.attributes.get((obj, "[]"))
        self.attributes[obj, "[]"] = value if held is None else join_values(held, value)

    def lose(self, found: Iterator[Obj] | list[Obj]) -> None:
        """Forget the modes of these objects and of all that they hold."""
        for obj in found:
            for part in self.reachable(obj):
                if part.kind is Kind.MODULE:
                    self.modes[part] = _LOST
                elif part.kind is Kind.INSTANCE:
                    for key in [key for key in self.attributes if key[0] is part]:
                        if not any(True for _ in objects(self.attributes[key])):
                            self.attributes[key] = UNKNOWN


def _is_below(obj: Obj, above: Obj) -> bool:
    holder = obj.parent
    while holder is not None:
        if holder == above:
            return True
        holder = holder.parent
    return False


def _join_into(mine: dict[K, V], others: dict[K, V], joined: Callable[[Any, Any], V]) -> bool:
    changed = False
    for key, value in others.items():
        if key not in mine:
            mine[key] = value
            changed = True
            continue
        held = mine[key]
        if held is value or held == value:
            continue
        new = joined(held, value)
        if new != held:
            mine[key] = new
            changed = True
    return changed
