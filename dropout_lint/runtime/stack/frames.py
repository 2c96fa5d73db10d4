"""The call stack at an operator: which modules are being called, and which line of whose code did it."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Container
from dataclasses import dataclass
from types import CodeType, FrameType

import torch
from torch import fx, nn
from torch.optim import swa_utils

from dropout_lint.runtime.modules.decorated import code_of
from dropout_lint.runtime.modules.module_paths import is_script

_CALL = code_of(nn.Module._call_impl)
_APPLY = code_of(torch.autograd.Function.apply)
"""None since torch 2.14, where `apply` is no Python function."""
_UPDATE_BN = code_of(swa_utils.update_bn)  # not of its decorator, `torch.no_grad()`, which every other user shares
_TORCH = os.path.dirname(torch.__file__) + os.sep
_DYNAMO = _TORCH + "_dynamo" + os.sep
_CONVERTING = _DYNAMO + "convert_frame.py"
_PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_OWN = tuple(os.path.join(_PACKAGE, part) + os.sep for part in ("runtime", "testing"))
_INSTALLED = tuple(os.sep + name + os.sep for name in ("site-packages", "dist-packages"))
_STDLIB = sysconfig.get_path("stdlib") + os.sep
_GENERATED = ("<eval_with_key>", "<frozen ", "<__array_function__")


@dataclass(frozen=True, eq=False)
class Place:
    """A line that is being executed."""

    file: str
    line: int
    code: CodeType
    instruction: int  # index into the bytecode, for the exact call on the line


@dataclass(frozen=True, eq=False)
class Stack:
    """What the frames above an operator show."""

    modules: tuple[nn.Module, ...]  # being called, innermost first
    place: Place | None  # first frame outside torch
    user_place: Place | None  # first frame outside every installed package too
    grad_tells: bool  # False: grad mode says nothing here, inside `autograd.Function` or `update_bn`
    opaque: bool  # the innermost module has no frames inside: it was compiled or scripted, and its layers do not show
    tracing: bool  # `torch.compile` is at work, and nothing is computed


def modules_called(frame: FrameType | None) -> list[nn.Module]:
    """The modules being called at ``frame``, innermost first: all that most operators need."""
    modules = []
    while frame is not None:
        if frame.f_code is _CALL:
            # Only here: on Python 3.11 and 3.12, `f_locals` copies the locals and keeps their tensors alive.
            modules.append(frame.f_locals["self"])
        elif frame.f_code.co_name == "__call__":
            _add_own_call(modules, frame)
        frame = frame.f_back
    return modules


def runs_method(frame: FrameType, names: Container[str]) -> nn.Module | None:
    """The module whose method ``frame`` runs, if it is one of ``names``."""
    code = frame.f_code
    if code.co_name not in names or not code.co_argcount:
        return None
    owner = frame.f_locals.get(code.co_varnames[0])
    return owner if issubclass(type(owner), nn.Module) else None


def _add_own_call(modules: list[nn.Module], frame: FrameType) -> None:
    """Add the module whose class has a `__call__` of its own, which runs in ``frame``: it may drop around `forward`."""
    module = runs_method(frame, ("__call__",)) if is_outside_torch(frame.f_code.co_filename) else None
    if module is not None and not (modules and modules[-1] is module):
        modules.append(module)


def stack_at(frame: FrameType | None) -> Stack:
    """All that the frames from ``frame`` upward show."""
    modules: list[nn.Module] = []
    place: Place | None = None
    user_place: Place | None = None
    grad_tells = True
    compiled = False
    tracing = False
    while frame is not None:
        code = frame.f_code
        if code is _CALL:
            modules.append(frame.f_locals["self"])
        elif code.co_name == "__call__":
            _add_own_call(modules, frame)
        elif code is _UPDATE_BN or _runs_function(frame):
            grad_tells = False
        elif place is None and code.co_name == "_fn" and code.co_filename.startswith(_DYNAMO):
            # Below are the graphs that the compiler made, and no line or module of the user.  A function that
            # `torch.compiler.disable` decorates is called in the same way, `torch.utils.checkpoint` among them.
            if all(isinstance(module, fx.GraphModule) for module in modules):
                compiled = True
                modules.clear()
        if user_place is None:
            file = code.co_filename
            if is_outside_torch(file):
                if place is None:
                    place = _place(frame)
                if is_users(file):
                    user_place = _place(frame)
        tracing = tracing or code.co_filename == _CONVERTING
        frame = frame.f_back
    opaque = compiled or (bool(modules) and is_script(modules[0]))
    return Stack(tuple(modules), place, user_place, grad_tells, opaque, tracing)


def _runs_function(frame: FrameType) -> bool:
    """Whether ``frame`` is a call of an `autograd.Function`, which switches grad mode off inside."""
    code = frame.f_code
    if _APPLY is not None:
        return code is _APPLY
    if code.co_name != "forward" or not code.co_argcount or code.co_varnames[0] == "self":
        return False
    if isinstance(frame.f_locals.get(code.co_varnames[0]), torch.autograd.function.FunctionCtx):
        return True
    # One with `setup_context` gets no context: then its class says it, if it is at the top of a module.
    owner = frame.f_globals.get(getattr(code, "co_qualname", "").partition(".")[0])
    return isinstance(owner, type) and issubclass(owner, torch.autograd.Function)


def _place(frame: FrameType) -> Place:
    return Place(frame.f_code.co_filename, frame.f_lineno, frame.f_code, frame.f_lasti)


def is_outside_torch(file: str) -> bool:
    """Whether ``file`` is neither torch's, nor this package's, nor generated by a tracer."""
    return not file.startswith((_TORCH, *_OWN, *_GENERATED))


def is_users(file: str) -> bool:
    """Whether ``file`` is outside torch, the standard library and every installed package."""
    if not is_outside_torch(file) or file.startswith(_STDLIB):
        return False
    return not any(part in file for part in _INSTALLED)


def user_place(frame: FrameType | None) -> tuple[tuple[str, int] | None, tuple[str, int] | None]:
    """``(file, line)`` of the first frame outside torch at or above ``frame``, and of the first that is the user's."""
    first: tuple[str, int] | None = None
    while frame is not None:
        file = frame.f_code.co_filename
        if is_outside_torch(file):
            first = first or (file, frame.f_lineno)
            if is_users(file):
                return first, (file, frame.f_lineno)
        frame = frame.f_back
    return first, None
