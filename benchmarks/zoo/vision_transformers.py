"""vit-pytorch: its variants of the vision transformer."""

# mypy: ignore-errors
# Its libraries stand in an environment of their own.

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from functools import partial

import torch

from benchmarks.zoo.entry import RATE, Call, Entry

_CLASSES = {
    "vit_pytorch": ("ViT", "SimpleViT"),
    "vit_pytorch.deepvit": ("DeepViT",),
    "vit_pytorch.t2t": ("T2TViT",),
    "vit_pytorch.cvt": ("CvT",),
    "vit_pytorch.rvt": ("RvT",),
    "vit_pytorch.vit_for_small_dataset": ("ViT",),
    "vit_pytorch.parallel_vit": ("ViT",),
    "vit_pytorch.vit_with_patch_dropout": ("ViT",),
    "vit_pytorch.vit_with_patch_merger": ("ViT",),
    "vit_pytorch.simple_vit_with_patch_dropout": ("SimpleViT",),
    "vit_pytorch.simple_vit_with_register_tokens": ("SimpleViT",),
    "vit_pytorch.cait": ("CaiT",),
    "vit_pytorch.xcit": ("XCiT",),
    "vit_pytorch.ats_vit": ("ViT",),
}
_SIZES = {
    "image_size": 64,
    "patch_size": 16,
    "num_classes": 5,
    "dim": 32,
    "depth": 2,
    "heads": 2,
    "mlp_dim": 64,
    "cls_depth": 1,
    "max_tokens_per_depth": (16, 8),
}


def entries() -> Iterator[Entry]:
    """Each class with every rate that it takes; `layer_dropout` and the like included."""
    for module, names in _CLASSES.items():
        for name in names:
            yield Entry(f"{module}.{name}", partial(_build, module, name))


def _build(module: str, name: str) -> Call:
    cls = getattr(importlib.import_module(module), name)
    parameters = inspect.signature(cls.__init__).parameters
    given = {key: _SIZES.get(key, RATE) for key in parameters if key in _SIZES or "drop" in key}
    return Call(cls(**given), (torch.rand(1, 3, 64, 64),))
