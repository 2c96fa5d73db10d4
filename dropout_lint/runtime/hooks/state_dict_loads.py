"""Remembers which modules got their weights from a state dict."""

from __future__ import annotations

import functools
from collections.abc import MutableMapping
from typing import Any

from torch import nn
from torch.utils.weak import WeakIdKeyDictionary


class Loads:
    """Replaces `nn.Module.load_state_dict` by a function that remembers its module."""

    def __init__(self) -> None:
        self._loaded: MutableMapping[nn.Module, bool] = WeakIdKeyDictionary()
        self.number = 0  # of state dicts loaded so far
        self._original: Any = None
        self._replacement: Any = None

    def install(self) -> None:
        """Put the recorder in place."""
        original = self._original = nn.Module.load_state_dict

        @functools.wraps(original)
        def load_state_dict(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            result = original(module, *args, **kwargs)
            self.number += 1
            for part in module.modules():
                self._loaded[part] = True
            return result

        self._replacement = nn.Module.load_state_dict = load_state_dict  # type: ignore[method-assign, assignment]

    def remove(self) -> None:
        """Put the original back, unless somebody has put another one in place since."""
        if nn.Module.load_state_dict is self._replacement:
            nn.Module.load_state_dict = self._original  # type: ignore[method-assign]

    def reached(self, module: nn.Module) -> bool:
        """Whether ``module`` or a part of it was loaded."""
        return any(part in self._loaded for part in module.modules())
