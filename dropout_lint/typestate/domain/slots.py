"""The keys under which the state keeps values that have no name in the analysed program.

Attributes and variables are kept under their names, which are strings; everything else under one of these types, so
that no name of a program can be taken for one of ours.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Slot(Enum):
    """What an object, a file or the whole program holds beside its names."""

    ELEMENTS = "elements"  # of a list, set, dictionary or generator: one joined value
    GIVEN = "given"  # of a library's object: what it was made with
    OWNERS = "owners"  # of an optimizer: the modules whose parameters it updates
    IS_CLOSED = "is closed"  # of a container: all that it holds was seen to be stored
    IS_WRAPPED = "is wrapped"  # of a module: it may be inside a wrapper that we take for the module itself
    IS_FROZEN = "is frozen"  # of a module: its parameters have `requires_grad=False`
    IS_IMPORTED = "is imported"  # of a file: its top level has run
    MADE_A_DEPENDENT_LAYER = "made a dependent layer"  # of the program: see `models.mode_dependence`

    __hash__ = object.__hash__  # there is one of each; an Enum hashes its name, in Python


class Item(NamedTuple):
    """One element of a container: ``container[key]`` with a literal key.  With its type, as ``1 == True``."""

    key: object
    kind: type


class SavedFile(NamedTuple):
    """What ``torch.save`` wrote to a file, by the file's name or the expression for it."""

    path: str


Key = str | Slot | Item | SavedFile

PROGRAM = ""
"""In place of a file name, for what belongs to the whole program."""


def item_at(key: object) -> Item:
    """The slot for what ``container[key]`` holds, where ``key`` is the value of a literal."""
    return Item(key, type(key))
