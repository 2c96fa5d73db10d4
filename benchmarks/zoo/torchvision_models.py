"""torchvision: every model with at most 35 million parameters."""

# mypy: ignore-errors
# Its libraries stand in an environment of their own.

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torchvision import models

from benchmarks.zoo.entry import Call, Entry

_MOST_PARAMETERS = 35_000_000
_DETECTION = ("rcnn", "retina", "fcos", "ssd")
_WITH_BACKBONE = (*_DETECTION, "deeplab", "fcn", "lraspp")


def entries() -> Iterator[Entry]:
    """Classification, detection, segmentation, video and optical flow."""
    for name in models.list_models():
        if _size(name) <= _MOST_PARAMETERS:
            yield Entry(name, partial(_build, name))


def _size(name: str) -> int:
    """The number of parameters, without memory behind them where a model can be built so: a RegNet computes."""
    try:
        with torch.device("meta"):
            model = _model(name)
    except NotImplementedError:
        model = _model(name)
    return sum(p.numel() for p in model.parameters())


def _build(name: str) -> Call:
    return Call(_model(name), _inputs(name))


def _model(name: str) -> Any:
    backbone = {"weights_backbone": None} if any(word in name for word in _WITH_BACKBONE) else {}
    return models.get_model(name, weights=None, **backbone)


def _inputs(name: str) -> tuple[Any, ...]:
    if "raft" in name:
        return (torch.rand(1, 3, 128, 128), torch.rand(1, 3, 128, 128))
    if name == "s3d":
        return (torch.rand(1, 3, 16, 224, 224),)
    if any(word in name for word in ("r3d", "mc3", "r2plus1d", "mvit", "swin3d")):
        side = 224 if "mvit" in name else 112
        return (torch.rand(1, 3, 16, side, side),)
    if any(word in name for word in _DETECTION):
        return ([torch.rand(3, 128, 128)],)
    side = 299 if "inception" in name else 224
    return (torch.rand(1, 3, side, side),)
