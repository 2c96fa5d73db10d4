"""Joins mappings where two paths of a program meet.  What only one side knows is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from dropout_lint.typestate.values import Value, join_values

K = TypeVar("K")
V = TypeVar("V")


def join_mappings(one: Mapping[str, Value], other: Mapping[str, Value]) -> Mapping[str, Value]:
    """What an object holds where two paths meet; ``one`` itself if ``other`` adds nothing."""
    joined = dict(one)
    return joined if join_into(joined, other, join_values) else one


def join_into(mine: dict[K, V], others: Mapping[K, V], joined: Callable[[Any, Any], V]) -> bool:
    """Let ``others`` into ``mine``, where ``joined`` is what becomes of two values; returns whether that changed
    anything.
    """
    changed = False
    find = mine.get
    # Nearly all is the same on both sides: what is not is sorted out first, for speed.
    for key, value in [(key, value) for key, value in others.items() if find(key) is not value]:
        if key not in mine:
            mine[key] = value
            changed = True
            continue
        held = mine[key]
        new = joined(held, value)
        if new is not held and new != held:
            mine[key] = new
            changed = True
    return changed
