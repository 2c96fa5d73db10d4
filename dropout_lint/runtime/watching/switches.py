"""Records where modes are set: every `eval()` and `train()` goes through `nn.Module.train`, which is replaced.

It runs only when a mode is set, so it may take its time.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, MutableMapping
from types import FrameType
from typing import Any

from torch import nn
from torch.utils.weak import WeakIdKeyDictionary

from dropout_lint.runtime.switching import is_compiling
from dropout_lint.runtime.watching.events import Switch
from dropout_lint.runtime.watching.places import outside_torch, place_of


class _Thread(threading.local):
    current: Switch | None = None  # the call of `train` or `eval` that is under way


class Switches:
    """The last switch of every module that is alive."""

    def __init__(self, report: Callable[[Switch], None]) -> None:
        self._report = report
        self._last: MutableMapping[nn.Module, Switch] = WeakIdKeyDictionary()
        self._thread = _Thread()
        self._original: Any = None
        self.number = 0  # of switches so far: it changes when any mode may have changed

    def install(self) -> None:
        """Put the recorder in place of `nn.Module.train`."""
        original = self._original = nn.Module.train
        thread = self._thread

        @functools.wraps(original)
        def train(module: nn.Module, mode: bool = True) -> nn.Module:
            if is_compiling() or not self._listening():
                return original(module, mode)
            outermost = thread.current is None
            if outermost:
                self._begin(module, bool(mode), sys._getframe(1))
            if thread.current is not None:
                self._last[module] = thread.current
            try:
                return original(module, mode)
            finally:
                if outermost:
                    thread.current = None

        self._replacement = train
        nn.Module.train = train  # type: ignore[method-assign, assignment]

    def remove(self) -> None:
        """Put the original back, unless somebody has put another one in place since."""
        if nn.Module.train is self._replacement:
            nn.Module.train = self._original  # type: ignore[method-assign]
        self._original = None

    def _listening(self) -> bool:
        return self._original is not None

    def _begin(self, module: nn.Module, mode: bool, frame: FrameType) -> None:
        self.number += 1
        place = place_of(_caller(frame))
        self._thread.current = Switch(self.number, mode, type(module).__name__, place)
        self._report(self._thread.current)

    def last(self, module: nn.Module) -> Switch | None:
        """What set the mode of ``module`` last; None if nothing has since it was built."""
        return self._last.get(module)


def _caller(frame: FrameType | None) -> FrameType | None:
    """The line that wrote `train()` or `eval()`; overrides of the two that call `super()` are passed over."""
    frame = outside_torch(frame)
    while frame is not None and frame.f_code.co_name in ("train", "eval") and frame.f_code.co_varnames[:1] == ("self",):
        if not isinstance(frame.f_locals.get("self"), nn.Module):
            break
        frame = outside_torch(frame.f_back)
    return frame
