"""Smaller libraries: x-transformers, open_clip, tabular models, adapters."""

# mypy: ignore-errors
# Its libraries stand in an environment of their own.

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import open_clip
import peft
import rtdl_revisiting_models as rtdl
import torch
import transformers
import x_transformers as xt
from pytorch_tabnet.tab_network import TabNet
from tab_transformer_pytorch import FTTransformer

from benchmarks.zoo.entry import RATE, Call, Entry

_TOKENS = torch.arange(1, 9)[None]
_IMAGE = torch.rand(1, 3, 64, 64)
_ATTENTION = {"dim": 32, "depth": 2, "heads": 2, "attn_dropout": RATE, "ff_dropout": RATE, "layer_dropout": RATE}


def entries() -> Iterator[Entry]:
    """All of them."""
    yield Entry("x_transformers.Decoder", lambda: _text(xt.Decoder(**_ATTENTION)))
    yield Entry("x_transformers.Encoder", lambda: _text(xt.Encoder(**_ATTENTION, attn_flash=True)))
    yield Entry("x_transformers.ViTransformerWrapper", _image)
    for name in ("RN50", "ViT-S-32", "convnext_tiny", "ViT-S-16-alt"):
        yield Entry(f"open_clip.{name}", partial(_clip, name))
    yield Entry("pytorch_tabnet.TabNet", _tabnet)
    yield Entry("tab_transformer_pytorch.FTTransformer", _table)
    yield Entry("rtdl.MLP", lambda: _columns(rtdl.MLP(d_in=8, d_out=1, n_blocks=2, d_block=16, dropout=RATE)))
    yield Entry("rtdl.ResNet", _rtdl_resnet)
    yield Entry("rtdl.FTTransformer", _rtdl_transformer)
    for kind in ("LoraConfig", "AdaLoraConfig", "LoHaConfig", "IA3Config", "BOFTConfig", "PromptTuningConfig"):
        yield Entry(f"peft.{kind}", partial(_adapter, kind))


def _text(layers: object) -> Call:
    return Call(xt.TransformerWrapper(num_tokens=64, max_seq_len=32, emb_dropout=RATE, attn_layers=layers), (_TOKENS,))


def _image() -> Call:
    layers = xt.Encoder(dim=32, depth=2, heads=2, attn_dropout=RATE)
    model = xt.ViTransformerWrapper(image_size=64, patch_size=16, num_classes=5, emb_dropout=RATE, attn_layers=layers)
    return Call(model, (_IMAGE,))


def _clip(name: str) -> Call:
    model = open_clip.create_model(name, pretrained=None)
    return Call(model, (torch.rand(1, 3, 224, 224), torch.randint(1, 99, (1, 77))))


def _tabnet() -> Call:
    model = TabNet(8, 3, cat_idxs=[], cat_dims=[], cat_emb_dim=1, group_attention_matrix=torch.eye(8))
    return Call(model, (torch.rand(4, 8),))


def _table() -> Call:
    model = FTTransformer(
        categories=(5, 4), num_continuous=3, dim=16, dim_out=1, depth=2, heads=2, attn_dropout=RATE, ff_dropout=RATE
    )
    return Call(model, (torch.randint(0, 4, (2, 2)), torch.rand(2, 3)))


def _columns(model: object) -> Call:
    return Call(model, (torch.rand(2, 8),))


def _rtdl_resnet() -> Call:
    return _columns(
        rtdl.ResNet(
            d_in=8,
            d_out=1,
            n_blocks=2,
            d_block=16,
            d_hidden=None,
            d_hidden_multiplier=2.0,
            dropout1=RATE,
            dropout2=RATE,
        )
    )


def _rtdl_transformer() -> Call:
    model = rtdl.FTTransformer(
        n_cont_features=4,
        cat_cardinalities=[],
        d_out=1,
        n_blocks=2,
        d_block=16,
        attention_n_heads=2,
        attention_dropout=RATE,
        ffn_d_hidden=None,
        ffn_d_hidden_multiplier=2.0,
        ffn_dropout=RATE,
        residual_dropout=RATE,
    )
    return Call(model, (torch.rand(2, 4), None))


def _adapter(kind: str) -> Call:
    """An adapter on a BERT; `eval()` is called after it was added, as it must be."""
    base = transformers.BertModel(
        transformers.BertConfig(
            hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, vocab_size=120
        )
    )
    given: dict[str, object] = {"target_modules": ["query", "value"]}
    given |= {
        "LoraConfig": {"lora_dropout": RATE},
        "AdaLoraConfig": {"lora_dropout": RATE, "total_step": 10},
        "LoHaConfig": {"module_dropout": RATE, "rank_dropout": RATE},
        "BOFTConfig": {"boft_dropout": RATE, "boft_block_size": 4},
    }.get(kind, {})
    if kind == "PromptTuningConfig":
        given = {"num_virtual_tokens": 3, "task_type": "FEATURE_EXTRACTION"}
    return Call(peft.get_peft_model(base, getattr(peft, kind)(**given)), (), {"input_ids": _TOKENS})
