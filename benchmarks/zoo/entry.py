"""What the zoo holds: recipes that build a library's model from its configuration, with an input that it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

RATE = 0.1  # every drop rate that a configuration has is set to this, so that there is something to see


@dataclass(frozen=True)
class Call:
    """A model and the arguments of one forward pass."""

    model: Any
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] | None = None

    def __call__(self) -> object:
        """Run the forward pass."""
        return self.model(*self.args, **(self.kwargs or {}))


class Unbuildable(Exception):
    """A model that the recipe cannot build small or find an input for; the text says why."""


@dataclass(frozen=True)
class Entry:
    """One model of a library.  ``build`` makes it, weights random, as the library's own constructor leaves it."""

    name: str
    build: Callable[[], Call]
