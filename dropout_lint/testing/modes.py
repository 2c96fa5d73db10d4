"""Assertions on modes; none runs a forward."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any, NoReturn

import torch
from torch import nn

from dropout_lint.runtime.modules.mode_report import LayerKind, LayerState, ModeReport, mode_report, training_flag
from dropout_lint.runtime.modules.module_paths import type_name, unwrapped, user_path
from dropout_lint.runtime.modules.unregistered import find_unregistered_modules
from dropout_lint.runtime.monitoring.contexts import kept_modes
from dropout_lint.runtime.monitoring.distributed import gathered
from dropout_lint.testing.messages import Msg, fail, of_layers


def assert_eval_mode(model: nn.Module, *, ignore: Sequence[str] = (), group: Any = None, msg: Msg = None) -> None:
    """Every layer of ``model`` that depends on the mode is in eval mode, those included that `eval()` does not reach.

    Layers whose settings make both modes equal do not count (p=0, an LSTM of one layer), and neither does the flag of a
    module whose forward does not read it.  ``ignore`` takes patterns of paths: ``"teacher.*"``.  With a process
    ``group``, every process of it has to call this, and each fails if any of them does.
    """
    __tracebackhide__ = True
    _assert_mode(model, False, ignore, group, msg)


def assert_train_mode(model: nn.Module, *, ignore: Sequence[str] = (), group: Any = None, msg: Msg = None) -> None:
    """Every layer of ``model`` that depends on the mode is in train mode; options as for `assert_eval_mode`."""
    __tracebackhide__ = True
    _assert_mode(model, True, ignore, group, msg)


def _assert_mode(model: nn.Module, training: bool, ignore: Sequence[str], group: Any, msg: Msg) -> None:
    __tracebackhide__ = True
    report = mode_report(model)
    wrong = _in_wrong_mode(report, training, ignore)
    name = "train" if training else "eval"
    if group is not None:
        by_rank = {rank: layers for rank, layers in sorted(gathered(wrong, group).items()) if layers}
        if by_rank and len(by_rank) < len(torch.distributed.get_process_group_ranks(group)):
            fail(
                f"`{report.model}` is in {name} mode in some processes only",
                expected=f"{name} mode in every process of the group",
                found=f"another mode in rank {', '.join(map(str, by_rank))}",
                evidence=[f"rank {rank}: {line}" for rank, layers in by_rank.items() for line in of_layers(layers)],
                code="DRP301" if not training else "DRP303",
                cure=f"call `model.{name}()` in every process, outside any `if rank == 0`",
                msg=msg,
            )
    if wrong:
        if all(layer.fixed for layer in wrong):
            _fail_exported(report, wrong, name, msg)
        hidden = all(not layer.registered for layer in wrong)
        alone = training_flag(model) is training  # the flag of the model was set, and not those of its layers
        fail(
            f"`{report.model}` is not in {name} mode",
            expected=f"every layer that depends on the mode in {name} mode",
            found=f"{len(wrong)} of {len(report.effective)} such layers in another mode",
            evidence=of_layers(wrong),
            code="DRP401" if hidden else "DRP305" if alone else "DRP303" if training else "DRP301",
            cure="register the layers: `nn.ModuleList` or `nn.ModuleDict`" if hidden else f"call `model.{name}()`",
            msg=msg,
        )


def _fail_exported(report: ModeReport, wrong: list[LayerState], name: str, msg: Msg) -> NoReturn:
    __tracebackhide__ = True
    fail(
        f"`{report.model}` holds a graph that was not exported in {name} mode",
        expected=f"every layer that depends on the mode in {name} mode",
        found=f"{len(wrong)} of {len(report.effective)} such layers fixed in another mode by the export",
        evidence=of_layers(wrong),
        code="DRP306",
        cure=f"call `model.{name}()` before `torch.export.export`: nothing changes an exported graph",
        msg=msg,
    )


def _in_wrong_mode(report: ModeReport, training: bool, ignore: Sequence[str]) -> list[LayerState]:
    wrong = [
        layer
        for layer in report.effective
        if layer.training is (not training) and not any(fnmatchcase(layer.path, pattern) for pattern in ignore)
    ]
    if training:  # what is hidden from `train()` is a matter of its owner
        wrong = [layer for layer in wrong if layer.registered]
    # A flag that is read for something else (a detector's losses, checkpointing) is no evidence by itself.
    if all(layer.kind is LayerKind.MODE_DEPENDENT and layer.path for layer in wrong):
        return []
    return wrong


def assert_eval_propagates(model: nn.Module, *, msg: Msg = None) -> None:
    """`model.train()` and then `model.eval()` bring every layer that depends on it to eval mode, and return the model.

    Finds layers in lists, dicts and closures, and overrides of `train()` or `eval()` that do not reach the children.
    Runs no forward.
    """
    __tracebackhide__ = True
    name = type_name(unwrapped(model))
    report = mode_report(model)
    fixed = [layer for layer in _in_wrong_mode(report, False, ()) if layer.fixed]
    if fixed:
        _fail_exported(report, fixed, "eval", msg)
    with kept_modes(model), contextlib.ExitStack() as hidden:
        for _, module in find_unregistered_modules(model):
            hidden.enter_context(kept_modes(module))
        for method in ("train", "eval"):
            try:
                returned = getattr(model, method)()
            except Exception as error:
                fail(
                    f"`{name}.{method}()` raises {type(error).__name__}",
                    expected=f"`model.{method}()` switches the mode",
                    found=" ".join(str(error).split()),
                    code="DRP404",
                    cure=f"let `{method}` take what `nn.Module.{method}` takes (an exported program keeps its mode)",
                    msg=msg,
                )
            if returned is not model:
                fail(
                    f"`{name}.{method}()` does not return the model",
                    expected="the model, so that calls can be chained as in `model = Net().eval()`",
                    found=f"it returned {type(returned).__name__}",
                    code="DRP404",
                    cure=f"end the override of `{method}` with `return self`",
                    msg=msg,
                )
        report = mode_report(model)
        wrong = _in_wrong_mode(report, False, ())
        if wrong:
            overridden = any(layer.registered for layer in wrong)
            fail(
                f"`{name}.eval()` does not reach every layer",
                expected="every layer that depends on the mode in eval mode after `model.train(); model.eval()`",
                found=f"{len(wrong)} of {len(report.effective)} such layers still in train mode",
                evidence=of_layers(wrong),
                code="DRP404" if overridden else "DRP401",
                cure="call `super().train(mode)` in the override of `train`"
                if overridden
                else "register the layers: `nn.ModuleList` or `nn.ModuleDict`",
                msg=msg,
            )


@contextlib.contextmanager
def assert_mode_restored(model: nn.Module, *, msg: Msg = None) -> Iterator[None]:
    """What runs in this context leaves every module of ``model`` in the mode that it had; says nothing if it raises."""
    __tracebackhide__ = True
    before = {path: training_flag(module) for path, module in nn.Module.named_modules(model)}
    yield
    after = {path: training_flag(module) for path, module in nn.Module.named_modules(model)}
    changed = [path for path, flag in after.items() if path in before and before[path] is not flag]
    if changed:
        names = {True: "train", False: "eval", None: "none"}
        fail(
            f"the mode of `{type_name(unwrapped(model))}` is not restored",
            expected="every module in the mode that it had before",
            found=f"{len(changed)} of {len(after)} modules in another mode",
            evidence=[
                f"{user_path(model, path) or '(the model itself)'}  was {names[before[path]]}, is {names[after[path]]}"
                for path in changed
            ],
            code="DRP307",
            cure="switch with `dropout_lint.runtime.eval_mode(model)`, which puts every flag back",
            msg=msg,
        )
