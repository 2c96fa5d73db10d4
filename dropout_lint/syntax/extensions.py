"""Side tables: what a higher layer computes about an object is kept with the object, and is released with it.

A file must not know the layers above it, yet their results about it should live exactly as long as it does.  So each
layer keeps its facts under their own type:

    names = source.extension(Names)  # `Names(source)`, made at the first call
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

Kept = TypeVar("Kept")
Key = TypeVar("Key")
Fact = TypeVar("Fact")


class Extended:
    """Something that extensions can be kept with."""

    def __init__(self) -> None:
        self._extensions: dict[Callable[..., Any], Any] = {}

    def extension(self, make: Callable[[Any], Kept]) -> Kept:
        """What ``make`` makes of this object: made by the first call, then always the same."""
        try:
            return cast(Kept, self._extensions[make])
        except KeyError:
            made = self._extensions[make] = make(self)
            return made

    def attach(self, kind: type[Kept], value: Kept) -> None:
        """Keep ``value``, which was not made of this object, under its ``kind``."""
        self._extensions[kind] = value

    def attached(self, kind: type[Kept]) -> Kept | None:
        """What was attached, or made, under ``kind``; None if nothing was."""
        return cast("Kept | None", self._extensions.get(kind))

    def drop_outgrown(self) -> bool:
        """Release the extensions that say, by an attribute ``outgrown``, that they keep too much; whether any did."""
        large = [make for make, kept in self._extensions.items() if getattr(kept, "outgrown", False)]
        for make in large:
            self._extensions.pop(make).release_from(self)
        return bool(large)

    def release_extensions(self) -> None:
        """Release all extensions.  Where one has a method ``release_from``, that is called, to cut its cycles."""
        for kept in self._extensions.values():
            release = getattr(kept, "release_from", None)
            if release is not None:
                release(self)
        self._extensions.clear()


class Table(dict[Key, Fact]):
    """An extension that is a plain table; a subclass for each says what is in it."""

    def __init__(self, owner: Extended) -> None:
        super().__init__()
