"""Makes a call on small models and reads their flags."""

from __future__ import annotations

import ast
import contextlib
import copy
import os
import random
import re
import tempfile
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from benchmarks.library_modes.effects import STARTS, Observation, Start
from benchmarks.library_modes.models import SEEN, Raise, Watch, build
from benchmarks.library_modes.registry import Probe

_MOST = 100  # characters of an error


def observe(probe: Probe) -> dict[Start, Observation]:
    """The call made from every start; a model that a program builds is not made to raise."""
    return {start: _observe(probe, start) for start in STARTS if start != "raising" or not probe.build}


def begin(model: nn.Module, start: Start) -> None:
    """Put ``model`` in the mode ``start``."""
    model.train(start not in ("eval", "mixed"))
    if start == "frozen":
        frozen = getattr(model, "body", None) or next(model.children(), None)
        if isinstance(frozen, nn.Module):
            frozen.eval()
    elif start == "mixed":
        dropouts = [module for module in model.modules() if isinstance(module, nn.Dropout)]
        for module in dropouts or list(model.children())[-1:]:
            module.train()


def _observe(probe: Probe, start: Start) -> Observation:
    random.seed(0)
    last: list[nn.Module] = [Watch()] if probe.watched else []
    if start == "raising":
        last.append(Raise())
    model, x = build(probe.model, probe.build, last)
    begin(model, start)
    before: dict[nn.Module, bool] = {module: module.training for module in model.modules()}
    named = {name: module.training for name, module in model.named_modules()}
    buffers = {name: value.clone() for name, value in model.named_buffers()}
    SEEN.clear()
    error, returned = "", ""
    flags: tuple[bool, ...] = ()
    with _in_a_folder():
        try:
            result = _run(probe.program, model, x)
        except Exception as raised:
            error = _words(raised)
        else:
            returned, flags = _returned(result, model)
    kept: list[tuple[bool, bool]] = []
    added: list[bool] = []
    for name, module in model.named_modules():
        flag = bool(module.training)
        if module in before:
            kept.append((before[module], flag))
        elif named.get(name) == flag:  # it took the place of one in the same mode
            kept.append((flag, flag))
        else:
            added.append(flag)
    now = dict(model.named_buffers())
    return Observation(
        tuple(flag for flag, _ in kept),
        tuple(flag for _, flag in kept),
        tuple(added),
        frozenset((flag, grad) for flag, grad, _ in SEEN),
        bool(SEEN) and not {which for _, _, which in SEEN} & {id(module) for module in before},
        returned,
        flags,
        tuple(sorted(name for name in {*buffers, *now} if not _same(buffers.get(name), now.get(name)))),
        error,
    )


def _run(program: str, model: nn.Module, x: Any) -> Any:
    *statements, last = ast.parse(program).body
    y = torch.tensor([0, 1, 0, 1])
    names: dict[str, Any] = {"torch": torch, "nn": nn, "copy": copy, "model": model, "x": x, "y": y}
    names["loss"] = nn.CrossEntropyLoss()
    parameters = list(model.parameters())
    names["optimizer"] = torch.optim.SGD(parameters, 0.01) if parameters else None
    if isinstance(x, torch.Tensor) and len(x) == len(y):
        names["loader"] = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=4)
    exec(compile(ast.Module(statements, []), "<call>", "exec"), names)  # our own programs
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "<call>", "eval"), names)
    exec(compile(ast.Module([last], []), "<call>", "exec"), names)
    if isinstance(last, ast.Assign) and isinstance(last.targets[0], ast.Name):
        return names[last.targets[0].id]
    return None


def _returned(result: Any, model: nn.Module) -> tuple[str, tuple[bool, ...]]:
    """What came back, and the flags of its modules that are not the model's own."""
    if isinstance(result, (tuple, list)) and result:
        result = result[0]
    if result is model:
        return "itself", ()
    if not isinstance(result, nn.Module):
        return "", ()
    own = set(model.modules())
    there = set(result.modules())
    kind = (
        "a part"
        if result in own
        else "a wrapper"
        if model in there
        else "a wrapper of parts"
        if own & there
        else "another"
    )
    flags = [getattr(module, "training", None) for module in result.modules() if kind == "a part" or module not in own]
    return kind, tuple(flag for flag in flags if flag is not None)  # what jit.freeze returns has none


def _words(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    text = re.sub(r"/\S+/|0x[0-9a-f]+|\d{4,}", "...", lines[0])
    return f"{type(error).__name__}: {text[:_MOST]}".rstrip(": ")


@contextlib.contextmanager
def _in_a_folder() -> Iterator[None]:
    before = os.getcwd()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def _same(old: torch.Tensor | None, new: torch.Tensor | None) -> bool:
    if old is None or new is None or (old.shape, old.layout) != (new.shape, new.layout) or new.is_meta:
        return False
    full = getattr(new, "full_tensor", lambda: new)()  # of what is spread over devices
    return torch.equal(old, full.detach().to(old.device, old.dtype))
