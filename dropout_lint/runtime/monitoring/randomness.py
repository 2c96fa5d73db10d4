"""Random numbers as evidence: which generators some code advances, and which line draws from them.

A forward in eval mode should not move any.  That sees what no watched operator shows: hand-made masks, layer drop with
`random.random()`, dropout that inductor has fused.  It says nothing of p=1, which draws no number, and it also sees
sampling that is meant; so this tier is strict, and opt-in.
"""

from __future__ import annotations

import contextlib
import random
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from dropout_lint.runtime.hooks import observers
from dropout_lint.runtime.modules.module_paths import type_name
from dropout_lint.runtime.modules.unregistered import ids_within
from dropout_lint.runtime.stack.attribution import attribute
from dropout_lint.runtime.stack.frames import stack_at


@dataclass(frozen=True)
class Draw:
    """One place where random numbers were drawn."""

    what: str  # "aten.bernoulli", or the generator where no operator of torch drew: "numpy.random"
    module: str  # path of the innermost module
    module_type: str
    file: str | None
    line: int | None

    @property
    def looks_like_dropout(self) -> bool:
        """Whether this is how dropout masks are made; sampling mostly draws `randn` or `multinomial`."""
        return "bernoulli" in self.what or "dropout" in self.what


@dataclass(frozen=True, eq=False)
class Generators:
    """The states of all global generators of this process at one time."""

    torch_cpu: torch.Tensor
    devices: dict[str, torch.Tensor] = field(default_factory=dict)  # "cuda:0"
    python: object = None
    numpy: Any = None  # None unless numpy has been imported

    def moved(self, later: Generators) -> list[str]:
        """Names of the generators whose state is another one ``later``."""
        names = [] if torch.equal(self.torch_cpu, later.torch_cpu) else ["torch"]
        for device, state in self.devices.items():
            if device in later.devices and not torch.equal(state, later.devices[device]):
                names.append(f"torch ({device})")
        if self.python != later.python:
            names.append("random")
        if self.numpy is not None and later.numpy is not None and not _same_numpy(self.numpy, later.numpy):
            names.append("numpy.random")
        return names


def _same_numpy(one: Any, other: Any) -> bool:
    return bool((one[1] == other[1]).all()) and one[2:] == other[2:]


def generators() -> Generators:
    """The states now.  Initialises no device, and touches none that is recording a graph."""
    devices = {}
    if _cuda_has_state():
        for index, generator in enumerate(torch.cuda.default_generators):
            devices[f"cuda:{index}"] = generator.get_state()
    if torch.backends.mps.is_available():
        devices["mps"] = torch.mps.get_rng_state()
    numpy = sys.modules.get("numpy")
    return Generators(
        torch_cpu=torch.random.get_rng_state(),
        devices=devices,
        python=random.getstate(),
        numpy=numpy.random.get_state() if numpy is not None and hasattr(numpy, "random") else None,
    )


def _cuda_has_state() -> bool:
    return bool(
        torch.cuda.is_available()
        and torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
        and not torch.cuda.is_current_stream_capturing()
    )


def put_back(states: Generators) -> None:
    """Set all generators to ``states``."""
    torch.random.set_rng_state(states.torch_cpu)
    for device, state in states.devices.items():
        if device == "mps":
            torch.mps.set_rng_state(state)
        else:
            torch.cuda.default_generators[int(device.partition(":")[2])].set_state(state)
    random.setstate(states.python)  # type: ignore[arg-type]
    if states.numpy is not None:
        sys.modules["numpy"].random.set_state(states.numpy)


@contextlib.contextmanager
def kept_generators() -> Iterator[None]:
    """Leave all generators as they were."""
    before = generators()
    try:
        yield
    finally:
        put_back(before)


class _Locator(TorchDispatchMode):  # type: ignore[no-untyped-call]  # its `__init_subclass__`
    """Notes every random operator of torch in this thread, with a generator of its own or without."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.draws: dict[Draw, None] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if torch.Tag.nondeterministic_seeded in func.tags and not _is_inert(func, args, kwargs or {}):
            stack = stack_at(sys._getframe(1))
            if stack.modules and not stack.tracing:
                who = attribute(stack.modules)
                place = stack.place
                draw = Draw(
                    str(func.overloadpacket),
                    who.module,
                    who.module_type,
                    place.file if place else None,
                    place.line if place else None,
                )
                self.draws[draw] = None
        return func(*args, **(kwargs or {}))


def _is_inert(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a random operator draws nothing with these arguments, as undecomposed ones may in inference mode."""
    given = {parameter.name: value for parameter, value in zip(func._schema.arguments, args)} | kwargs
    defaults = {parameter.name: parameter.default_value for parameter in func._schema.arguments}
    values = {name: given.get(name, default) for name, default in defaults.items()}
    for flag in ("train", "training"):
        if flag in values and values[flag] is False:
            return True
    rates = [values[name] for name in ("p", "dropout_p", "dropout") if name in values]
    return "bernoulli" not in str(func) and any(rate in (0, 0.0) for rate in rates)


_TRIES = 3


def draws_of(model: nn.Module, call: Callable[[], object]) -> list[Draw]:
    """The places that draw random numbers while ``call`` runs ``model``; all generators are left as they were.

    An operator of torch is seen where it draws.  All else is seen by generators that have moved, which are those of the
    whole process: what other threads draw beside this does not show in every try, or shows itself by their modules.
    """
    found: list[Draw] = []
    told: list[Draw] | None = None  # by generators, in every try
    for _ in range(_TRIES):
        found, moved = _try(model, call)
        told = moved if told is None else [draw for draw in told if draw in moved]
        if not told:
            break
    return found + [draw for draw in told or [] if draw not in found]


def _try(model: nn.Module, call: Callable[[], object]) -> tuple[list[Draw], list[Draw]]:
    """The draws that were seen, and those that moved generators show."""
    with kept_generators():
        before = generators()
        with _Locator() as locator, _moved_in_modules(model) as moves:
            call()
        moved = before.moved(generators())
    found = list(locator.draws)
    if moves.beside:
        return found, []
    told = list(moves.draws)
    if moved and not found and not told:  # outside any module, or in another thread
        told = [Draw(name, "", type_name(model), None, None) for name in moved]
    return found, told


@dataclass(eq=False)
class _Moves:
    """What generators show while a model is called."""

    draws: dict[Draw, None] = field(default_factory=dict)  # innermost modules only
    beside: bool = False  # another thread was running modules that are none of this model's


@contextlib.contextmanager
def _moved_in_modules(model: nn.Module) -> Iterator[_Moves]:
    """The modules of this thread in which Python's or numpy's generator moves."""
    moves = _Moves()
    open_calls: list[tuple[nn.Module, Generators, set[str]]] = []
    here, parts = observers.mark(), ids_within(model)
    thread = threading.get_ident()

    def enter(module: nn.Module, args: Any) -> None:
        if threading.get_ident() == thread:
            open_calls.append((module, generators(), set()))
        elif id(module) not in parts and not observers.is_since(here):
            moves.beside = True

    def leave(module: nn.Module, args: Any, output: Any) -> None:
        if threading.get_ident() != thread or not any(caller is module for caller, _, _ in open_calls):
            return
        while open_calls[-1][0] is not module:  # calls that ended in an exception
            open_calls.pop()
        _, before, inside = open_calls.pop()
        moved = {name for name in before.moved(generators()) if not name.startswith("torch")}
        modules = (module, *(caller for caller, _, _ in reversed(open_calls)))
        for name in sorted(moved - inside):
            who = attribute(modules)
            moves.draws[Draw(name, who.module, who.module_type, None, None)] = None
        if open_calls:
            open_calls[-1][2].update(moved)

    handles = [
        nn.modules.module.register_module_forward_pre_hook(enter),
        nn.modules.module.register_module_forward_hook(leave),
    ]
    try:
        yield moves
    finally:
        for handle in handles:
            handle.remove()
