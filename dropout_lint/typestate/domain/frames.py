"""Where the analysis stands: the function it is in, the calls that led there, and what it has seen happen."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from dropout_lint.semantic.classes import ClassModel
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.scopes import Bindings
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.bounds import join_values
from dropout_lint.typestate.domain.modes import LoopContext, ModeFact, Origin, OriginKind
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import AbstractObject, FunctionValue, ObjectKind, Value

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(eq=False, slots=True)
class Suspension:
    """A generator that stops at its ``yield``, or goes on from there with the state of ``resumed``."""

    resumed: State | None = None
    reached: State | None = None  # what holds at the `yield`; None if it is never reached
    value: Value | None = None  # what is yielded

    def passes(self, value: Value, state: State) -> None:
        """The generator comes to a ``yield``, in ``state``."""
        if self.resumed is not None:
            resumed = self.resumed.copy()
            state.take_over(resumed)
            state.grad = resumed.grad
        if self.reached is None:
            self.reached, self.value = state.copy(), value
        else:
            self.reached.join(state)
            self.value = value if self.value is None else join_values(self.value, value)


@dataclass(eq=False, slots=True)
class Frame:
    """One activation of a function, or of a module's top level (``node`` is then the module, ``call`` None)."""

    source: SourceFile
    node: FunctionNode | ast.Module
    owner: ClassModel | None = None
    receiver: Value | None = None
    closure: Mapping[str, Value] = field(default_factory=dict)
    call: ast.AST | None = None
    caller: Frame | None = None
    loops: tuple[ast.AST, ...] = ()  # around the step at hand, the innermost last
    returned: Value | None = None
    stack: tuple[ast.AST, ...] = ()  # the calls that led here, the outermost first
    grad: bool | None = True  # at the call
    suspension: Suspension | None = None  # of the generator of a context manager
    bindings: Bindings | None = None  # of a function that is no lambda
    endless: State | None = None  # what holds where a loop takes another turn, if its test is known to hold each time

    @property
    def name(self) -> str:
        """The function's name; empty for a module's top level."""
        return getattr(self.node, "name", "")

    @property
    def depth(self) -> int:
        """How many calls deep."""
        return len(self.stack)

    def runs(self, node: ast.AST) -> bool:
        """Whether ``node`` is running already, here or further out."""
        frame: Frame | None = self
        while frame is not None:
            if frame.node is node:
                return True
            frame = frame.caller
        return False


def activation(
    function: FunctionValue, call: ast.AST, state: State, frame: Frame | None, suspension: Suspension | None
) -> Frame:
    """The frame in which ``function`` runs, called from ``frame``."""
    node, closure = function.node, function.closure
    if frame is not None and function.definer is frame.node:
        closure = {**closure, **state.local}
    return Frame(
        function.source,
        node,
        function.owner,
        function.receiver,
        closure,
        call,
        frame,
        stack=(*frame.stack, call) if frame is not None else (),
        grad=state.grad,
        suspension=suspension,
        bindings=None if isinstance(node, ast.Lambda) else names_of(function.source).bindings_in(node),
    )


class EventKind(Enum):
    """What an event is."""

    FORWARD = "forward"  # a module is called
    BACKWARD = "backward"
    STEP = "step"  # an optimizer updates parameters
    EXPORT = "export"  # a module is traced or exported
    LEFT = "left"  # a function returns with its caller's module in another mode than it came in
    REVEAL = "reveal"  # `reveal_mode(x)`, for tests


@dataclass(frozen=True, slots=True)
class CallSite:
    """One call on the way to an event: where it stands, and the function that it enters."""

    source: SourceFile
    node: ast.AST
    function: str
    caller: str  # the function that it is in
    caller_node: FunctionNode | ast.Module
    loops: tuple[ast.AST, ...]
    module: AbstractObject | None = None  # whose method it enters


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to ``objs`` (one of them) at ``node``, with the calls that led there."""

    kind: EventKind
    source: SourceFile
    node: ast.expr
    function: str  # that ``node`` is in; empty at the top level of a file
    function_node: FunctionNode | ast.Module
    objs: tuple[AbstractObject, ...] = ()
    fact: ModeFact | None = None
    grad: bool | None = True
    loops: tuple[ast.AST, ...] = ()  # in the function at hand
    path: tuple[CallSite, ...] = ()  # the outermost first
    dummy: bool = False  # on a made-up input
    noise: bool = False  # on an input that is made up in part: what a generator is given
    trained_or_loaded: bool = False  # the weights are worth something: loaded, or trained for a step at least
    detail: str = ""  # of an export: what exports
    frozen: tuple[AbstractObject, ...] = ()  # layers in it that are in train mode, with frozen parameters

    @property
    def as_called(self) -> Event:
        """The same, as one pass of the module whose method runs its part: ``model.predict(x)``."""
        event = self
        while event.path and (module := event.path[-1].module) is not None:
            site = event.path[-1]
            assert isinstance(site.node, ast.expr)
            event = replace(
                event, source=site.source, node=site.node, function=site.caller, function_node=site.caller_node,
                objs=(module,), loops=site.loops, path=event.path[:-1],
            )  # fmt: skip
        return event

    @property
    def loop_contexts(self) -> tuple[LoopContext, ...]:
        """The loops around the event, through all calls, the innermost last."""
        return loop_contexts_of(self.path, self.loops)

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of the functions that run, the innermost last."""
        return tuple(site.function for site in self.path)


def path_to(frame: Frame) -> tuple[CallSite, ...]:
    """The calls that led to ``frame``."""
    sites: list[CallSite] = []
    while frame.caller is not None and frame.call is not None:
        caller = frame.caller
        receiver = frame.receiver
        module = receiver if isinstance(receiver, AbstractObject) and receiver.kind is ObjectKind.MODULE else None
        home, name = caller.source, frame.name
        sites.append(CallSite(home, frame.call, name, caller.name, caller.node, caller.loops, module))
        frame = caller
    return tuple(reversed(sites))


def loop_contexts_of(path: tuple[CallSite, ...], loops: tuple[ast.AST, ...]) -> tuple[LoopContext, ...]:
    """The loops around the calls of ``path``, then ``loops`` around what they lead to.

    The same loop, reached through another call, is another one: an epoch of training and one of validation may share
    their function.
    """
    calls = tuple(site.node for site in path)
    outer = [(calls[:depth], loop) for depth, site in enumerate(path) for loop in site.loops]
    return (*outer, *((calls, loop) for loop in loops))


def origin_at(kind: OriginKind, node: ast.AST, state: State, frame: Frame) -> Origin:
    """The origin of a mode that is set at ``node``."""
    contexts = loop_contexts_of(path_to(frame), frame.loops)
    return Origin(kind, frame.source, node, frame.stack, frame.name, contexts, state.grad)
