"""transformers: the base model of every configuration class, with all sizes that it names made small."""

# mypy: ignore-errors
# Its libraries stand in an environment of their own.

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_MAPPING

from benchmarks.zoo.entry import RATE, Call, Entry, Unbuildable

_MOST_PARAMETERS = 20_000_000
_SIZES = {
    32: "hidden_size d_model n_embd dim embed_dim embedding_size word_embed_proj_dim emb_dim image_size",
    2: """num_hidden_layers n_layer n_layers num_layers encoder_layers decoder_layers num_encoder_layers
        num_decoder_layers num_key_value_heads num_kv_heads type_vocab_size num_experts_per_tok eos_token_id""",
    4: """num_attention_heads n_head n_heads num_heads encoder_attention_heads decoder_attention_heads num_experts
        num_local_experts n_routed_experts""",
    64: """intermediate_size ffn_dim d_ff d_inner n_inner encoder_ffn_dim decoder_ffn_dim hidden_dim
        max_position_embeddings n_positions""",
    8: "d_kv head_dim d_head patch_size",
    16: "moe_intermediate_size",
    120: "vocab_size",
    0: "pad_token_id",
    1: "bos_token_id decoder_start_token_id",
}


def entries() -> Iterator[Entry]:
    """One for each configuration class that has a base model."""
    transformers.logging.set_verbosity_error()
    for name in sorted(CONFIG_MAPPING.keys()):
        if CONFIG_MAPPING[name] in MODEL_MAPPING:
            yield Entry(name, partial(_build, name))


def _build(name: str) -> Call:
    config = CONFIG_MAPPING[name]()
    _shrink(config)
    with torch.device("meta"):
        size = sum(p.numel() for p in transformers.AutoModel.from_config(config).parameters())
    if size > _MOST_PARAMETERS:
        raise Unbuildable(f"{size / 1e6:.0f} million parameters, even so")
    model = transformers.AutoModel.from_config(config)
    return Call(model, (), _inputs(model, config))


def _shrink(config: Any) -> None:
    """Set every size that ``config`` and the configurations in it name, and every rate of dropout or layer drop."""
    for size, names in _SIZES.items():
        for name in names.split():
            if type(getattr(config, name, None)) is int:
                with contextlib.suppress(AttributeError):  # computed from others
                    setattr(config, name, size)
    for name, value in list(vars(config).items()):
        if "drop" in name and type(value) in (int, float):
            setattr(config, name, RATE)
        if isinstance(value, transformers.PretrainedConfig):
            _shrink(value)


def _inputs(model: Any, config: Any) -> dict[str, torch.Tensor]:
    name = model.main_input_name
    if name == "input_ids":
        inputs = {name: torch.randint(5, 60, (1, 7))}
    elif name == "pixel_values":
        size = getattr(config, "image_size", 32)
        side = size if isinstance(size, int) else size[0]
        inputs = {name: torch.rand(1, getattr(config, "num_channels", 3), side, side)}
    elif name == "input_values":
        inputs = {name: torch.rand(1, 8000)}
    elif name == "input_features":
        length = getattr(config, "max_source_positions", 50) * 2
        inputs = {name: torch.rand(1, getattr(config, "num_mel_bins", 80), length)}
    else:
        raise Unbuildable(f"no recipe for the input {name}")
    if getattr(config, "is_encoder_decoder", False):
        inputs["decoder_input_ids"] = torch.randint(5, 60, (1, 5))
    return inputs
