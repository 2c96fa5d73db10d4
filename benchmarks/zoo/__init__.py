"""Models of other people's libraries, built small from their configurations: no weights are downloaded."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from benchmarks.zoo.entry import Entry

LIBRARIES = {
    "transformers": "benchmarks.zoo.transformers_models",
    "timm": "benchmarks.zoo.timm_models",
    "torchvision": "benchmarks.zoo.torchvision_models",
    "torch_geometric": "benchmarks.zoo.graph_models",
    "diffusers": "benchmarks.zoo.diffusers_models",
    "vit_pytorch": "benchmarks.zoo.vision_transformers",
    "segmentation_models_pytorch": "benchmarks.zoo.segmentation_models",
    "braindecode": "benchmarks.zoo.braindecode_models",
    "others": "benchmarks.zoo.other_models",
}
"""Every group and the module that lists it; each is swept in a process of its own."""


def entries(library: str) -> Iterator[Entry]:
    """The recipes for one of `LIBRARIES`, in a fixed order.  Needs that library."""
    module = importlib.import_module(LIBRARIES[library])
    found: Iterator[Entry] = module.entries()
    return found
