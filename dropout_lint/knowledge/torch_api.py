"""What torch calls things: the callables this tool knows, with their parameters in order.

Signatures are those of torch 2.13; parameters that a newer torch adds at the end do no harm, because arguments are
looked up by name.  A name here is the shortest public one: `canonical` maps the module where torch defines it to that.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from dropout_lint.io.late_pattern import late


class CalleeKind(Enum):
    """What a callable that takes a drop probability is."""

    LAYER = "layer"  # nn.Dropout and its family: follow train() and eval()
    FUNCTION = "function"  # torch.nn.functional: a `training` flag with a default
    OPERATOR = "operator"  # torch.dropout: the flag is required
    RECURRENT = "recurrent"  # nn.LSTM and its family: dropout between layers
    ATTENTION = "attention"  # MultiheadAttention and Transformer layers
    RAW_ATTENTION = "raw attention"  # scaled_dot_product_attention: no flag at all
    GRAPH = "graph"  # torch_geometric's helpers: a `training` flag that defaults to True
    DEPTH = "depth"  # torchvision's stochastic depth and drop-block: a `training` flag that defaults to True


DROPOUT = (CalleeKind.LAYER, CalleeKind.FUNCTION, CalleeKind.OPERATOR)
"""Dropout itself, as against layers that have some inside."""


class Callee(NamedTuple):
    """A callable of torch: its public dotted name, what it is, and its parameters in order, without ``self``."""

    name: str
    kind: CalleeKind
    parameters: tuple[str, ...]
    rate: str  # the parameter that holds the drop probability

    @property
    def short(self) -> str:
        """The name as people write it: ``nn.Dropout``, ``F.dropout``."""
        short = self.name.replace("torch.nn.functional.", "F.")
        return short.replace("torch.nn.", "nn.") if short.startswith("torch.nn.") else short


def _callees() -> dict[str, Callee]:
    table: list[Callee] = []
    for layer in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"):
        table.append(Callee(f"torch.nn.{layer}", CalleeKind.LAYER, ("p", "inplace"), "p"))
    for function in ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"):
        parameters = ("input", "p", "training", "inplace")
        table.append(Callee(f"torch.nn.functional.{function}", CalleeKind.FUNCTION, parameters, "p"))
    for operator in ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"):
        for name in (operator, operator + "_"):
            table.append(Callee(f"torch.{name}", CalleeKind.OPERATOR, ("input", "p", "train"), "p"))
    recurrent = ("input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional")
    for layer in ("LSTM", "GRU"):
        table.append(Callee(f"torch.nn.{layer}", CalleeKind.RECURRENT, recurrent, "dropout"))
    # nn.RNN takes its nonlinearity where the others take their bias.
    plain = (*recurrent[:3], "nonlinearity", *recurrent[3:])
    table.append(Callee("torch.nn.RNN", CalleeKind.RECURRENT, plain, "dropout"))
    attention = (
        "embed_dim",
        "num_heads",
        "dropout",
        "bias",
        "add_bias_kv",
        "add_zero_attn",
        "kdim",
        "vdim",
        "batch_first",
    )
    table.append(Callee("torch.nn.MultiheadAttention", CalleeKind.ATTENTION, attention, "dropout"))
    layer_parameters = ("d_model", "nhead", "dim_feedforward", "dropout", "activation", "layer_norm_eps", "batch_first")
    for layer in ("TransformerEncoderLayer", "TransformerDecoderLayer"):
        table.append(Callee(f"torch.nn.{layer}", CalleeKind.ATTENTION, layer_parameters, "dropout"))
    transformer = ("d_model", "nhead", "num_encoder_layers", "num_decoder_layers", "dim_feedforward", "dropout")
    table.append(Callee("torch.nn.Transformer", CalleeKind.ATTENTION, transformer, "dropout"))
    raw = ("query", "key", "value", "attn_mask", "dropout_p", "is_causal")
    table.append(Callee("torch.nn.functional.scaled_dot_product_attention", CalleeKind.RAW_ATTENTION, raw, "dropout_p"))
    table += [*_raw_attention_of_other_libraries(), *_dropout_of_other_libraries()]
    return {callee.name: callee for callee in table}


def _raw_attention_of_other_libraries() -> list[Callee]:
    """flash-attn 2.8 and xformers 0.0.32: fused attention with a rate and without a flag."""
    dense = ("q", "k", "v", "dropout_p", "softmax_scale", "causal")
    packed = ("qkv", "dropout_p", "softmax_scale", "causal")
    packed_keys = ("q", "kv", "dropout_p", "softmax_scale", "causal")
    lengths = ("cu_seqlens_q", "cu_seqlens_k", "max_seqlen_q", "max_seqlen_k")
    by_function = {
        "flash_attn_func": dense,
        "flash_attn_qkvpacked_func": packed,
        "flash_attn_kvpacked_func": packed_keys,
        "flash_attn_varlen_func": (*dense[:3], *lengths, *dense[3:]),
        "flash_attn_varlen_qkvpacked_func": ("qkv", "cu_seqlens", "max_seqlen", *packed[1:]),
        "flash_attn_varlen_kvpacked_func": (*packed_keys[:2], *lengths, *packed_keys[2:]),
    }
    table = [
        Callee(f"{module}.{function}", CalleeKind.RAW_ATTENTION, parameters, "dropout_p")
        for function, parameters in by_function.items()
        for module in ("flash_attn", "flash_attn.flash_attn_interface")
    ]
    memory_efficient = ("query", "key", "value", "attn_bias", "p", "scale")
    table.append(Callee("xformers.ops.memory_efficient_attention", CalleeKind.RAW_ATTENTION, memory_efficient, "p"))
    return table


def _dropout_of_other_libraries() -> list[Callee]:
    """torch_geometric 2.8 (utils/dropout.py, utils/augmentation.py) and torchvision 0.29 (ops/)."""
    graph = {
        "dropout_node": ("edge_index", "p", "num_nodes", "training", "relabel_nodes"),
        "dropout_edge": ("edge_index", "p", "force_undirected", "training"),
        "dropout_path": ("edge_index", "p", "walks_per_node", "walk_length", "num_nodes", "is_sorted", "training"),
        "dropout_adj": ("edge_index", "edge_attr", "p", "force_undirected", "num_nodes", "training"),
        "mask_feature": ("x", "p", "mode", "fill_value", "training"),
        "add_random_edge": ("edge_index", "p", "force_undirected", "num_nodes", "training"),
    }
    depth = {
        "stochastic_depth": ("input", "p", "mode", "training"),
        "drop_block2d": ("input", "p", "block_size", "inplace", "eps", "training"),
        "drop_block3d": ("input", "p", "block_size", "inplace", "eps", "training"),
    }
    files = {"stochastic_depth": "stochastic_depth", "drop_block2d": "drop_block", "drop_block3d": "drop_block"}
    return [
        *(
            Callee(f"torch_geometric.{module}.{name}", CalleeKind.GRAPH, parameters, "p")
            for name, parameters in graph.items()
            for module in ("utils", "utils.dropout")
        ),
        *(
            Callee(f"torchvision.ops.{module}{name}", CalleeKind.DEPTH, parameters, "p")
            for name, parameters in depth.items()
            for module in ("", files[name] + ".")
        ),
    ]


CALLEES: dict[str, Callee] = _callees()

MODULE_ATTRIBUTES_OF_TORCH = ("nn", "functional")
"""Submodules that ``from torch import nn`` and ``from torch.nn import functional`` bind."""

STAR_EXPORTS: dict[str, frozenset[str]] = {
    "torch": frozenset(name.removeprefix("torch.") for name in CALLEES if name.count(".") == 1),
    "torch.nn": frozenset(
        {name.removeprefix("torch.nn.") for name in CALLEES if re.fullmatch(r"torch\.nn\.[A-Z]\w*", name)}
        | {"functional", "Module", "ModuleList", "ModuleDict", "Sequential", "Identity"}
    ),
    "torch.nn.functional": frozenset(
        name.removeprefix("torch.nn.functional.") for name in CALLEES if name.startswith("torch.nn.functional.")
    ),
}
"""What a star import of a torch module binds, as far as this tool cares.  ``from torch import *`` binds no ``nn``."""

_HANDED_ON = {"torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional"}
_HAND_TORCH_ON = frozenset({"fastai", "fastbook"})


def handed_on_by_star(star: str, name: str) -> str | None:
    """What of torch ``name`` is where nothing but ``from star import *``, of another library, can bind it.

    The stars of fastai let torch out under the names that everybody gives it: 0.7 and 2.7 (torch_imports.py), 1.0
    (imports/torch.py).
    """
    return _HANDED_ON.get(name) if star.partition(".")[0] in _HAND_TORCH_ON else None


_CLASS_OF_NN = late(
    r"\w*(?:[1-3]d|Loss|Norm|Linear|LU|LU6|Cell|Base|Softmax|Dropout|Fold|Unfold|Embedding|EmbeddingBag|Parallel"
    r"|Parameter|Buffer|ParameterDict|ParameterList|Flatten|Unflatten|Shuffle|Unshuffle|Transformer\w*|LRN\w*"
    r"|[Ss]hrink|[Ss]wish|[Ss]igmoid|[Tt]anh)"
    r"|Bilinear|Container|CosineSimilarity|LinearCrossEntropyOptions|LogSoftmax|Mish|PairwiseDistance|Softmin"
    r"|Softplus|Softsign|Threshold|Upsample"
)


def star_may_export(module: str, name: str) -> bool:
    """Whether a star import of the torch module ``module``, one of `STAR_EXPORTS`, may bind ``name``, which need not
    concern this tool: False is certain.  Of torch itself that is never so, for its star lets out all that is compiled,
    a ``Block`` and a ``Node`` too.
    """
    return module != "torch.nn" or not name[:1].isupper() or _CLASS_OF_NN.fullmatch(name) is not None


_DEFINING_MODULE = late(r"^torch\.nn\.modules\.(?:[a-z]\w*\.)?(?=[A-Z])")


def canonical(dotted: str) -> str:
    """The public name of what ``dotted`` names: ``torch.nn.modules.dropout.Dropout`` is ``torch.nn.Dropout``."""
    return _DEFINING_MODULE.sub("torch.nn.", dotted) if dotted.startswith("torch.nn.modules.") else dotted


def callee(dotted: str | None) -> Callee | None:
    """The torch callable called ``dotted``, or None if it is none that this tool knows."""
    return CALLEES.get(dotted) if dotted is not None else None
