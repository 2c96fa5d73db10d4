"""What calls into torch and other libraries do to modes: facts, mostly from ``knowledge/factories.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from dropout_lint.knowledge.entries import Factory
from dropout_lint.knowledge.torch_api import CALLEES, CalleeKind, callee
from dropout_lint.typestate.domain.modes import Layers, Mode
from dropout_lint.typestate.domain.values import Const, Value


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


RUN_ONCE = frozenset({"before_first_request", "before_serving", "on_startup", "startup"})
"""What Flask, Quart and others call the functions that they run once, before they answer requests."""

LIFESPAN = "lifespan"
"""What people call FastAPI's context around all requests."""

GRAD_OFF = frozenset(
    {
        "torch.no_grad",
        "torch.inference_mode",
        "torch.autograd.no_grad",
        "torch.autograd.inference_mode",
        "torch.autograd.grad_mode.no_grad",
        "torch.autograd.grad_mode.inference_mode",
    }
)
GRAD_ON = frozenset({"torch.enable_grad", "torch.autograd.enable_grad", "torch.autograd.grad_mode.enable_grad"})
GRAD_SET = frozenset({"torch.set_grad_enabled", "torch.autograd.set_grad_enabled"})

WRAPPERS = frozenset(
    {
        "torch.nn.DataParallel",
        "torch.nn.parallel.DataParallel",
        "torch.nn.parallel.DistributedDataParallel",
        "torch.nn.parallel.distributed.DistributedDataParallel",
        "torch.distributed.fsdp.FullyShardedDataParallel",
        "torch.nn.SyncBatchNorm.convert_sync_batchnorm",
        "torch.compile",
        "apex.parallel.DistributedDataParallel",
        "apex.parallel.convert_syncbn_model",
        "intel_extension_for_pytorch.optimize",
    }
)
"""Calls that return their first argument, wrapped or changed, in the mode that it is in."""

CONTAINERS = frozenset({"torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict"})
STACKS = frozenset({"torch.nn.TransformerEncoder", "torch.nn.TransformerDecoder"})

EXPORTERS: Mapping[str, str] = {
    "torch.jit.trace": "torch.jit.trace",
    "torch.jit.trace_module": "torch.jit.trace_module",
    "torch.export.export": "torch.export.export",
    "torch.export.draft_export": "torch.export.draft_export",
    "torch.onnx.export": "torch.onnx.export",
    "torch.onnx.dynamo_export": "torch.onnx.dynamo_export",
}

DUMMY_TENSORS = frozenset(
    f"torch.{name}"
    for name in ("randn", "rand", "randint", "zeros", "ones", "empty", "full", "arange", "randn_like", "rand_like")
)

DRAWS_UNIFORMLY = frozenset({"rand", "rand_like", "bernoulli", "bernoulli_", "uniform_", "Bernoulli"})
"""Functions and methods that dropout which a project writes itself draws with."""

_OPTIMIZER = re.compile(
    r"(?:torch\.optim\.(?!lr_scheduler)\w+|.*\.(?:\w*Adam\w*|SGD\w*|RMSprop|Adagrad|Adadelta|LBFGS|Lion|Adafactor|Ranger\w*|Lookahead))"
)

_BATCH_NORM = re.compile(r"torch\.nn\.(?:Lazy)?(?:BatchNorm[123]d|SyncBatchNorm)")
_INSTANCE_NORM = re.compile(r"torch\.nn\.(?:Lazy)?InstanceNorm[123]d")
_LAYER = re.compile(r"torch\.nn\.(?!functional|init|utils|parallel|Module$|Parameter$)[A-Z]\w*")
_DEFAULT_RATE = {CalleeKind.LAYER: 0.5, CalleeKind.ATTENTION: 0.1, CalleeKind.RECURRENT: 0.0}


@cache
def is_layer(name: str) -> bool:
    """Whether ``name`` is a layer of torch."""
    return _LAYER.fullmatch(name) is not None


@cache
def is_optimizer(name: str) -> bool:
    """Whether ``name`` is an optimizer of torch, or is called like one."""
    return _OPTIMIZER.fullmatch(name) is not None


@cache
def is_harmless_call(name: str) -> bool:
    """Whether the name of an external function says that it does something else than to switch modes."""
    return _HARMLESS_CALL.fullmatch(name) is not None


def mode_dependent_layer(name: str, positional: Sequence[Value], keywords: Mapping[str, Value]) -> Layers | None:
    """What it is, if the layer of torch called ``name`` works differently in train and eval mode, built like this.

    A rate that is not known counts as one that drops: people who write a layer want it to do something.
    """
    if _BATCH_NORM.fullmatch(name):
        return None if _is(keywords.get("track_running_stats"), False) else Layers.BATCH_NORM
    if _INSTANCE_NORM.fullmatch(name):
        return Layers.OTHER if _is(keywords.get("track_running_stats"), True) else None
    if name == "torch.nn.RReLU":
        return Layers.OTHER
    known = callee(name)
    if known is None or known.kind not in _DEFAULT_RATE:
        return None
    default = 0.0 if name == "torch.nn.MultiheadAttention" else _DEFAULT_RATE[known.kind]
    arguments: dict[str, Value] = {**dict(zip(known.parameters, positional)), **keywords}
    rate = arguments.get(known.rate, Const(default))
    if isinstance(rate, Const) and not rate.value:
        return None
    if known.kind is CalleeKind.RECURRENT:
        layers = arguments.get("num_layers", Const(1))
        return None if isinstance(layers, Const) and layers.value in (1, None) else Layers.DROPOUT
    return Layers.DROPOUT


LAYERS_WITH_A_MODE = frozenset(
    [name.rpartition(".")[2] for name, known in CALLEES.items() if known.kind in _DEFAULT_RATE]
    + [f"{lazy}{norm}{dims}d" for norm in ("BatchNorm", "InstanceNorm") for dims in (1, 2, 3) for lazy in ("", "Lazy")]
) | _words("SyncBatchNorm RReLU TransformerEncoder TransformerDecoder")
"""What torch calls the layers that may work differently in the two modes, and the stacks of such layers."""

_LAYERS = {"dropout": Layers.DROPOUT, "batch norm": Layers.BATCH_NORM, "stochastic depth": Layers.OTHER}


@dataclass(frozen=True, slots=True)
class Made:
    """What a factory returns."""

    mode: Mode
    layers: Layers | None  # that depend on the mode; None if there are none
    loaded: bool  # with trained weights


def made_by(known: Factory, positional: Sequence[Value], keywords: Mapping[str, Value]) -> Made:
    """What ``known`` returns when it is called with these arguments."""
    loaded = known.loaded
    for name in ("pretrained", "weights"):
        if name in keywords:
            loaded = not _is_falsy(keywords[name])
    if known.first_loads and positional:
        loaded = not _is_falsy(positional[0])
    layers = next((_LAYERS[layer] for layer in known.layers), None)
    if known.depends_on:  # what the library leaves at zero, unless it is told otherwise
        given = [keywords[name] for name in known.depends_on if name in keywords]
        if all(_is_falsy(value) for value in given):
            layers = None
    return Made(Mode.EVAL if known.mode == "eval" else Mode.TRAIN, layers, loaded)


HARMLESS_LIBRARIES = _words(
    """
    torch torchvision numpy os sys logging tqdm time json random math copy pathlib pickle matplotlib sklearn scipy
    pandas wandb tensorboard tensorboardX argparse itertools functools collections datetime PIL
    cv2 re warnings gc types typing io string shutil glob csv yaml visdom contextlib pprint inspect timm
    """
)
"""Libraries that leave the mode of what they are given as they found it, where nothing here says otherwise."""

NAMESPACES = frozenset({"types.SimpleNamespace", "argparse.Namespace"})
"""Objects that hold what the project stores in them."""

HARMLESS_BUILTINS = _words(
    """
    print len isinstance issubclass type id hasattr repr str int float bool sum max min abs round any all sorted range
    dict set frozenset format hash callable vars dir delattr open input super object
    """
)

_HARMLESS_CALL = re.compile(
    r"(?i).*(?:optim|count|summar|print|log|save|watch|info|flops|macs|init|num_|n_param|param|size|checkpoint_path|seed"
    r"|sched|clip|plot|report|update_ema|ema_update|add_graph|store|load_state|load_weights|load_checkpoint|restore|freeze"
    r"|optimizer|loss|criterion).*"
)
MODULE_METHODS_THAT_RETURN_IT = _words(
    """
    to cuda cpu half float double bfloat16 to_empty share_memory xpu npu mps ipu type type_as
    to_bettertransformer from_pretrained_state
    """
)
MODULE_METHODS_WITHOUT_EFFECT = _words(
    """
    state_dict zero_grad register_buffer register_parameter register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_backward_hook extra_repr get_parameter get_buffer compile save_pretrained
    push_to_hub resize_token_embeddings gradient_checkpointing_enable gradient_checkpointing_disable tie_weights
    get_input_embeddings get_output_embeddings enable_input_require_grads num_parameters print_trainable_parameters
    set_input_embeddings no_sync save_hyperparameters log log_dict configure_sharded_model optimizers lr_schedulers
    toggle_optimizer
    untoggle_optimizer post_init enable_gradient_checkpointing
    enable_xformers_memory_efficient_attention
    update_parameters __repr__ init_weights reset_parameters named_buffers buffers
    """
)
LOADS = frozenset({"load_state_dict", "load_weights", "load_state", "load_checkpoint", "load"})
PARTS = frozenset({"modules", "children", "named_modules", "named_children", "get_submodule"})


def string(value: Value) -> str | None:
    """The string that ``value`` is, if it is a known one."""
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None


def _is(value: Value | None, wanted: bool) -> bool:
    return isinstance(value, Const) and value.value is wanted


def _is_falsy(value: Value) -> bool:
    return isinstance(value, Const) and not value.value
