"""segmentation-models-pytorch: every decoder over a small encoder, with a classification head that drops."""

# mypy: ignore-errors
# Its libraries stand in an environment of their own.

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import segmentation_models_pytorch as smp
import torch

from benchmarks.zoo.entry import RATE, Call, Entry

_DECODERS = (
    "Unet UnetPlusPlus MAnet Linknet FPN PSPNet PAN DeepLabV3 DeepLabV3Plus UPerNet Segformer".split()  # noqa: SIM905
)


def entries() -> Iterator[Entry]:
    """Each decoder over a ResNet-18."""
    for name in _DECODERS:
        yield Entry(name, partial(_build, name))


def _build(name: str) -> Call:
    head = {"classes": 2, "dropout": RATE}
    return Call(getattr(smp, name)("resnet18", encoder_weights=None, aux_params=head), (torch.rand(1, 3, 128, 128),))
