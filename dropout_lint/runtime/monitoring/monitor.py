"""Watches the process for dropout that is active where it should not be, and keeps what it saw as events."""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType
from typing import Any, Literal

import torch
from torch import nn

from dropout_lint.runtime.hooks import mechanism, observers
from dropout_lint.runtime.hooks.mechanism import Mechanism, install
from dropout_lint.runtime.modules.unregistered import ids_within
from dropout_lint.runtime.monitoring import classify
from dropout_lint.runtime.monitoring.event import DropoutEvent, EventKind
from dropout_lint.runtime.monitoring.messages import phrase
from dropout_lint.runtime.stack.attribution import attribute
from dropout_lint.runtime.stack.call_text import call_at
from dropout_lint.runtime.stack.frames import Stack, modules_called, stack_at

_MOST = 1000  # different events that one monitor keeps; a script that has more has one cause for them


class DropoutMonitor:
    """Records active dropout, and norms that use batch statistics, while it is entered::

        with DropoutMonitor() as monitor:
            evaluate(model)
        assert not monitor.events

    It sees every thread, except those that enter a monitor themselves and those that are started by these.  Of monitors
    that are nested, the innermost alone gets an event.  Results, gradients, random numbers and compiled graphs are
    those of an unwatched run.  Not seen: dropout that `torch.compile` with inductor
    has fused, and hand-made masks (`dropout_lint.testing.assert_deterministic` sees those).

    ``no_grad="report"`` also reports layers that run in train mode while no gradient is recorded, which in a training
    script is often legitimate.  ``monte_carlo="report"`` also reports dropout layers that were put in train mode by
    `train()` on the layer itself, inside a model in eval mode.  ``everything`` reports any active operator below a
    module.  ``only`` leaves out what goes on beside a check of this model: of threads that run already when the monitor
    is entered, it sees those alone that are calling a part of the model.
    """

    def __init__(
        self,
        *,
        no_grad: Literal["ignore", "report"] = "ignore",
        monte_carlo: Literal["ignore", "report"] = "ignore",
        everything: bool = False,
        only: nn.Module | None = None,
    ) -> None:
        for name, value in (("no_grad", no_grad), ("monte_carlo", monte_carlo)):
            if value not in ("ignore", "report"):
                raise ValueError(f"`{name}` is 'ignore' or 'report', not {value!r}")
        self._no_grad = no_grad == "report"
        self._monte_carlo = monte_carlo == "report"
        self._everything = everything
        self._claims = None if only is None else _Claims(only)
        self._lock = threading.RLock()  # a signal's handler may ask for the events while this thread has it
        self._seen: dict[tuple[object, ...], tuple[DropoutEvent, list[int]]] = {}
        self._observer: observers.Observer | None = None

    @property
    def events(self) -> tuple[DropoutEvent, ...]:
        """What was seen so far, in the order of first sight; one event per module and line, with a count."""
        with self._lock:
            return tuple(replace(event, count=count[0]) for event, count in self._seen.values())

    @property
    def mechanism(self) -> Mechanism:
        """How it sees, and what it therefore does not."""
        return install()

    def start(self) -> None:
        """Begin to record; `with` does it."""
        if self._observer is not None:
            raise RuntimeError("this monitor is already recording")
        self._observer = self._observe
        mechanism.observe(self._observer, claims=self._claims)

    def stop(self) -> None:
        """Stop recording, and keep what was seen."""
        if self._observer is not None:
            observers.leave(self._observer)
            self._observer = None

    def __enter__(self) -> DropoutMonitor:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _observe(self, op: str, p: float | None, args: tuple[Any, ...]) -> None:
        """One active operator, in the thread that runs it.  Never raises: it is called from inside a kernel."""
        try:
            frame = sys._getframe(1)
            grad = torch.is_grad_enabled()
            if grad and not self._everything:
                modules = modules_called(frame)
                if all(module.__dict__.get("training") for module in modules):
                    return  # training, which most operators are part of: no need to look closer
            stack = stack_at(frame)
            if stack.tracing:
                return
            stack = replace(stack, modules=classify.acting(stack.modules, opaque=stack.opaque))
            kind = self._kind(stack, op, args, grad)
            if kind is not None:
                self._record(kind, op, p, stack)
        except Exception:  # whatever odd module there is: the user's forward goes on, unwatched
            if _debugging:
                raise

    def _kind(self, stack: Stack, op: str, args: tuple[Any, ...], grad: bool) -> EventKind | None:
        kind = classify.kind_of(stack.modules, grad=grad, grad_tells=stack.grad_tells)
        if kind is None:
            return EventKind.ACTIVE if self._everything and stack.modules else None
        if kind is EventKind.ACTIVE_IN_EVAL and classify.imitates_instance_norm(op, args):
            return None
        if kind is EventKind.NO_GRAD_TRAIN_MODE and not self._no_grad and not self._everything:
            return None
        if kind is EventKind.MONTE_CARLO and not self._monte_carlo and not self._everything:
            return None
        return kind

    def _record(self, kind: EventKind, op: str, p: float | None, stack: Stack) -> None:
        place, user = stack.place, stack.user_place or stack.place
        who = attribute(stack.modules, place)
        key = (kind, op, who, place and (place.file, place.line))
        with self._lock:
            known = self._seen.get(key)
            if known is not None:
                known[1][0] += 1
                return
            if len(self._seen) >= _MOST:
                return
        baked = classify.is_frozen_graph(stack.modules[0])
        # A graph has no lines of its own: the nearest one calls the whole.
        call = call_at(place.file, place.line) if place and not stack.opaque and not baked else None
        words = phrase(kind, op, who, call, baked=baked)
        event = DropoutEvent(
            code=words.code,
            kind=kind,
            op=op,
            p=p,
            module=who.module,
            module_type=who.module_type,
            root_type=who.root_type,
            registered=who.registered,
            file=place.file if place else None,
            line=place.line if place else None,
            user_file=user.file if user else None,
            user_line=user.line if user else None,
            thread=threading.current_thread().name,
            message=words.message,
            help=words.help,
            module_stack=tuple(f"{type(m).__module__}:{type(m).__qualname__}" for m in stack.modules),
        )
        with self._lock:
            self._seen.setdefault(key, (event, [0]))[1][0] += 1


_debugging = False  # tests set it, so that a broken monitor cannot pass for a quiet one


class _Claims:
    """Whether this thread is calling a part of a model: one given to a pool of threads that is older than the check."""

    def __init__(self, model: nn.Module) -> None:
        self._model = model

    @functools.cached_property
    def _parts(self) -> frozenset[int]:
        return ids_within(self._model)

    def __call__(self) -> bool:
        try:
            modules = modules_called(sys._getframe(1))
            return bool(modules) and id(modules[-1]) in self._parts
        except Exception:  # as in a monitor: a kernel is waiting
            if _debugging:
                raise
            return False


class _Expected:
    """Takes events and drops them."""

    def __call__(self, op: str, p: float | None, args: tuple[Any, ...]) -> None:
        """Nothing: the dropout is meant."""


@contextlib.contextmanager
def expected_dropout(*, reason: str) -> Iterator[None]:
    """Say that active dropout is meant in here; monitors around it see none of it.

    ``reason`` is for the reader, and must say something.  It holds in the threads too that a monitor here would see:
    DataParallel runs the model in some.
    """
    if not reason.strip():
        raise ValueError("`reason` must say why the dropout is meant: `expected_dropout(reason='Monte Carlo dropout')`")
    observer = _Expected()
    mechanism.observe(observer, silences=True)
    try:
        yield
    finally:
        observers.leave(observer)


def is_expected() -> bool:
    """Whether the code that runs now is inside `expected_dropout`, with no monitor inside that."""
    return any(isinstance(observer, _Expected) for observer in observers.told())


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Look at nothing in here, in this thread: for calls that are known to be right, so that they cost nothing."""
    before, observers.thread.inside = observers.thread.inside, True
    try:
        yield
    finally:
        observers.thread.inside = before
