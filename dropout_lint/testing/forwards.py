"""Assertions on one forward: what it drops, and what it draws."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from dropout_lint.runtime.hooks.mechanism import Mechanism
from dropout_lint.runtime.modules.mode_report import LayerKind, mode_report
from dropout_lint.runtime.modules.module_paths import type_name, unwrapped
from dropout_lint.runtime.monitoring.contexts import switch_mode
from dropout_lint.runtime.monitoring.harm import of_two_passes
from dropout_lint.runtime.monitoring.monitor import DropoutMonitor
from dropout_lint.runtime.monitoring.preservation import untouched, warm_up
from dropout_lint.runtime.monitoring.randomness import draws_of
from dropout_lint.testing.blind_spots import tell_blind_spots
from dropout_lint.testing.messages import Msg, fail, of_draws, of_events, of_layers


def assert_no_active_dropout(model: nn.Module, *args: Any, msg: Msg = None, **kwargs: Any) -> None:
    """`model(*args, **kwargs)` runs no active dropout, and no norm that uses the statistics of its batch.

    The model runs in the mode and the grad mode that it is in.  Functional dropout, attention dropout, layers that
    `eval()` does not reach, TorchScript and compiled models are seen; masks made by hand are for
    `assert_deterministic`.  Where this torch shows less than that, the first one that holds warns of it
    (`BlindSpotWarning`).
    """
    __tracebackhide__ = True
    tell_blind_spots(_assert_no_active_dropout(model, args, kwargs, msg, measure=False))


def _assert_no_active_dropout(
    model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], msg: Msg, *, measure: bool
) -> Mechanism:
    """The assertion; returns how dropout was watched."""
    __tracebackhide__ = True
    with untouched(model):
        warm_up(model, *args, **kwargs)
        with DropoutMonitor(everything=True, only=model) as monitor:
            model(*args, **kwargs)
    if monitor.events:
        first = monitor.events[0]
        fail(
            f"dropout is active in `{type_name(unwrapped(model))}`: {first.message}",
            expected="no active dropout in one forward",
            found=f"{len(monitor.events)} active operator{'s' if len(monitor.events) > 1 else ''}",
            evidence=of_events(monitor.events),
            code=", ".join(sorted({event.code for event in monitor.events})),
            cure=first.help,
            harm=of_two_passes(model, lambda: model(*args, **kwargs)) if measure else None,
            msg=msg,
        )
    return monitor.mechanism


def assert_dropout_active(model: nn.Module, *args: Any, msg: Msg = None, **kwargs: Any) -> None:
    """In train mode, `model(*args, **kwargs)` really drops: some dropout with p > 0 runs and is active.

    The model is put in train mode for the call.  Masks made by hand count too.
    """
    __tracebackhide__ = True
    with untouched(model):
        switch_mode(model, True)
        warm_up(model, *args, **kwargs)
        with DropoutMonitor(everything=True, only=model) as monitor:
            draws = draws_of(model, lambda: model(*args, **kwargs))
        report = mode_report(model)
    dropped = [event for event in monitor.events if event.p is not None]
    if dropped or any(draw.looks_like_dropout for draw in draws):
        return
    layers = [layer for layer in report.layers if layer.kind is LayerKind.STOCHASTIC]
    fail(
        f"dropout is not active in `{type_name(unwrapped(model))}`",
        expected="at least one active dropout in one forward in train mode",
        found=f"none; {len(layers)} layers could drop" if layers else "none; no layer could drop",
        evidence=of_layers(layers),
        code="DRP403",
        cure="call the layers in `forward`, with p > 0" if layers else "add `nn.Dropout(p)` and call it in `forward`",
        msg=msg,
    )


def assert_eval_is_identity(layer: nn.Module, *inputs: Tensor, msg: Msg = None) -> None:
    """In eval mode, the dropout ``layer`` returns each of ``inputs`` as it is: same shape, type and values.

    Without inputs, it is given a vector of 64 ones, which a dropout that is still on changes.
    """
    __tracebackhide__ = True
    for given in inputs or (torch.ones(64),):
        with untouched(layer), torch.no_grad():
            switch_mode(layer, False)
            result = layer(given.clone())
        problem = _difference(given, result)
        if problem:
            fail(
                f"`{type_name(layer)}` changes its input in eval mode",
                expected="the input itself",
                found=problem,
                code="DRP201",
                cure="return the input unchanged unless `self.training`",
                msg=msg,
            )


def _difference(given: Tensor, result: object) -> str:
    if not isinstance(result, Tensor):
        return f"a {type(result).__name__}"
    if result.shape != given.shape:
        return f"shape {tuple(result.shape)} instead of {tuple(given.shape)}"
    if result.dtype != given.dtype:
        return f"{result.dtype} instead of {given.dtype}"
    other = (result != given) & ~((result != result) & (given != given))
    return f"{int(other.sum())} of {given.numel()} values differ" if bool(other.any()) else ""


def assert_deterministic(model: nn.Module, *args: Any, msg: Msg = None, **kwargs: Any) -> None:
    """`model(*args, **kwargs)` draws no random number, of torch, Python or numpy, and runs no active dropout.

    Stricter than `assert_no_active_dropout`: sees masks made by hand and random layer drop, and also fails for sampling
    that is meant, as in the latent of a VAE.  Where it fails, it runs the model twice more, and says by how much the
    results differ.
    """
    __tracebackhide__ = True
    tell_blind_spots(_assert_no_active_dropout(model, args, kwargs, msg, measure=True))
    with untouched(model):
        draws = draws_of(model, lambda: model(*args, **kwargs))
    if draws:
        fail(
            f"`{type_name(unwrapped(model))}` draws random numbers",
            expected="no random number drawn in one forward",
            found=f"{len(draws)} place{'s' if len(draws) > 1 else ''} that draw{'' if len(draws) > 1 else 's'}",
            evidence=of_draws(draws),
            code="DRP201",
            cure="draw only `if self.training`; if it is meant, use `assert_no_active_dropout`",
            harm=of_two_passes(model, lambda: model(*args, **kwargs)),
            msg=msg,
        )
