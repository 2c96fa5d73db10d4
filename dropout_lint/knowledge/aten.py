"""The arguments of the operators of `aten` that drop, use the statistics of the batch, or draw slopes, in their order.

From the schemas of torch 2.13 (`torch.ops.aten.dropout.default._schema`), the same in all versions from 2.1 on as far
as these arguments go; a test compares.  Exported graphs name their arguments, a kernel of a running model gets them by
position: both read them here.
"""

from __future__ import annotations

from collections.abc import Mapping

_NORM = ("input", "weight", "bias", "running_mean", "running_var")
_RNN = ("has_biases", "num_layers", "dropout", "train")
_QKV = ("query", "key", "value")


def _with_in_place(*names: str) -> tuple[str, ...]:
    return tuple(name + suffix for name in names for suffix in ("", "_"))


_BATCH_NORMS = (
    *("batch_norm", "cudnn_batch_norm", "miopen_batch_norm", "native_batch_norm", "_native_batch_norm_legit"),
    *("_native_batch_norm_legit_functional", "_batch_norm_impl_index"),
)

DROPOUT = _with_in_place("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout")
"""The family of ``dropout(input, p, train)``, in place and not."""

RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu")
"""Recurrent operators: each takes a padded batch (overload ``input``) or a packed one (``data``)."""

ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys((*DROPOUT, "native_dropout"), ("input", "p", "train")),
    "scaled_dot_product_attention": (*_QKV, "attn_mask", "dropout_p"),
    "_scaled_dot_product_attention_math": (*_QKV, "attn_mask", "dropout_p"),
    "_scaled_dot_product_flash_attention": (*_QKV, "dropout_p"),
    "_scaled_dot_product_flash_attention_for_cpu": (*_QKV, "dropout_p"),
    "_scaled_dot_product_efficient_attention": (*_QKV, "attn_bias", "compute_log_sumexp", "dropout_p"),
    "_scaled_dot_product_cudnn_attention": (*_QKV, "attn_bias", "compute_log_sumexp", "dropout_p"),
    "_scaled_dot_product_fused_attention_overrideable": (*_QKV, "attn_bias", "dropout_p"),
    **{f"{name}.input": ("input", "hx", "params", *_RNN) for name in (*RECURRENT, "quantized_lstm", "quantized_gru")},
    **{
        f"{name}.data": ("data", "batch_sizes", "hx", "params", *_RNN)
        for name in (*RECURRENT, "quantized_lstm", "quantized_gru")
    },
    **dict.fromkeys(_BATCH_NORMS, (*_NORM, "training")),
    "instance_norm": (*_NORM, "use_input_stats"),
    "_batch_norm_with_update": _NORM,
    "_batch_norm_with_update_functional": _NORM,
    **dict.fromkeys(_with_in_place("rrelu"), ("self", "lower", "upper", "training")),
    "rrelu_with_noise": ("self", "noise", "lower", "upper", "training"),
}
"""Operator, with its overload where that matters -> the names of its arguments, up to the last one that counts."""


def position(operator: str, argument: str) -> int:
    """Where ``operator`` has its ``argument``, from 0."""
    return ARGUMENTS[operator].index(argument)
