"""What a call returns, and what it does to the objects that it is given."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dropout_lint.typestate import libraries
from dropout_lint.typestate.frames import Event, Frame, Happening, path_to
from dropout_lint.typestate.making import Making
from dropout_lint.typestate.modes import ModeFact, join
from dropout_lint.typestate.module_calls import ModuleCalls
from dropout_lint.typestate.state import State
from dropout_lint.typestate.values import (
    DUMMY,
    INERT,
    UNKNOWN,
    Class,
    Const,
    Dotted,
    Dummy,
    Function,
    Inert,
    Kind,
    Many,
    Obj,
    Tuple_,
    Value,
    alternatives,
    objects,
    one_of,
)

if TYPE_CHECKING:
    from dropout_lint.typestate.interpreter import Interpreter

_ADDS = frozenset({"append", "add", "insert", "extend", "update", "appendleft", "setdefault"})
_PASS_THROUGH = frozenset({"list", "tuple", "reversed", "sorted", "iter", "set", "dict", "next", "tqdm", "trange"})


@dataclass(frozen=True, slots=True)
class Arguments:
    """The values that a call passes.  ``open``: there may be more, from ``*args`` or ``**kwargs``."""

    positional: tuple[Value, ...]
    keywords: Mapping[str, Value]
    open: bool

    @property
    def all(self) -> list[Value]:
        """Every value, in the order of the text."""
        return [*self.positional, *self.keywords.values()]

    def get(self, index: int, name: str) -> Value | None:
        """What is passed as the parameter ``name``, which is number ``index``."""
        if index < len(self.positional):
            return self.positional[index]
        return self.keywords.get(name)


class Calls:
    """Evaluates calls for an `Interpreter`."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._making = Making(interpreter)
        self._modules = ModuleCalls(interpreter, self)

    def call(self, node: ast.Call, state: State, frame: Frame) -> Value:
        """What the call ``node`` returns."""
        expressions = self._interpreter.expressions
        function = node.func
        receiver: Value = UNKNOWN
        if isinstance(function, ast.Attribute) and not _is_super(function.value):
            receiver = expressions.value(function.value, state, frame)
        arguments = self._arguments(node, state, frame)
        if isinstance(function, ast.Attribute):
            if _is_super(function.value):
                return self._super(function.attr, arguments, node, state, frame)
            return self.method(receiver, function.attr, arguments, node, state, frame)
        return self.value(expressions.value(function, state, frame), arguments, node, state, frame)

    def _arguments(self, node: ast.Call, state: State, frame: Frame) -> Arguments:
        expressions = self._interpreter.expressions
        positional: list[Value] = []
        is_open = False
        for argument in node.args:
            value = expressions.value(argument, state, frame)
            if isinstance(argument, ast.Starred):
                inner = expressions.value(argument.value, state, frame)
                if isinstance(inner, Tuple_):
                    positional += inner.items
                    continue
                is_open = True
            positional.append(value)
        keywords: dict[str, Value] = {}
        for keyword in node.keywords:
            value = expressions.value(keyword.value, state, frame)
            if keyword.arg is None:
                is_open = True
            else:
                keywords[keyword.arg] = value
        return Arguments(tuple(positional), keywords, is_open)

    def value(self, callee: Value, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> Value:
        """What calling ``callee`` returns."""
        if isinstance(callee, Many):
            found = list(alternatives(callee))
            if all(isinstance(one, Obj) and one.kind is Kind.MODULE for one in found):
                self.forward(tuple(objects(callee)), arguments, node, state, frame)
                return UNKNOWN
            results = []
            for one in sorted(found, key=repr):
                branch = state.copy()
                results.append(self.value(one, arguments, node, branch, frame))
                state.join(branch)
            return one_of(results)
        if isinstance(callee, Function):
            return self._interpreter.call_function(
                callee, arguments.positional, arguments.keywords, node, state, frame, open_call=arguments.open
            )
        if isinstance(callee, Class):
            return self._making.instance(callee.facts, arguments, node, state, frame)
        if isinstance(callee, Dotted):
            return self._named(callee, arguments, node, state, frame)
        if isinstance(callee, Obj):
            if callee.kind is Kind.MODULE:
                return self._modules.call(callee, "forward", arguments, node, state, frame)
            method = callee.facts.method("__call__") if callee.facts is not None else None
            if method is not None:
                bound = Function(method[0].source, method[1], method[0], callee)
                return self.value(bound, arguments, node, state, frame)
        if isinstance(callee, (Inert, Dummy)):
            return DUMMY if any(value is DUMMY for value in arguments.positional) else UNKNOWN
        optimizer = self._making.optimizer_of(arguments, node, state, frame)
        if optimizer is not None:
            return optimizer
        self._interpreter.lose(arguments.all, state)
        return UNKNOWN

    def method(
        self, receiver: Value, name: str, arguments: Arguments, node: ast.Call, state: State, frame: Frame
    ) -> Value:
        """What ``receiver.name(...)`` returns."""
        if isinstance(receiver, Many):
            return self._modules.on_many(receiver, name, arguments, node, state, frame)
        if isinstance(receiver, Obj):
            return self._of_object(receiver, name, arguments, node, state, frame)
        if isinstance(receiver, Class) and receiver.facts.method(name) is None:
            return self._making.by_class_method(receiver.facts, name, arguments, node, state, frame)
        if isinstance(receiver, (Dotted, Class)):
            callee = self._interpreter.expressions.attribute(receiver, name, node, state, frame)
            return self.value(callee, arguments, node, state, frame)
        if isinstance(receiver, Const) or receiver is DUMMY:
            return receiver if receiver is DUMMY else UNKNOWN
        if isinstance(receiver, Inert):
            return INERT if name in libraries.MODULE_METHODS_THAT_RETURN_IT or name in ("train", "eval") else UNKNOWN
        return self._of_unknown(name, arguments, node, state, frame)

    def _of_object(
        self, obj: Obj, name: str, arguments: Arguments, node: ast.Call, state: State, frame: Frame
    ) -> Value:
        expressions = self._interpreter.expressions
        if obj.kind is Kind.MODULE:
            return self._modules.call(obj, name, arguments, node, state, frame)
        if obj.kind is Kind.OPTIMIZER:
            if name == "step":
                self.record(Happening.STEP, node, state, frame, tuple(objects(state.get(obj, "owners") or UNKNOWN)))
            return UNKNOWN
        if obj.kind is Kind.LIST:
            return self._of_list(obj, name, arguments, state)
        callee = expressions.attribute(obj, name, node, state, frame)
        if callee is UNKNOWN and state.get(obj, name) is None:
            # A method that a base out of sight defines: it may do anything to what the object holds.
            if obj.facts is None or obj.facts.method(name) is None:
                state.lose([obj])
        return self.value(callee, arguments, node, state, frame)

    def _of_list(self, obj: Obj, name: str, arguments: Arguments, state: State) -> Value:
        element = self._interpreter.expressions.element(obj, state)
        if name in _ADDS:
            for value in arguments.positional:
                added = self._interpreter.expressions.element(value, state) if name in ("extend", "update") else value
                state.add_element(obj, added)
            return UNKNOWN
        if name in ("get", "pop") and arguments.positional:
            return self._interpreter.expressions.item(obj, arguments.positional[0], state)
        if name in ("values", "copy", "keys", "__iter__"):
            return obj
        if name == "items":
            return Many(frozenset({Tuple_((UNKNOWN, item)) for item in alternatives(element)}), each=True)
        return UNKNOWN

    def _of_unknown(self, name: str, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> Value:
        """A method of something that we know nothing about."""
        if name in ("backward", "manual_backward"):
            self.record(Happening.BACKWARD, node, state, frame)
            return UNKNOWN
        if name == "step":
            owned = [one for value in arguments.all for one in objects(value) if one.kind is Kind.OPTIMIZER]
            self.record(Happening.STEP, node, state, frame, tuple(owned))
            return UNKNOWN
        if name.startswith("prepare") and arguments.positional:  # accelerate, fabric
            return arguments.positional[0] if len(arguments.positional) == 1 else Tuple_(arguments.positional)
        if name in ("setup", "setup_module") and arguments.positional:
            return arguments.positional[0] if len(arguments.positional) == 1 else Tuple_(arguments.positional)
        if name in ("train", "eval"):
            if state.exposed:
                state.lose(sorted(state.exposed, key=lambda obj: getattr(obj.node, "lineno", 0)))
            return UNKNOWN
        optimizer = self._making.optimizer_of(arguments, node, state, frame)
        if optimizer is not None:
            return optimizer
        if libraries.HARMLESS_CALL.fullmatch(name) is None:
            self._interpreter.lose(arguments.all, state)
        return UNKNOWN

    def _super(self, name: str, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> Value:
        """``super().name(...)`` in a method."""
        if frame.owner is None or not isinstance(frame.receiver, Obj) or frame.receiver.facts is None:
            self._interpreter.lose(arguments.all, state)
            return UNKNOWN
        line = frame.receiver.facts.ancestry
        after = line[line.index(frame.owner) + 1 :] if frame.owner in line else ()
        for facts in after:
            if name in facts.methods:
                function = Function(facts.source, facts.methods[name], facts, frame.receiver)
                return self._interpreter.call_function(
                    function, arguments.positional, arguments.keywords, node, state, frame, open_call=arguments.open
                )
        if frame.receiver.kind is Kind.MODULE and name != "__init__":
            return self._modules.torch_method(frame.receiver, name, arguments, node, state, frame)
        self._interpreter.lose(arguments.all, state)
        return UNKNOWN

    def _named(self, callee: Dotted, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> Value:
        """A call of something that a library defines."""
        name = callee.name
        if name.startswith("builtins."):
            return self._builtin(name.removeprefix("builtins."), arguments, node, state, frame)
        last = name.rpartition(".")[2]
        if last in _PASS_THROUGH and arguments.positional:
            return arguments.positional[0]
        made = self._making.by_library(name, arguments, node, state, frame)
        if made is not None:
            return made
        if name in libraries.GRAD_SET and arguments.all:
            value = arguments.all[0]
            state.grad = bool(value.value) if isinstance(value, Const) else None
            return UNKNOWN
        if name in libraries.EXPORTERS and arguments.positional:
            self._export(name, arguments, node, state, frame)
            return UNKNOWN
        if name == "functools.partial" and arguments.positional and isinstance(arguments.positional[0], Function):
            function = arguments.positional[0]
            return Function(
                function.source,
                function.node,
                function.owner,
                function.receiver,
                function.closure,
                function.definer,
                (*function.given, *arguments.positional[1:]),
            )
        if name.startswith("torch.utils.checkpoint") and arguments.positional:
            return self.value(
                arguments.positional[0], Arguments(arguments.positional[1:], {}, True), node, state, frame
            )
        if name in ("torch.autograd.backward", "torch.autograd.grad"):
            self.record(Happening.BACKWARD, node, state, frame)
        elif name.partition(".")[0] not in libraries.HARMLESS_LIBRARIES:
            if libraries.HARMLESS_CALL.fullmatch(last) is None:
                self._interpreter.lose(arguments.all, state)
        return UNKNOWN

    def _builtin(self, name: str, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> Value:
        expressions = self._interpreter.expressions
        given = arguments.positional
        if name == "enumerate" and given:
            return _pairs(expressions.element(given[0], state))
        if name == "zip" and given:
            columns = tuple(expressions.element(value, state) for value in given)
            return Many(frozenset({Tuple_(columns)}), each=True)
        if name in ("getattr", "setattr") and len(given) >= 2 and isinstance(given[1], Const):
            attribute = str(given[1].value)
            if name == "setattr" and len(given) == 3 and isinstance(given[0], Obj):
                state.store(given[0], attribute, given[2])
                return UNKNOWN
            if name == "getattr":
                return expressions.attribute(given[0], attribute, node, state, frame)
        if name == "next" and given:
            return expressions.element(given[0], state)
        if name in _PASS_THROUGH and given:
            return given[0]
        if name in ("map", "filter") and len(given) == 2:
            element = expressions.element(given[1], state)
            if name == "filter":
                return given[1]
            around, frame.loops = frame.loops, (*frame.loops, node)
            result = self.value(given[0], Arguments((element,), {}, False), node, state, frame)
            frame.loops = around
            return expressions.new_list(node, [result], state, frame)
        if name == "reveal_mode" and given:
            self.record(Happening.REVEAL, node, state, frame, tuple(objects(given[0])))
            return UNKNOWN
        if name in ("list", "dict", "set", "tuple"):
            return expressions.new_list(node, [], state, frame)
        if name not in libraries.HARMLESS_BUILTINS and libraries.HARMLESS_CALL.fullmatch(name) is None:
            self._interpreter.lose(arguments.all, state)
        return UNKNOWN

    def _export(self, name: str, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> None:
        models = tuple(obj for obj in objects(arguments.positional[0]) if obj.kind is Kind.MODULE)
        self.record(Happening.EXPORT, node, state, frame, models, detail=name)

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
            path_to(frame), dummy, detail,
        )  # fmt: skip
        self._interpreter.events[happening, node, frame.stack] = event


def _pairs(second: Value) -> Value:
    """What a loop over ``enumerate`` yields: something with each of ``second``."""
    return Many(frozenset({Tuple_((UNKNOWN, item)) for item in alternatives(second)}), each=True)


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
