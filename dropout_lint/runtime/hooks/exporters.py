"""Replaces the exporters by functions that first look at the mode of what is exported."""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from torch import nn


@dataclass(frozen=True)
class _Exporter:
    module: str
    name: str

    @property
    def spelled(self) -> str:
        return f"{self.module}.{self.name}"


EXPORTERS = (
    _Exporter("torch.jit", "trace"),
    _Exporter("torch.export", "export"),
    _Exporter("torch.onnx", "export"),
)

Seen = Callable[[str, nn.Module, bool, FrameType], None]
"""Takes the exporter's name, the model, whether train mode is wanted or harmless there, and the caller's frame."""


class _Thread(threading.local):
    busy = False


class Exporters:
    """The replaced exporters; one that is called by another one is not looked at."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._thread = _Thread()
        self._replaced: list[tuple[Any, str, Any, Any]] = []

    @property
    def busy(self) -> bool:
        """Whether this thread is exporting: forward calls are then none of the script's."""
        return self._thread.busy

    def install(self) -> None:
        """Replace what this torch has of them."""
        for exporter in EXPORTERS:
            module = importlib.import_module(exporter.module)
            original = getattr(module, exporter.name, None)
            if callable(original):
                replacement = self._wrap(exporter.spelled, original)
                setattr(module, exporter.name, replacement)
                self._replaced.append((module, exporter.name, original, replacement))

    def remove(self) -> None:
        """Put the originals back, except where somebody has put something else in place since."""
        for module, name, original, replacement in self._replaced:
            if getattr(module, name) is replacement:
                setattr(module, name, original)
        self._replaced.clear()

    def _wrap(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(original)

        @functools.wraps(original)
        def export(*args: Any, **kwargs: Any) -> Any:
            if self._thread.busy or not self._replaced:
                return original(*args, **kwargs)
            model = _model(next(iter([*args[:1], *kwargs.values()]), None))
            if model is not None:
                meant = name == "torch.onnx.export" and _handles_mode(signature, args, kwargs)
                self._seen(name, model, meant, sys._getframe(1))
            self._thread.busy = True
            try:
                return original(*args, **kwargs)
            finally:
                self._thread.busy = False

        return export


def _model(exported: object) -> nn.Module | None:
    """The module that is exported: itself, or the one that a bound method belongs to."""
    owner = getattr(exported, "__self__", None) if inspect.ismethod(exported) else exported
    return owner if isinstance(owner, nn.Module) else None


def _handles_mode(signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether this call of `torch.onnx.export` says itself what the mode is to be.

    The exporter without dynamo switches to eval mode and back by itself; who passes `training` has thought of it.
    """
    try:
        given = signature.bind(*args, **kwargs)
    except TypeError:
        return True  # it will raise
    dynamo = given.arguments.get("dynamo")
    if dynamo is None:
        parameter = signature.parameters.get("dynamo")
        dynamo = parameter is not None and parameter.default is True
    return not dynamo or "training" in given.arguments
