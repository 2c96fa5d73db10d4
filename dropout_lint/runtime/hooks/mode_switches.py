"""Records where modes are set: every `eval()` and `train()` goes through `nn.Module.train`, which is replaced.

It runs only when a mode is set, so it may take its time.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable, MutableMapping
from types import CodeType, FrameType
from typing import Any

from torch import nn
from torch.utils.weak import WeakIdKeyDictionary

from dropout_lint.runtime.hooks.deliberate_modes import is_compiling
from dropout_lint.runtime.modules.decorated import layers
from dropout_lint.runtime.record.events import Switch
from dropout_lint.runtime.stack.places import outside_torch, place_of


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
    """The line that wrote `train()` or `eval()`; overrides of the two that call `super()` are passed over, and so are
    the decorators around these."""
    frame = outside_torch(frame)
    around: set[CodeType] = set()
    while frame is not None:
        module = _switched_by(frame)
        if module is not None:
            around |= _codes(type(module))
        elif frame.f_code not in around:
            break
        frame = outside_torch(frame.f_back)
    return frame


def _switched_by(frame: FrameType) -> nn.Module | None:
    """The module whose own `train` or `eval` runs in ``frame``; None for any other function."""
    code = frame.f_code
    module = (
        frame.f_locals.get("self") if code.co_name in ("train", "eval") and code.co_varnames[:1] == ("self",) else None
    )
    return module if isinstance(module, nn.Module) else None


def _codes(cls: type) -> set[CodeType]:
    """The code of `train` and `eval` of ``cls`` and of its bases, with that of all decorators around them."""
    methods = [vars(base).get(name) for base in cls.__mro__ for name in ("train", "eval")]
    codes = [getattr(layer, "__code__", None) for method in methods for layer in layers(method)]
    return {code for code in codes if isinstance(code, CodeType)}
