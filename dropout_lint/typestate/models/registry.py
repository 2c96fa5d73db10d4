"""Registries of models: one small function for each callee, found by the callee's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, ParamSpec

from dropout_lint.typestate.domain.values import Value

Given = ParamSpec("Given")


class Registry(Generic[Given]):
    """Models by the names of what they stand for.

    A model does what the call does to the state, and gives what it returns; or it gives None, for a call that it can
    say nothing about, such as one with too few arguments.
    """

    def __init__(self) -> None:
        self._models: dict[str, Callable[Given, Value | None]] = {}

    def of(self, *names: str) -> Callable[[Callable[Given, Value | None]], Callable[Given, Value | None]]:
        """Register the decorated function as the model of ``names``.

        Raises:
            ValueError: one of them has a model already.
        """

        def register(model: Callable[Given, Value | None]) -> Callable[Given, Value | None]:
            for name in names:
                if name in self._models:
                    raise ValueError(f"`{name}` has two models: {self._models[name]!r} and {model!r}")
                self._models[name] = model
            return model

        return register

    def result(self, name: str, /, *given: Given.args, **named: Given.kwargs) -> Value | None:
        """What the model of ``name`` makes of a call; None if there is none, or it can say nothing about this one."""
        model = self._models.get(name)
        return None if model is None else model(*given, **named)

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)
