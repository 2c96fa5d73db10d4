"""What a pickle describes, as values that can do nothing.

`None`, numbers, strings, tuples, lists, and the four classes below.  Such a value is never hashed, compared or printed
as a whole: a pickle of 200 bytes can describe a tree of 2 ** 60 leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Value = Any
"""An inert value; its classes are listed above."""


@dataclass(frozen=True, slots=True)
class Global:
    """A name that the real machine would import."""

    module: str
    name: str

    @property
    def dotted(self) -> str:
        """Module and name."""
        return f"{self.module}.{self.name}"


class Opaque:
    """Something that says nothing about a model: a long string, bytes, a huge number, a storage."""

    __slots__ = ()


OPAQUE = Opaque()


@dataclass(eq=False, slots=True)
class Table:
    """A dict: string keys by name, all others in a list (hashing them could be made to take for ever)."""

    named: dict[str, Value] = field(default_factory=dict)
    others: list[tuple[Value, Value]] = field(default_factory=list)

    def put(self, key: Value, value: Value) -> None:
        """Store ``value``; a later one replaces an earlier one."""
        if type(key) is str:
            self.named[key] = value
        else:
            self.others.append((key, value))


@dataclass(eq=False, slots=True)
class Instance:
    """What the real machine would get from calling ``made_by`` with ``arguments``."""

    made_by: Value
    arguments: Value
    state: Value = None  # what BUILD passes to it: for a module, the table of its attributes
    items: list[Value] = field(default_factory=list)  # appended to it
    table: Table = field(default_factory=Table)  # set as its items: an OrderedDict's content

    @property
    def attributes(self) -> dict[str, Value]:
        """Its attributes, as far as the pickle spells them out."""
        state = self.state[0] if type(self.state) is tuple and self.state else self.state  # (dict, slots)
        return state.named if type(state) is Table else {}
