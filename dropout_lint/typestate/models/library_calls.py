"""Calls of what libraries define: Python's built-in functions, torch, and everybody else's."""

from __future__ import annotations

import ast
from dataclasses import replace

from dropout_lint.knowledge import Call
from dropout_lint.typestate.domain import library_facts
from dropout_lint.typestate.domain.arguments import Arguments
from dropout_lint.typestate.domain.bounds import partial_of, tuple_of
from dropout_lint.typestate.domain.collections import (
    DICTIONARIES,
    element_of,
    is_closed,
    new_dictionary,
    new_list,
    pairs_with,
    rows_of,
)
from dropout_lint.typestate.domain.conditions import instance_of
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame, Happening, origin_at
from dropout_lint.typestate.domain.modes import How, Mode, ModeFact
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import UNKNOWN, Const, Dotted, Function, Kind, Obj, Value, objects
from dropout_lint.typestate.models.constructors import Making
from dropout_lint.typestate.models.serialization import Saving

_PASS_THROUGH = frozenset({"list", "tuple", "reversed", "sorted", "iter", "set", "next", "tqdm", "trange"})


class LibraryCalls:
    """Evaluates calls of what libraries define for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator, making: Making) -> None:
        self._evaluator = evaluator
        self._making = making
        self._saving = Saving(evaluator, making)

    def call(self, callee: Dotted, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> Value:
        """A call of something that a library defines."""
        name = callee.name
        if name.startswith("builtins."):
            return self._builtin(name.removeprefix("builtins."), arguments, node, state, frame)
        last = name.rpartition(".")[2]
        if last in DICTIONARIES and name.startswith("collections."):
            given = arguments if last != "defaultdict" else replace(arguments, positional=arguments.positional[1:])
            return new_dictionary(given, node, state, frame)
        if last in _PASS_THROUGH and arguments.positional:
            return arguments.positional[0]
        made = self._making.by_library(name, arguments, node, state, frame)
        if made is not None:
            return made
        if name == "importlib.import_module" and node.args:
            return self._evaluator.module_by_name(node.args[0], arguments.positional[0], frame.source)
        if name == "torch.save":
            self._saving.save(arguments, node, state, frame)
            return UNKNOWN
        if name == "torch.load":
            loaded = self._saving.load(arguments, node, state, frame)
            return UNKNOWN if loaded is None else loaded
        if name in library_facts.GRAD_SET and arguments.all:
            value = arguments.all[0]
            state.grad = bool(value.value) if isinstance(value, Const) else None
            return UNKNOWN
        if name in library_facts.EXPORTERS and arguments.positional:
            self._export(name, arguments, node, state, frame)
            return UNKNOWN
        if name == "functools.partial" and arguments.positional and isinstance(arguments.positional[0], Function):
            return partial_of(arguments.positional[0], arguments.positional[1:], arguments.keywords)
        if name.startswith("torch.utils.checkpoint") and arguments.positional:
            return self._evaluator.call(
                arguments.positional[0], Arguments(arguments.positional[1:], {}, True), node, state, frame
            )
        if name in ("torch.autograd.backward", "torch.autograd.grad"):
            self._evaluator.recorder.record(Happening.BACKWARD, node, state, frame)
        elif name in frame.source.knowledge.calls:
            return self.known(frame.source.knowledge.calls[name], arguments, node, state, frame)
        elif name.partition(".")[0] not in library_facts.HARMLESS_LIBRARIES:
            if not library_facts.is_harmless_call(last):
                self._evaluator.lose(arguments.all, state)
        return UNKNOWN

    def known(self, entry: Call, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> Value:
        """A call of which a knowledge file says what it does to the models that it is handed."""
        models = [obj for value in arguments.all for obj in objects(value) if obj.kind is Kind.MODULE]
        for obj in models:
            if entry.effect in ("train", "eval"):
                mode, how = (Mode.EVAL, How.EVAL) if entry.effect == "eval" else (Mode.TRAIN, How.TRAIN)
                state.set_mode(obj, ModeFact(mode, (origin_at(how, node, state, frame),)))
            if entry.trains:
                self._evaluator.recorder.trained.update(state.reachable(obj))
                self._evaluator.recorder.trained.add(obj)
                state.teach([obj])
        if entry.effect == "either":
            self._evaluator.lose(arguments.all, state)
        given = arguments.positional
        if entry.returns == "nothing" or not given:
            return UNKNOWN
        return given[0] if entry.returns == "first" or len(given) == 1 else tuple_of(given)

    def _builtin(self, name: str, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> Value:
        given = arguments.positional
        if name == "enumerate" and given:
            return pairs_with(element_of(given[0], state), node, state, frame)
        if name == "zip" and given:
            return rows_of(given, node, state, frame)
        if name in ("getattr", "setattr") and len(given) >= 2 and isinstance(given[1], Const):
            attribute = str(given[1].value)
            if name == "setattr" and len(given) == 3 and isinstance(given[0], Obj):
                state.store(given[0], attribute, given[2])
                return UNKNOWN
            if name == "getattr" and len(given) == 3 and isinstance(given[0], Obj) and is_closed(given[0], state):
                held = state.get(given[0], attribute)
                return given[2] if held is None else held
            if name == "getattr" and given[1].value is not None:
                return self._evaluator.attribute(given[0], attribute, node, state, frame)
        if name == "setattr" and len(given) == 3 and isinstance(given[0], Obj) and given[0].kind is Kind.MODULE:
            state.add_element(given[0], given[2])  # under a name that is computed
            return UNKNOWN
        if name == "getattr" and len(given) >= 2:
            return self._evaluator.offered(given[0])
        if name == "vars" and len(given) == 1 and isinstance(given[0], Dotted):
            return Dotted(given[0].source, f"{given[0].name}.__dict__")
        if name in ("setattr", "vars", "delattr") and given:
            state.lose(obj for obj in objects(given[0]) if is_closed(obj, state))
        if name == "isinstance" and len(given) == 2:
            return instance_of(*given, state)
        if name == "next" and given:
            return element_of(given[0], state)
        if name == "dict":
            return new_dictionary(arguments, node, state, frame)
        if name in _PASS_THROUGH and given:
            return given[0]
        if name in ("map", "filter") and len(given) == 2:
            element = element_of(given[1], state)
            if name == "filter":
                return given[1]
            around, frame.loops = frame.loops, (*frame.loops, node)
            result = self._evaluator.call(given[0], Arguments((element,), {}, False), node, state, frame)
            frame.loops = around
            return new_list(node, [result], state, frame)
        if name == "reveal_mode" and given:
            self._evaluator.recorder.record(Happening.REVEAL, node, state, frame, tuple(objects(given[0])))
            return UNKNOWN
        if name in ("list", "set", "tuple"):
            return new_list(node, [], state, frame)
        if name not in library_facts.HARMLESS_BUILTINS and not library_facts.is_harmless_call(name):
            self._evaluator.lose(arguments.all, state)
        return UNKNOWN

    def _export(self, name: str, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> None:
        models = tuple(obj for obj in objects(arguments.positional[0]) if obj.kind is Kind.MODULE)
        self._evaluator.recorder.record(Happening.EXPORT, node, state, frame, models, detail=name)
