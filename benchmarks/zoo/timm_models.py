"""timm: the smallest model of each module, with drop rate and drop path switched on."""

# mypy: ignore-errors
# Its libraries stand in an environment of their own.

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial

import timm
import torch

from benchmarks.zoo.entry import RATE, Call, Entry

_MOST_PARAMETERS = 90_000_000
_SMALL_ENOUGH = 6_000_000  # the search for a smaller sibling ends here


def entries() -> Iterator[Entry]:
    """One for each of timm's modules."""
    for module in timm.list_modules():
        name = _smallest(timm.list_models(module=module))
        if name:
            yield Entry(f"{module}/{name}", partial(_build, name))


def _smallest(names: list[str]) -> str | None:
    sizes: dict[str, int] = {}
    for name in names:
        with contextlib.suppress(Exception), torch.device("meta"):  # some cannot be built without memory behind them
            sizes[name] = sum(p.numel() for p in timm.create_model(name).parameters())
        if sizes and min(sizes.values()) < _SMALL_ENOUGH:
            break
    return min(sizes, key=sizes.__getitem__) if sizes and min(sizes.values()) <= _MOST_PARAMETERS else None


def _build(name: str) -> Call:
    try:
        model = timm.create_model(name, drop_rate=RATE, drop_path_rate=RATE)
    except TypeError:  # no drop path
        model = timm.create_model(name, drop_rate=RATE)
    return Call(model, (torch.rand(1, *model.default_cfg.get("input_size", (3, 224, 224))),))
