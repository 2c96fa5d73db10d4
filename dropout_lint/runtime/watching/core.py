"""The runtime core, as the watcher needs it."""

from __future__ import annotations

from torch import nn

from dropout_lint.runtime.watching.events import Kind, Layer

_WRAPPERS = ("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")


def clean_path(path: str) -> str:
    return ".".join(part for part in path.split(".") if part not in _WRAPPERS)


def layers_of(root: nn.Module) -> list[tuple[Layer, nn.Module]]:
    found = []
    for path, module in root.named_modules():
        kind = p = None
        if isinstance(module, nn.modules.dropout._DropoutNd):
            if module.p:
                kind, p = Kind.STOCHASTIC, float(module.p)
        elif isinstance(module, nn.RNNBase):
            if module.dropout and module.num_layers > 1:
                kind, p = Kind.STOCHASTIC, float(module.dropout)
        elif isinstance(module, nn.MultiheadAttention):
            if module.dropout:
                kind, p = Kind.STOCHASTIC, float(module.dropout)
        elif isinstance(module, nn.modules.batchnorm._NormBase):
            if module.track_running_stats:
                kind = Kind.BATCH_STATS
        if kind is not None:
            found.append((Layer(clean_path(path), type(module).__name__, kind, p), module))
    return found


def unwrapped(module: nn.Module) -> nn.Module:
    while True:
        inner = getattr(module, "_orig_mod", None) if "_orig_mod" in module._modules else None
        if inner is None and type(module).__name__ in ("DataParallel", "DistributedDataParallel", "AveragedModel"):
            inner = module.module
        if inner is None:
            return module
        module = inner


def is_replica(module: nn.Module) -> bool:
    return bool(module.__dict__.get("_is_replica"))


def is_expected() -> bool:
    return False
