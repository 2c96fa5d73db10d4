"""What holds at one point of the program: names, attributes, modes, and whether gradients are recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dropout_lint.typestate.domain.bounds import join_values
from dropout_lint.typestate.domain.joins import changes_by, join_mappings
from dropout_lint.typestate.domain.modes import Mode, ModeFact
from dropout_lint.typestate.domain.slots import Key, Slot
from dropout_lint.typestate.domain.values import (
    UNKNOWN,
    AbstractObject,
    Const,
    ObjectKind,
    Unknown,
    Value,
    may_hold,
    objects,
)

_LOST = ModeFact(Mode.UNKNOWN)
_NOTHING: Mapping[Key, Value] = {}
_NONE_OF_IT = frozenset({"local"})  # what copies do not share
_ALL_OF_IT = _NONE_OF_IT | {"shared", "attributes", "modes"}


class State:
    """A mutable state; `copy` before changing one that somebody else holds.

    ``local`` are the names of the function at hand, ``shared`` the module-level names by file, ``attributes`` what each
    object holds, ``modes`` the mode of each object that was set by itself; a part without an own entry follows its
    parent.  ``grad`` is None where it differs by path.  ``escaped`` are objects that external code may hold.
    ``trained_or_loaded`` are modules with weights that are worth something: loaded, or trained for a step at least.

    Copies share everything but ``local`` until one of them writes: most steps change little of the rest.
    """

    __slots__ = ("_owned", "attributes", "escaped", "grad", "local", "modes", "shared", "trained_or_loaded")

    def __init__(self) -> None:
        self.local: dict[str, Value] = {}
        self.shared: dict[tuple[str, Key], Value] = {}
        self.attributes: dict[AbstractObject, Mapping[Key, Value]] = {}  # the inner mappings are never changed
        self.modes: dict[AbstractObject, ModeFact] = {}
        self.escaped: frozenset[AbstractObject] = frozenset()
        self.trained_or_loaded: frozenset[AbstractObject] = frozenset()
        self.grad: bool | None = True
        self._owned = _ALL_OF_IT

    def copy(self) -> State:
        """An independent copy."""
        new = State.__new__(State)  # which fills nothing in: all of it is handed over
        new.local = self.local.copy()
        new.grad = self.grad
        new.take_over(self)
        return new

    def take_over(self, other: State) -> None:
        """Hold what ``other`` holds, beside its local names and ``grad``."""
        self.shared, self.attributes, self.modes = other.shared, other.attributes, other.modes
        self.escaped = other.escaped
        self.trained_or_loaded = other.trained_or_loaded
        self._owned = other._owned = _NONE_OF_IT

    def join(self, other: State) -> bool:
        """Let in what holds in ``other``; returns whether that changed anything.

        What only one side knows is kept: on the other path the name or object does not exist.
        """
        changed = False
        for name, joined in _JOINS:
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine is not theirs and (changes := changes_by(theirs, mine, joined)):
                self._own(name)
                getattr(self, name).update(changes)
                changed = True
        if not other.escaped <= self.escaped:
            self.escaped |= other.escaped
            changed = True
        if not other.trained_or_loaded <= self.trained_or_loaded:
            self.trained_or_loaded |= other.trained_or_loaded
            changed = True
        if self.grad is not other.grad and self.grad is not None:
            self.grad = None
            changed = True
        return changed

    def mode(self, obj: AbstractObject) -> ModeFact:
        """The mode of ``obj`` itself, without regard to its parts."""
        if obj in self.modes:
            return self.modes[obj]
        for whole in obj.wholes():
            if whole in self.modes:
                return self.modes[whole]
        return _LOST

    def whole_mode(self, obj: AbstractObject) -> ModeFact:
        """The mode of ``obj`` and all its parts; unknown if they differ."""
        fact = self.mode(obj)
        parts = self.parts(obj)
        if obj.facts is None:
            parts += [other for other in self.modes if obj in other.wholes()]
        if all(self.mode(part).mode is fact.mode for part in parts):
            return fact
        return _LOST

    def set_mode(self, obj: AbstractObject, fact: ModeFact) -> None:
        """Put ``obj`` and all its parts in a mode, as `Module.train` does."""
        self._own("modes")
        parts = self.parts(obj)
        for whole in (obj, *parts):
            for value in self.attributes.get(whole, _NOTHING).values():
                if isinstance(value, Unknown):
                    self.modes.update(dict.fromkeys(value.holds, _LOST))  # they may be parts
        for part in parts:
            self.modes[part] = fact
        for other in [other for other in self.modes if other.parent is not None and obj in other.wholes()]:
            del self.modes[other]
        self.modes[obj] = fact

    def set_own_mode(self, obj: AbstractObject, fact: ModeFact) -> None:
        """Put ``obj`` in a mode, and none of its parts."""
        self._own("modes")
        self.modes[obj] = fact

    def forget(self, obj: AbstractObject) -> None:
        """The place makes a new object each time that it runs; the one that it made before is out of reach."""
        if obj in self.attributes:
            self._own("attributes")
            del self.attributes[obj]
        if obj in self.modes:
            self._own("modes")
            del self.modes[obj]
        if obj in self.trained_or_loaded:
            self.trained_or_loaded -= {obj}

    def mark_trained_or_loaded(self, objs: Iterable[AbstractObject]) -> None:
        """From here on the weights of these modules are worth something."""
        self.trained_or_loaded = self.trained_or_loaded.union(objs)

    def is_trained_or_loaded(self, obj: AbstractObject) -> bool:
        """Whether the weights of ``obj``, or of a part of it, are worth something."""
        return any(
            part in self.trained_or_loaded or not self.trained_or_loaded.isdisjoint(part.wholes())
            for part in (obj, *self.parts(obj))
        )

    def parts(self, obj: AbstractObject) -> list[AbstractObject]:
        """The modules below ``obj`` that were seen to be stored, each once, in the order in which they were."""
        return self.reachable(obj, through_lists=False)[1:]

    def reachable(self, obj: AbstractObject, *, through_lists: bool = True) -> list[AbstractObject]:
        """``obj`` and the objects that it holds.  Without ``through_lists`` only what `Module.modules` would list."""
        found: dict[AbstractObject, None] = {}
        self._reach(obj, found, through_lists=through_lists)
        return list(found)

    def _reach(self, obj: AbstractObject, found: dict[AbstractObject, None], *, through_lists: bool) -> None:
        """Add ``obj`` and the objects that it holds to ``found``, beside those that are there already."""
        todo = [obj]
        while todo:
            here = todo.pop()
            if here in found:
                continue
            found[here] = None
            for value in self.attributes.get(here, _NOTHING).values():
                if isinstance(value, Const) or value is UNKNOWN:
                    continue  # most attributes
                for inner in may_hold(value) if through_lists else objects(value):
                    if through_lists or inner.kind is ObjectKind.MODULE:
                        todo.append(inner)

    def held(self, obj: AbstractObject) -> Mapping[Key, Value]:
        """All that ``obj`` was seen to hold, by name."""
        return self.attributes.get(obj, _NOTHING)

    def get(self, obj: AbstractObject, name: Key) -> Value | None:
        """What ``obj`` holds as ``name``; None if nothing was seen to be stored."""
        return self.attributes.get(obj, _NOTHING).get(name)

    def store(self, obj: AbstractObject, name: Key, value: Value) -> None:
        """Let ``obj`` hold ``value`` as ``name``."""
        self._own("attributes")
        self.attributes[obj] = {**self.attributes.get(obj, _NOTHING), name: value}

    def share(self, filename: str, name: Key, value: Value) -> None:
        """Give the module-level ``name`` of the file its ``value``."""
        self._own("shared")
        self.shared[filename, name] = value

    def add_element(self, obj: AbstractObject, value: Value) -> None:
        """Let the list ``obj`` hold ``value`` too."""
        held = self.get(obj, Slot.ELEMENTS)
        self.store(obj, Slot.ELEMENTS, value if held is None else join_values(held, value))

    def havoc(self, found: Iterable[AbstractObject], *, modes: bool = True) -> None:
        """Forget what these objects and all that they hold were seen to hold, beside other objects, and their modes."""
        reached: dict[AbstractObject, None] = {}
        for obj in found:
            self._reach(obj, reached, through_lists=True)
        for part in reached:
            if modes and part.kind is ObjectKind.MODULE and self.modes.get(part) is not _LOST:
                self._own("modes")
                self.modes[part] = _LOST
            elif part.kind is ObjectKind.INSTANCE:
                held = self.held(part)
                lost = [name for name, value in held.items() if value is not UNKNOWN and not objects(value)]
                if lost:
                    self._own("attributes")
                    self.attributes[part] = {**held, **dict.fromkeys(lost, UNKNOWN)}

    def _own(self, name: str) -> None:
        if name not in self._owned:
            setattr(self, name, dict(getattr(self, name)))
            self._owned |= {name}


_JOINS: tuple[tuple[str, Callable[[Any, Any], Any]], ...] = (
    ("local", join_values),
    ("shared", join_values),
    ("attributes", join_mappings),
    ("modes", ModeFact.join),
)
