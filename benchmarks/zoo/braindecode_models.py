"""braindecode: models for EEG signals, built for 22 channels and four seconds at 250 Hz."""

# mypy: ignore-errors
# Its libraries stand in an environment of their own.

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from braindecode import models
from torch import nn

from benchmarks.zoo.entry import Call, Entry

_DOWNLOADS = {"REVE"}  # fetches electrode positions when it is built


def entries() -> Iterator[Entry]:
    """Every model that needs no more than the shape of the signal; drop rates are the library's own."""
    for name in sorted(models.__all__):
        cls = getattr(models, name)
        if inspect.isclass(cls) and issubclass(cls, nn.Module) and name not in _DOWNLOADS:
            yield Entry(name, partial(_build, cls))


def _build(cls: Any) -> Call:
    return Call(cls(n_chans=22, n_outputs=4, n_times=1000, sfreq=250), (torch.rand(2, 22, 1000),))
