"""Turns what torch does into events: outermost calls, optimizer steps, exports, switches of the mode.

All hook points are process-wide, so threads are seen too.  A module that is called inside another one costs a
comparison.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.utils.hooks import RemovableHandle

from dropout_lint.runtime.hooks import observers
from dropout_lint.runtime.hooks.deliberate_modes import is_compiling
from dropout_lint.runtime.hooks.exporters import Exporters
from dropout_lint.runtime.hooks.mode_switches import Switches
from dropout_lint.runtime.hooks.state_dict_loads import Loads
from dropout_lint.runtime.monitoring.monitor import is_expected
from dropout_lint.runtime.record.events import Call, Export, Step
from dropout_lint.runtime.stack.frames import runs_method, stack_at
from dropout_lint.runtime.stack.places import outside_torch, place_of, result_is_discarded
from dropout_lint.runtime.watching import endings
from dropout_lint.runtime.watching.call_facts import Begun, leave_to_python, random_state
from dropout_lint.runtime.watching.measuring import Measured, Measuring
from dropout_lint.runtime.watching.models import Model, Models, is_replica
from dropout_lint.runtime.watching.ownership import Ownership
from dropout_lint.runtime.watching.results import followed, is_connected
from dropout_lint.runtime.watching.sink import Sink

_METHODS = ("forward", "__call__")
"""In which a module calls its parts.  `model.forward(x)` goes past the `__call__` that is watched."""


class _Thread(threading.local):
    inside = False  # a call from outside is under way in this thread


class Recorder:
    """Listens to torch from `start` to `stop`, and passes events to its sink.

    If it fails, it says so in `notices` and stops listening: the script goes on.
    """

    def __init__(
        self,
        sink: Sink,
        after_event: Callable[[int], object] = lambda events: None,
        measuring: Measuring | None = None,
    ) -> None:
        self._sink = sink
        self._measuring = measuring
        self._after_event = after_event  # called with their number, when the lock is free again
        self._thread = _Thread()
        self.lock = threading.RLock()  # events are numbered and taken in one at a time
        self.models = Models()  # that were called, also those that are gone
        self._ownership = Ownership()
        self._switches = Switches(sink.switch)
        self._loads = Loads()
        self._exporters = Exporters(self._exported)
        self._listening = False
        self._step_hook: RemovableHandle | None = None
        self._original: Any = None
        self._replacement: Any = None
        self._pid = os.getpid()
        self._calls = 0
        self._steps = 0
        self.notices: list[str] = []  # what went wrong with watching

    def is_busy(self) -> bool:
        """Whether the thread that runs now is in the middle of taking in an event."""
        return bool(self.lock._is_owned())  # type: ignore[attr-defined]  # `threading.Condition` calls it too

    def start(self) -> None:
        """Begin to listen."""
        self._listening = True
        self._switches.install()
        self._loads.install()
        self._exporters.install()
        self._step_hook = register_optimizer_step_pre_hook(self._stepping)
        self._install_call()

    def stop(self) -> None:
        """Listen no more.  What somebody else has put in place of our replacements since then stays."""
        self._listening = False
        if nn.Module.__call__ is self._replacement:
            nn.Module.__call__ = self._original  # type: ignore[method-assign]
        if self._step_hook is not None:
            self._step_hook.remove()
        self._exporters.remove()
        self._loads.remove()
        self._switches.remove()

    def _install_call(self) -> None:
        """Replace `nn.Module.__call__`.

        Global forward hooks are the public way, but `torch.export.export(strict=True)` fails while there are any, and
        modules that were compiled in place (`module.compile()`) do not run them.
        """
        original = self._original = nn.Module.__call__
        thread = self._thread

        @functools.wraps(original)
        def call(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            # The first condition is a constant for the compiler, so that nothing else gets into its graph and guards.
            if is_compiling() or thread.inside or not self._listening:
                return original(module, *args, **kwargs)
            thread.inside = True
            quiet = observers.thread.inside
            try:
                begun = self._begin(module, sys._getframe(1))
                # Where everything is in train mode and gradients are on, active dropout is training: do not look at it.
                observers.thread.inside = quiet or (isinstance(begun, Begun) and begun.is_training)
                again = self._prepare(begun, args, kwargs) if self._measuring is not None else None
                result = original(module, *args, **kwargs)
                self._end(module, begun, result, sys._getframe(1))
                if again is not None:
                    self._measure(module, begun, again, result)
                return result
            finally:
                observers.thread.inside = quiet
                thread.inside = False

        leave_to_python(call)
        self._replacement = nn.Module.__call__ = call  # type: ignore[method-assign]

    def _fail(self, error: Exception) -> None:
        """Something of ours went wrong; the script must not notice."""
        self._listening = False
        *_, last = traceback.extract_tb(error.__traceback__)
        place = f"{os.path.basename(last.filename)}:{last.lineno}"
        self.notices.append(f"watching stopped early, please report this: {type(error).__name__}: {error} ({place})")

    def _between_events(self) -> None:
        endings.deliver()
        self._after_event(self._calls + self._steps)

    def _begin(self, module: nn.Module, frame: FrameType) -> Begun | bool:
        """A module is called from outside.  The answer is whether gradients are on, if no layer's mode matters."""
        if self._exporters.busy or is_replica(module) or os.getpid() != self._pid:
            return False
        try:
            with self.lock:
                model, is_new = self.models.find(module, self._switches.number, lambda: runs_method(frame, _METHODS))
                if model is not None and is_new:
                    self._sink.add(model.root)
                modes = model.modes() if model is not None else None
                if model is not None and modes is None:  # a layer was replaced: look again
                    model.generation = -1
                    model, _ = self.models.find(module, self._switches.number)
                    if model is not None:
                        self._sink.add(model.root)
                        modes = model.modes()
            endings.deliver()
            grad_enabled = torch.is_grad_enabled()
            if model is None or modes is None:
                return grad_enabled
            caller = outside_torch(frame)
            randomness = None
            if self._sink.wants_randomness(threading.get_ident()) if grad_enabled else model.draws(modes):
                randomness = random_state()
            return Begun(model, modes, place_of(caller), caller, grad_enabled, randomness)
        except Exception as error:
            self._fail(error)
            return False

    def _end(self, module: nn.Module, begun: Begun | bool, result: Any, frame: FrameType) -> None:
        """The call, made in ``frame``, returned."""
        try:
            holder = runs_method(frame, _METHODS) if begun and torch.is_grad_enabled() else None
            if holder is not None:
                self._part_returned(holder, module, result, frame)
            if isinstance(begun, Begun):
                self._returned(module, begun, result, is_part=holder is not None)
            elif begun and is_connected(result, module):
                with self.lock:
                    self._sink.trained_elsewhere(threading.get_ident())
            self._between_events()
        except Exception as error:
            self._fail(error)

    def _prepare(self, begun: Begun | bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Measured | None:
        """What it takes to repeat a call that is about to be made, where that is wanted."""
        if self._measuring is None or not isinstance(begun, Begun) or is_expected():
            return None
        try:
            return self._measuring.prepare(begun, args, kwargs)
        except Exception:  # arguments that cannot be copied: the call goes on, and is not measured
            return None

    def _measure(self, module: nn.Module, begun: Begun | bool, again: Measured, result: Any) -> None:
        """Repeat a call that has returned."""
        try:
            harm = self._measuring.measure(module, again, result) if self._measuring is not None else None
            if harm is not None and isinstance(begun, Begun):
                with self.lock:
                    self._sink.measured(begun.model.root, begun.place, harm)
        except Exception as error:
            self._fail(error)

    def _part_returned(self, holder: nn.Module, module: nn.Module, result: Any, frame: FrameType) -> None:
        """A part of ``holder`` was called, whose `forward` was not called by `holder(...)`."""
        graph, reach = followed(result, module)
        with self.lock:
            model, is_new = self.models.find(holder, self._switches.number) if graph else (None, False)
            modes = model.modes() if model is not None else None
            if model is None or modes is None:
                return
            if is_new:
                self._sink.add(model.root)
            self._look_up_switches(model)
            call = Call(
                self._calls,
                model.root.number,
                modes,
                place_of(frame.f_back),
                graph,
                True,
                threading.get_ident(),
                expected=is_expected(),
                switch=model.switch,
                reach=reach,
                layer_switches=model.layer_switches,
            )
            self._sink.ran_in_parts(call)

    def _returned(self, module: nn.Module, begun: Begun, result: Any, *, is_part: bool) -> None:
        model, modes = begun.model, begun.modes
        randomness = begun.randomness
        graph = discarded = expected = False
        reach = None
        if begun.grad_enabled:
            graph, reach = followed(result, module)
            expected = is_expected()
            discarded = modes.root and result_is_discarded(begun.frame)
        elif modes.root and any(modes.layers):
            discarded = result_is_discarded(begun.frame)
            expected = not stack_at(sys._getframe(1)).grad_tells or is_expected()
            if randomness is not None and random_state() == randomness:
                randomness = None  # its layers draw from elsewhere: the state says nothing
        inner = model.module()
        self._look_up_switches(model)
        with self.lock:
            self._calls += 1
            call = Call(
                self._calls,
                model.root.number,
                modes,
                begun.place,
                graph,
                begun.grad_enabled,
                threading.get_ident(),
                discarded,
                expected,
                randomness,
                model.switch,
                reach,
                model.layer_switches,
                is_part,
            )
            self._sink.call(call, model.root)
            if model.loads != self._loads.number and inner is not None and self._loads.reached(inner):
                self._sink.weights_loaded(model.root.number)
            model.loads = self._loads.number

    def _look_up_switches(self, model: Model) -> None:
        """What gave ``model`` and its layers their modes, looked up again when a mode was set since."""
        if model.switches == self._switches.number and len(model.layer_switches) == len(model.modules):
            return
        last, module = self._switches.last, model.module()
        model.switches = self._switches.number
        model.switch = None if module is None else last(module)
        parts = [reference() for reference in model.modules]
        model.layer_switches = tuple(None if part is None else last(part) for part in parts)

    def _stepping(self, optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> None:
        """An optimizer is about to step."""
        if not self._listening or os.getpid() != self._pid:
            return
        try:
            with self.lock:
                self._steps += 1
                trained = [
                    owned for model in self.models.alive() if (owned := self._ownership.trained(optimizer, model))
                ]
                number, place = self._ownership.number(optimizer), place_of(sys._getframe(1))
                step = Step(self._steps, number, type(optimizer).__name__, place, tuple(trained))
                self._sink.step(step, threading.get_ident())
            self._between_events()
        except Exception as error:
            self._fail(error)

    def _exported(self, exporter: str, module: nn.Module, meant: bool, frame: FrameType) -> None:
        """A module is passed to an exporter."""
        if not self._listening or os.getpid() != self._pid:
            return
        try:
            with self.lock:
                model, is_new = self.models.find(module, self._switches.number)
                modes = model.modes() if model is not None else None
                if model is None or modes is None:
                    return
                if is_new:
                    self._sink.add(model.root)
                switch = None if (inner := model.module()) is None else self._switches.last(inner)
                self._sink.export(Export(exporter, model.root, modes, place_of(frame), switch, meant or is_expected()))
            self._between_events()
        except Exception as error:
            self._fail(error)
