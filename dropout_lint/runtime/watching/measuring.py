"""By how much a model's predictions differ between two passes on the script's own batch, where the user asked for it.

The first call of a model at a line without gradients is repeated on copies of its arguments, unseen by whatever
listens; generators, modes and buffers are put back.  What else a model keeps of its calls (a counter, a cache of its
own) does see the second pass, which is why nobody gets it unasked.
"""

from __future__ import annotations

import contextlib
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from dropout_lint.runtime.monitoring.harm import Harm, compared, copied
from dropout_lint.runtime.monitoring.monitor import quiet
from dropout_lint.runtime.monitoring.preservation import untouched
from dropout_lint.runtime.record.events import Modes, Place
from dropout_lint.runtime.watching.call_facts import Begun

_PLAIN = (str, bytes, int, float, complex, type(None), torch.dtype, torch.device)
_MOST = 256  # lines


class Measured:
    """What a second pass needs: the arguments of the first, as they were."""

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.args, self.kwargs = args, kwargs


class Measuring:
    """Repeats calls, one for each line, model and mode."""

    def __init__(self) -> None:
        self._seen: set[tuple[int, Place, Modes]] = set()

    def prepare(self, begun: Begun, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Measured | None:
        """Before the call: a copy of its arguments, if it is to be repeated and they can be copied."""
        key = (begun.model.root.number, begun.place, begun.modes)
        if begun.grad_enabled or key in self._seen or len(self._seen) >= _MOST or _is_recording():
            return None
        self._seen.add(key)
        leaves, spec = pytree.tree_flatten((args, kwargs))
        if not all(isinstance(leaf, (Tensor, *_PLAIN)) for leaf in leaves):
            return None
        copies = [leaf.detach().clone() if isinstance(leaf, Tensor) else leaf for leaf in leaves]
        return Measured(*pytree.tree_unflatten(copies, spec))

    def measure(self, module: nn.Module, measured: Measured, result: object) -> Harm | None:
        """After the call, which returned ``result``: what another one differs by; None if nothing, or if it fails."""
        first = copied(result)
        harm: Harm | None = None
        with contextlib.suppress(Exception), quiet(), untouched(module):
            harm = compared(first, module(*measured.args, **measured.kwargs))
        return harm if harm is not None and (harm.largest or harm.flipped) else None


def _is_recording() -> bool:
    """Whether a CUDA graph is being recorded, where nothing may be read back."""
    return torch.cuda.is_initialized() and torch.cuda.is_current_stream_capturing()  # type: ignore[no-untyped-call]
