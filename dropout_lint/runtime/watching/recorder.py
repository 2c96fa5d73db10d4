"""Turns what torch does into events: outermost calls, optimizer steps, exports, switches of the mode.

All hook points are public and process-wide, so threads are seen too.  A hook acts only when its module is called from
outside any other; inside, it costs a comparison.
"""

from __future__ import annotations

import os
import sys
import threading
from types import FrameType
from typing import Any, Protocol

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.utils.hooks import RemovableHandle

from dropout_lint.runtime.watching.calls import calls_under_way, is_connected, random_state
from dropout_lint.runtime.watching.core import is_expected, is_replica
from dropout_lint.runtime.watching.events import Call, Export, Kind, Modes, Place, Root, Step, Switch
from dropout_lint.runtime.watching.exporters import Exporters
from dropout_lint.runtime.watching.loads import Loads
from dropout_lint.runtime.watching.models import Model, Models
from dropout_lint.runtime.watching.ownership import Ownership
from dropout_lint.runtime.watching.places import is_on_stack, outside_torch, place_of, result_is_discarded
from dropout_lint.runtime.watching.switches import Switches

_UPDATE_BN = torch.optim.swa_utils.update_bn.__wrapped__.__code__
_FUNCTION_APPLY = torch.autograd.Function.apply.__func__.__code__


class Sink(Protocol):
    """What takes the events."""

    def add(self, root: Root) -> None: ...
    def call(self, call: Call, root: Root) -> None: ...
    def trained_elsewhere(self, thread: int) -> None: ...
    def wants_randomness(self, thread: int) -> bool: ...
    def step(self, step: Step, thread: int) -> None: ...
    def export(self, export: Export) -> None: ...
    def switch(self, switch: Switch) -> None: ...
    def weights_loaded(self, root: int) -> None: ...


class _Thread(threading.local):
    """The outermost call that is under way in one thread."""

    outermost: nn.Module | None = None
    depth: int = 0  # how often the outermost module has been called inside itself
    model: Model | None = None
    modes: Modes | None = None
    place: Place | None = None
    frame: FrameType | None = None
    grad_enabled: bool = True
    randomness: int | None = None
    quiet: bool = False


class Recorder:
    """Listens to torch from `start` to `stop`, and tells its sink."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._thread = _Thread()
        self._lock = threading.Lock()  # events are numbered and taken in one at a time
        self._models = Models()
        self._ownership = Ownership()
        self._switches = Switches(sink.switch)
        self._loads = Loads()
        self._exporters = Exporters(self._exported)
        self._handles: list[RemovableHandle] = []
        self._pid = os.getpid()
        self._calls = 0
        self._steps = 0

    @property
    def models(self) -> Models:
        """The models that were called, also those that are gone."""
        return self._models

    @property
    def switches(self) -> Switches:
        """Where modes were set."""
        return self._switches

    def start(self) -> None:
        """Install every hook."""
        self._switches.install()
        self._loads.install()
        self._exporters.install()
        self._handles = [
            register_module_forward_pre_hook(self._before),
            register_module_forward_hook(self._after, always_call=True),
            register_optimizer_step_pre_hook(self._stepping),
        ]

    def stop(self) -> None:
        """Remove every hook."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        self._exporters.remove()
        self._loads.remove()
        self._switches.remove()

    def _before(self, module: nn.Module, args: Any) -> None:
        """A module is about to be called."""
        if torch.compiler.is_compiling():
            return
        thread = self._thread
        if thread.outermost is not None:
            if module is not thread.outermost:
                return
            if calls_under_way(module, sys._getframe(1)) > 1:
                thread.depth += 1
                return
            # An exception that is no `Exception` (Ctrl-C) passed through the call, and torch runs no hook then.
        thread.outermost, thread.depth, thread.model = module, 0, None
        if self._exporters.busy or is_replica(module) or os.getpid() != self._pid:
            return
        with self._lock:
            model, is_new = self._models.find(module, self._switches.number)
            if model is not None and is_new:
                self._sink.add(model.root)
        thread.grad_enabled = torch.is_grad_enabled()
        if model is None:
            return
        modes = model.modes()
        if modes is None:  # a layer was replaced
            return
        thread.model, thread.modes = model, modes
        thread.frame = outside_torch(sys._getframe(1))
        thread.place = place_of(thread.frame)
        thread.randomness = self._randomness_before(model, modes, thread.grad_enabled)

    def _randomness_before(self, model: Model, modes: Modes, grad_enabled: bool) -> int | None:
        if grad_enabled:
            return random_state() if self._sink.wants_randomness(threading.get_ident()) else None
        draws = modes.root and any(
            on and layer.kind is Kind.STOCHASTIC for layer, on in zip(model.root.layers, modes.layers)
        )
        return random_state() if draws else None

    def _after(self, module: nn.Module, args: Any, result: Any) -> None:
        """A module returned, or raised."""
        if torch.compiler.is_compiling():
            return
        thread = self._thread
        if module is not thread.outermost:
            return
        if thread.depth:
            thread.depth -= 1
            return
        thread.outermost = None
        model, modes, place, frame = thread.model, thread.modes, thread.place, thread.frame
        thread.model = thread.modes = thread.place = thread.frame = None
        if self._exporters.busy or os.getpid() != self._pid:
            return
        ident = threading.get_ident()
        graph = thread.grad_enabled and is_connected(result, module)
        if model is None or modes is None or place is None:
            if graph:
                with self._lock:
                    self._sink.trained_elsewhere(ident)
            return
        randomness = thread.randomness
        discarded = expected = False
        if not thread.grad_enabled:
            if modes.root and any(modes.layers):
                discarded = result_is_discarded(frame)
                expected = is_on_stack(_UPDATE_BN) or is_on_stack(_FUNCTION_APPLY) or is_expected()
            if randomness is not None and random_state() == randomness:
                randomness = None  # its layers draw from elsewhere: the state says nothing
        else:
            expected = is_expected()
        inner = model.module()
        switch = self._switches.last(inner) if inner is not None else None
        with self._lock:
            self._calls += 1
            if graph:
                model.graph_call = self._calls
            call = Call(
                self._calls,
                model.root.number,
                modes,
                place,
                graph,
                thread.grad_enabled,
                ident,
                discarded,
                expected,
                randomness,
                switch,
            )
            self._sink.call(call, model.root)
            if model.loads != self._loads.number and inner is not None and self._loads.reached(inner):
                self._sink.weights_loaded(model.root.number)
            model.loads = self._loads.number

    def _stepping(self, optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> None:
        """An optimizer is about to step."""
        if os.getpid() != self._pid:
            return
        thread = self._thread
        if thread.outermost is not None and not calls_under_way(thread.outermost, sys._getframe(1)):
            thread.outermost = None
        with self._lock:
            self._steps += 1
            trained = [
                owned
                for model in self._models.alive()
                if model.graph_call and (owned := self._ownership.trained(optimizer, model))
            ]
            step = Step(
                self._steps,
                self._ownership.number(optimizer),
                type(optimizer).__name__,
                place_of(sys._getframe(1)),
                tuple(trained),
            )
            self._sink.step(step, threading.get_ident())

    def _exported(self, exporter: str, module: nn.Module, meant: bool, frame: FrameType) -> None:
        """A module is handed to an exporter."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            model, is_new = self._models.find(module, self._switches.number)
            modes = model.modes() if model is not None else None
            if model is None or modes is None:
                return
            if is_new:
                self._sink.add(model.root)
            inner = model.module()
            switch = self._switches.last(inner) if inner is not None else None
            self._sink.export(Export(exporter, model.root, modes, place_of(frame), switch, meant or is_expected()))
