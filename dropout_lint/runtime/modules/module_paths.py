"""Paths of modules as their user writes them: what wrappers put in between is left out.

`torch.compile` holds the module as `_orig_mod`, DataParallel and similar wrappers as `module`, PEFT as
`base_model.model`.
"""

from __future__ import annotations

from torch import nn

_PRIVATE = ("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")
"""Names that only wrappers of torch use."""

_HOLDERS = {
    "DataParallel": ("module",),
    "DistributedDataParallel": ("module",),
    "AveragedModel": ("module",),
    "PeftModel": ("base_model", "model"),
}
"""Wrapper class -> the attributes from it to the module of the user.  By name: PEFT need not be installed."""


def wrapped_by(module: nn.Module) -> tuple[str, ...]:
    """The attributes from the wrapper ``module`` to what it wraps; empty if it is no wrapper."""
    for name in _PRIVATE:
        if name in module._modules:
            return (name,)
    for base in type(module).__mro__:
        names = _HOLDERS.get(base.__name__)
        if names and names[0] in module._modules:
            return names
    return ()


def is_script(module: nn.Module) -> bool:
    """Whether ``module`` is TorchScript: scripted, traced or frozen."""
    return any(base.__name__ == "ScriptModule" for base in type(module).__mro__)


def child(module: nn.Module, name: str) -> nn.Module | None:
    """The registered module ``name`` of ``module``; script modules keep theirs in a container that is no dict."""
    return module._modules[name] if name in module._modules else None  # noqa: SIM401


def unwrapped(module: nn.Module) -> nn.Module:
    """The module of the user inside any number of wrappers."""
    while names := wrapped_by(module):
        for name in names:
            inner = child(module, name)
            if inner is None:
                return module
            module = inner
    return module


def type_name(module: nn.Module) -> str:
    """The class of ``module`` as its author wrote it: TorchScript and FSDP replace it by their own."""
    original = module.__dict__.get("original_name") or getattr(type(module), "original_name", None)
    if isinstance(original, str):
        return original
    if original is not None:  # a property of script modules
        try:
            return str(module.original_name)
        except (AttributeError, RuntimeError):
            pass
    name = type(module).__name__
    if name.startswith("FSDP") and len(type(module).__mro__) > 2:  # `fully_shard` makes a subclass of both
        return next((b.__name__ for b in type(module).__mro__ if not b.__name__.startswith("FSDP")), name)
    return name


def user_path(root: nn.Module, path: str) -> str:
    """``path``, as `named_modules` of ``root`` gives it, without what wrappers inserted."""
    kept: list[str] = []
    module: nn.Module | None = root
    todo = path.split(".") if path else []
    while todo:
        inserted = wrapped_by(module) if module is not None else ()
        if inserted and tuple(todo[: len(inserted)]) == inserted:
            steps, todo = todo[: len(inserted)], todo[len(inserted) :]
        else:
            steps, todo = todo[:1], todo[1:]
            kept += steps
        for step in steps:
            module = child(module, step) if module is not None else None
    return ".".join(kept)
