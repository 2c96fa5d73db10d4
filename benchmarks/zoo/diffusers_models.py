"""diffusers: small denoisers, an auto-encoder and a prior."""

# mypy: ignore-errors
# Its libraries stand in an environment of their own.

from __future__ import annotations

from collections.abc import Iterator

import diffusers
import torch

from benchmarks.zoo.entry import RATE, Call, Entry


def entries() -> Iterator[Entry]:
    """Six architectures."""
    yield Entry("UNet2DModel", _unet)
    yield Entry("UNet2DConditionModel", _conditional_unet)
    yield Entry("DiTTransformer2DModel", _dit)
    yield Entry("Transformer2DModel", _transformer)
    yield Entry("AutoencoderKL", _autoencoder)
    yield Entry("PriorTransformer", _prior)


def _unet() -> Call:
    model = diffusers.UNet2DModel(
        sample_size=16,
        block_out_channels=(32, 32),
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        dropout=RATE,
    )
    return Call(model, (torch.rand(1, 3, 16, 16), 3))


def _conditional_unet() -> Call:
    model = diffusers.UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(32, 32),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16,
        attention_head_dim=8,
        dropout=RATE,
    )
    return Call(model, (torch.rand(1, 4, 16, 16), 3, torch.rand(1, 5, 16)))


def _dit() -> Call:
    model = diffusers.DiTTransformer2DModel(
        num_attention_heads=2,
        attention_head_dim=8,
        in_channels=4,
        num_layers=2,
        sample_size=8,
        dropout=RATE,
        num_embeds_ada_norm=10,
    )
    labels = {"timestep": torch.tensor([3]), "class_labels": torch.tensor([1])}
    return Call(model, (torch.rand(1, 4, 8, 8),), labels)


def _transformer() -> Call:
    model = diffusers.Transformer2DModel(
        num_attention_heads=2, attention_head_dim=8, in_channels=32, num_layers=2, dropout=RATE, norm_num_groups=8
    )
    return Call(model, (torch.rand(1, 32, 8, 8),))


def _autoencoder() -> Call:
    model = diffusers.AutoencoderKL(block_out_channels=(32,), norm_num_groups=8)
    return Call(model, (torch.rand(1, 3, 16, 16),))


def _prior() -> Call:
    model = diffusers.PriorTransformer(
        num_attention_heads=2,
        attention_head_dim=8,
        num_layers=2,
        embedding_dim=8,
        num_embeddings=7,
        additional_embeddings=4,
        dropout=RATE,
    )
    return Call(model, (torch.rand(1, 8), 3, torch.rand(1, 8), torch.rand(1, 7, 8)))
