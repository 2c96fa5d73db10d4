"""Context managers that switch the mode and put every flag back exactly, also where parts differed before."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from torch import nn

from dropout_lint.io.printable import printable
from dropout_lint.runtime.modules.exported import fixed_layers, is_exported
from dropout_lint.runtime.modules.mode_report import LayerKind, sensitive_modules, training_flag
from dropout_lint.runtime.monitoring.monitor import expected_dropout


@contextlib.contextmanager
def eval_mode(model: nn.Module) -> Iterator[nn.Module]:
    """``model`` in eval mode, and afterwards every module of it in the mode that it had.

    Raises ValueError if it holds a graph that was exported in train mode, which nothing changes.
    """
    with kept_modes(model):
        switch_mode(model, False)
        yield model


@contextlib.contextmanager
def train_mode(model: nn.Module) -> Iterator[nn.Module]:
    """``model`` in train mode, and afterwards every module of it in the mode that it had.

    Raises ValueError if it holds a graph that was exported in eval mode, which nothing changes.
    """
    with kept_modes(model):
        switch_mode(model, True)
        yield model


@contextlib.contextmanager
def monte_carlo_dropout(model: nn.Module) -> Iterator[nn.Module]:
    """``model`` in eval mode with its dropout layers active, for Monte Carlo dropout; flags are put back afterwards.

    Batch norm keeps its running statistics.  Layers are switched whose class is for dropout (`nn.Dropout` and similar,
    stochastic depth by name).  Out of reach, because they have no mode of their own: `F.dropout` in a module
    that does other things too, dropout inside `nn.LSTM` and `nn.MultiheadAttention`, and unregistered layers.

    Raises ValueError if no layer can be switched: samples would all be the same.
    """
    with kept_modes(model):
        switch_mode(model, False)
        layers = [
            layer
            for layer in sensitive_modules(model)
            if layer.kind is LayerKind.STOCHASTIC and not layer.inert and is_dropout_layer(layer.module)
        ]
        if not layers:
            name = printable(type(model).__name__)
            fixed = fixed_layers(model)
            if fixed:
                raise ValueError(
                    f"`{name}` has no dropout layer to switch on: `{printable(fixed[0].path or name)}` is in an "
                    "exported graph (DRP306), which keeps the mode that it was exported in; draw the samples before "
                    "exporting"
                )
            raise ValueError(
                f"`{name}` has no dropout layer with p > 0 to switch on: `F.dropout` and dropout in "
                "`nn.LSTM` and `nn.MultiheadAttention` follow the mode of the module that they are in"
            )
        for layer in layers:
            set_flag(layer.module, True)
        with expected_dropout(reason="Monte Carlo dropout"):
            yield model


def switch_mode(model: nn.Module, mode: bool) -> None:
    """What `train(mode)` does; exported graphs are left out, if they are in that mode already.

    Raises ValueError if one is not: nothing changes it any more, and torch says nothing of that.
    """
    exported = [module for module in nn.Module.modules(model) if is_exported(module)]
    if not exported:
        model.train(mode)
        return
    wrong = [layer for layer in fixed_layers(model) if layer.training is not mode]
    if wrong:
        name, first = ("train" if mode else "eval"), wrong[0]
        raise ValueError(
            f"`{printable(type(model).__name__)}` cannot be put in {name} mode: `{first.op}` of "
            f"`{printable(first.path or first.type)}` is switched {'off' if mode else 'on'} in an exported graph "
            f"(DRP306); call `model.{name}()` before `torch.export.export`"
        )
    _switch_around(model, mode)


def _switch_around(module: nn.Module, mode: bool) -> None:
    if is_exported(module):
        return
    if not any(is_exported(part) for part in nn.Module.modules(module)):
        module.train(mode)
        return
    set_flag(module, mode)
    for part in nn.Module.children(module):
        _switch_around(part, mode)


def is_dropout_layer(module: nn.Module) -> bool:
    """Whether ``module`` does nothing but drop: no children, no parameters."""
    return not module._modules and not module._parameters and not isinstance(module, nn.RReLU)


@contextlib.contextmanager
def kept_modes(model: nn.Module) -> Iterator[None]:
    """Put the flag of every module in ``model`` back, whatever happens inside; modules that are added keep theirs."""
    before = [(module, training_flag(module)) for module in nn.Module.modules(model)]
    try:
        yield
    finally:
        for module, flag in before:
            if flag is not None and training_flag(module) is not flag:
                set_flag(module, flag)


def set_flag(module: nn.Module, flag: bool) -> None:
    """Set the flag of ``module`` alone, past any `train()` that does more."""
    if "training" in module.__dict__:
        module.__dict__["training"] = flag
    else:  # script modules keep it elsewhere
        module.training = flag  # noqa: DRP305  # this module alone is what is wanted
