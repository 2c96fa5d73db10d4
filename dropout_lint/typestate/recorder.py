"""What happens, written down: forward passes, backward passes, steps of optimizers, exports."""

from __future__ import annotations

import ast

from dropout_lint.typestate.arguments import Arguments
from dropout_lint.typestate.frames import Event, Frame, Happening, path_to
from dropout_lint.typestate.modes import ModeFact, join
from dropout_lint.typestate.state import State
from dropout_lint.typestate.values import DUMMY, Const, Kind, Obj


class Recorder:
    """`events` is what happened, by place and path, in the order in which it was first seen."""

    def __init__(self) -> None:
        self.events: dict[tuple[object, ...], Event] = {}
        self.trained: set[Obj] = set()  # an optimizer holds their parameters

    def forward(self, objs: tuple[Obj, ...], arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> None:
        """Record that one of ``objs`` is called."""
        dummy = bool(arguments.all) and all(value is DUMMY or isinstance(value, Const) for value in arguments.all)
        # A method of the model that is called without gradients is one forward pass to whoever calls it.
        while isinstance(frame.receiver, Obj) and frame.receiver.kind is Kind.MODULE and frame.grad is False:
            if frame.caller is None or not isinstance(frame.call, ast.Call):
                break
            objs, node, frame = (frame.receiver,), frame.call, frame.caller
        self.record(Happening.FORWARD, node, state, frame, objs, dummy=dummy)

    def record(
        self,
        happening: Happening,
        node: ast.expr,
        state: State,
        frame: Frame,
        objs: tuple[Obj, ...] = (),
        *,
        dummy: bool = False,
        detail: str = "",
    ) -> None:
        """Note that this happens here; what was noted for the same place and path before is replaced."""
        facts = [state.whole_mode(obj) for obj in objs]
        fact: ModeFact | None = None
        for one in facts:
            fact = one if fact is None else ModeFact(join(fact.mode, one.mode), fact.origins + one.origins)
        event = Event(
            happening, frame.source, node, frame.name, frame.node, objs, fact, state.grad, frame.loops,
            path_to(frame), dummy, any(state.is_taught(obj) for obj in objs), detail,
        )  # fmt: skip
        self.events[happening, node, frame.stack] = event
        if happening in (Happening.BACKWARD, Happening.STEP):
            state.teach(self.trained)
