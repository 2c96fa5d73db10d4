"""Joins mappings where two paths of a program meet.  What only one side knows is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from dropout_lint.typestate.domain.bounds import join_values
from dropout_lint.typestate.domain.slots import Key
from dropout_lint.typestate.domain.values import Value

K = TypeVar("K")
V = TypeVar("V")


def join_mappings(one: Mapping[Key, Value], other: Mapping[Key, Value]) -> Mapping[Key, Value]:
    """What an object holds where two paths meet; ``one`` itself if ``other`` adds nothing."""
    changes = changes_by(other, one, join_values)
    return {**one, **changes} if changes else one


def changes_by(others: Mapping[K, V], mine: Mapping[K, V], joined: Callable[[Any, Any], V]) -> dict[K, V]:
    """What becomes different in ``mine`` by letting ``others`` in, where ``joined`` is what becomes of two values."""
    if mine == others:
        return {}  # half of all: told fast, as nearly all values are the very same
    changes: dict[K, V] = {}
    find = mine.get
    # Nearly all is the same on both sides: what is not is sorted out first, for speed.
    for key, value in [(key, value) for key, value in others.items() if find(key) is not value]:
        if key not in mine:
            changes[key] = value
            continue
        held = mine[key]
        new = joined(held, value)
        if new is not held and new != held:
            changes[key] = new
    return changes
