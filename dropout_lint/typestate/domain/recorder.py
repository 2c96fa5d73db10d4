"""What happens, written down: forward passes, backward passes, steps of optimizers, exports."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from dropout_lint.typestate.domain.arguments import AbstractArguments
from dropout_lint.typestate.domain.frames import Event, EventKind, Frame, path_to
from dropout_lint.typestate.domain.frozen_layers import frozen_in_train
from dropout_lint.typestate.domain.library_facts import CONTAINERS
from dropout_lint.typestate.domain.modes import Layers, Mode, ModeFact, Origin, OriginKind, join
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import DUMMY, AbstractObject, Const, ObjectKind


class Recorder:
    """`events` is what happened, by place and path, in the order in which it was first seen."""

    def __init__(self, dependent: Mapping[AbstractObject, Layers]) -> None:
        self._dependent = dependent
        self.events: dict[tuple[object, ...], Event] = {}
        self.ran = False  # a module that is known was run, or exported
        self.trained: set[AbstractObject] = set()  # an optimizer holds their parameters
        self.copies: dict[AbstractObject, AbstractObject] = {}  # deep copies of modules, with the originals
        self.handed_out: set[AbstractObject] = set()  # to external code, which is taken to have left their modes
        self.frozen_at: dict[AbstractObject, Origin] = {}  # modules whose parameters were frozen, and where
        self.set_free: set[AbstractObject] = set()  # of these, and others, for which that was taken back
        self.switched: list[AbstractObject] = []  # by `train` and `eval` of torch, in this order

    def forward(
        self, objs: tuple[AbstractObject, ...], arguments: AbstractArguments, node: ast.Call, state: State, frame: Frame
    ) -> None:
        """Record that one of ``objs`` is called."""
        dummy = bool(arguments.all) and all(value is DUMMY or isinstance(value, Const) for value in arguments.all)
        # A method of the model that is called without gradients is one forward pass to whoever calls it.
        matters = any(part in self._dependent for obj in objs for part in (obj, *state.parts(obj), *obj.wholes()))
        while (
            matters
            and isinstance(frame.receiver, AbstractObject)
            and frame.receiver.kind is ObjectKind.MODULE
            and frame.grad is False
        ):
            if frame.caller is None or not isinstance(frame.call, ast.Call):
                break
            objs, node, frame = (frame.receiver,), frame.call, frame.caller
        noise = any(value is DUMMY for value in arguments.all)
        frozen = frozen_in_train(objs, state, self._dependent) if self.frozen_at else ()
        self.record(EventKind.FORWARD, node, state, frame, objs, dummy=dummy, noise=noise, frozen=frozen)

    def leave(self, brought: Mapping[AbstractObject, Mode], state: State, frame: Frame) -> None:
        """The function of ``frame`` returns: note which of the modules that were ``brought`` it ran and switched."""
        ran = {
            obj
            for event in self.events.values()
            if event.kind is EventKind.FORWARD and event.function_node is frame.node
            for obj in event.objs
        }
        for obj, before in brought.items():
            fact = state.whole_mode(obj)
            known = (Mode.TRAIN, Mode.EVAL)
            if obj not in ran or before not in known or fact.mode not in known or fact.mode is before:
                continue
            if len(fact.origins) == 1 and fact.origins[0].stack == frame.stack:
                node = fact.origins[0].node
                assert isinstance(node, ast.expr)
                event = Event(
                    EventKind.LEFT, frame.source, node, frame.name, frame.node, (obj,), fact, path=path_to(frame)
                )
                self.events[EventKind.LEFT, node, frame.stack] = event

    def record(
        self,
        kind: EventKind,
        node: ast.expr,
        state: State,
        frame: Frame,
        objs: tuple[AbstractObject, ...] = (),
        *,
        dummy: bool = False,
        noise: bool = False,
        detail: str = "",
        frozen: tuple[AbstractObject, ...] = (),
    ) -> None:
        """Note that this happens here; what was noted for the same place and path before is replaced."""
        facts = [self._mode(obj, state) for obj in objs]
        fact: ModeFact | None = None
        for one in facts:
            fact = one if fact is None else ModeFact(join(fact.mode, one.mode), fact.origins + one.origins)
        event = Event(
            kind, frame.source, node, frame.name, frame.node, objs, fact, state.grad, frame.loops,
            path_to(frame), dummy, noise, any(state.is_trained_or_loaded(obj) for obj in objs), detail,
            frozen,
        )  # fmt: skip
        self.events[kind, node, frame.stack] = event
        self.ran = self.ran or bool(objs)
        if kind in (EventKind.BACKWARD, EventKind.STEP):
            followers = (copy for copy, original in self.copies.items() if original in self.trained)
            state.mark_trained_or_loaded({*self.trained, *followers})  # an average of the weights, a best model so far

    def _mode(self, obj: AbstractObject, state: State) -> ModeFact:
        """The mode of those parts of ``obj`` that depend on it; unknown if somebody put some of them in another.

        A pretrained part comes in eval mode, and the dropout beside it is in train mode all the same.  So is the rest
        of a module that is trained, in train mode, of which one part was frozen by ``eval()``.  Where nothing trains,
        who switches single parts means it; and parts in train mode of one that is in eval mode are Monte Carlo dropout.
        """
        parts = [part for part in (obj, *state.parts(obj)) if part in self._dependent]
        if not parts or (obj.facts is None and obj.library not in CONTAINERS):
            return state.whole_mode(obj)
        facts = [state.mode(part) for part in parts]
        chosen = [fact for fact in facts if fact.mode is Mode.TRAIN] or facts
        others = [fact for fact in facts if fact.mode is not chosen[0].mode]
        is_frozen = state.mode(obj).mode is Mode.TRAIN and not self.trained.isdisjoint((obj, *state.parts(obj)))
        if not all(fact.mode is Mode.EVAL and (is_frozen or _is_pretrained(fact)) for fact in others):
            return state.whole_mode(obj)
        joined = chosen[0]
        for fact in chosen[1:]:
            joined = joined.join(fact)
        return joined


def _is_pretrained(fact: ModeFact) -> bool:
    return bool(fact.origins) and all(origin.kind is OriginKind.PRETRAINED for origin in fact.origins)
