"""The values that a call passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dropout_lint.typestate.domain.values import Value


@dataclass(slots=True)  # not frozen: there is one for each call, and freezing it doubles what making it takes
class AbstractArguments:
    """The values that a call passes.  ``open``: there may be more, from ``*args`` or ``**kwargs``."""

    positional: tuple[Value, ...]
    keywords: Mapping[str, Value]
    open: bool

    @classmethod
    def of(cls, *values: Value) -> AbstractArguments:
        """These values by position, and nothing else."""
        return cls(values, {}, open=False)

    @property
    def all(self) -> list[Value]:
        """Every value, in the order of the text."""
        return [*self.positional, *self.keywords.values()]

    def get(self, index: int, name: str) -> Value | None:
        """What is passed as the parameter ``name``, which is number ``index``."""
        if index < len(self.positional):
            return self.positional[index]
        return self.keywords.get(name)
