"""What the parts of the abstract interpreter, and the models of calls, may ask of the whole.

Expressions nest in calls, calls run statements, statements evaluate expressions: the parts need each other, and none
comes first.  So each of them knows this protocol and nothing of its siblings; `interpreter` puts them together.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import Protocol

from dropout_lint.semantic.classes import ClassModel
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.arguments import AbstractArguments
from dropout_lint.typestate.domain.frames import Frame, Suspension
from dropout_lint.typestate.domain.modes import Layers
from dropout_lint.typestate.domain.recorder import Recorder
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.trace import Trace
from dropout_lint.typestate.domain.values import AbstractObject, Dotted, FunctionValue, Value


class Evaluator(Protocol):
    """The analysis of one root.  Whatever takes a ``state`` may change it."""

    root: SourceFile
    """The file in which the analysis starts."""
    recorder: Recorder
    dependent: dict[AbstractObject, Layers]
    """Modules that work differently in the two modes."""
    trace: Trace | None
    """Where it is written down why things are as they are, if somebody asks."""
    entered: set[ast.AST]
    """Functions that were run."""

    # Expressions and names

    def value(self, node: ast.expr | None, state: State, frame: Frame) -> Value:
        """What the expression ``node`` resolves to; None for the expression of a bare ``return``."""

    def attribute(self, value: Value, name: str, node: ast.expr, state: State, frame: Frame) -> Value:
        """What ``value.name``, written at ``node``, resolves to."""

    def name(self, name: str, state: State, frame: Frame) -> Value:
        """What ``name`` resolves to in ``frame``."""

    def bind(self, target: ast.expr, value: Value, state: State, frame: Frame) -> None:
        """Give ``target`` its ``value``."""

    def store_in_class(self, facts: ClassModel, name: str, value: Value, state: State) -> None:
        """``Net.name = value``."""

    # Calls

    def evaluate_call(self, node: ast.Call, state: State, frame: Frame) -> Value:
        """What the call ``node`` returns, callee and arguments evaluated first."""

    def call(self, callee: Value, arguments: AbstractArguments, node: ast.Call, state: State, frame: Frame) -> Value:
        """What calling ``callee`` returns."""

    def call_method(
        self, receiver: Value, name: str, arguments: AbstractArguments, node: ast.Call, state: State, frame: Frame
    ) -> Value:
        """What ``receiver.name(...)`` returns."""

    def call_function(
        self,
        function: FunctionValue,
        arguments: AbstractArguments,
        call: ast.AST,
        state: State,
        frame: Frame | None,
        *,
        suspension: Suspension | None = None,
    ) -> Value:
        """Run ``function`` on these arguments."""

    def enter(self, function: FunctionValue, state: State) -> None:
        """Run ``function`` as external code does, on arguments that nobody knows."""

    def yielded(self, frame: Frame) -> AbstractObject:
        """The list that represents what the generator running in ``frame`` yields."""

    def has_no_mode(self, facts: ClassModel, given: Iterable[Value], state: State) -> bool:
        """Whether nothing in an instance of the module class ``facts``, made of ``given``, depends on the mode."""

    # What escapes, and what comes in

    def havoc(self, values: Sequence[Value], state: State) -> None:
        """These go to external code: forget what it may change."""

    def let_escape(self, function: FunctionValue, state: State) -> None:
        """``function`` goes to external code, which may call it at any time."""

    def gradient_effect(self, context: ast.expr, state: State, frame: Frame) -> tuple[bool | None] | None:
        """What entering ``context`` does to the recording of gradients; None if it has nothing to do with that."""

    def enter_context(self, value: Value, item: ast.withitem, state: State, frame: Frame) -> Value:
        """What ``as`` gets where a ``with`` enters ``value``; afterwards ``state`` is that of the body."""

    def leave_context(self, item: ast.withitem, state: State, frame: Frame) -> None:
        """What follows the body of the ``with``."""

    # Other files

    def run_module(self, source: SourceFile, state: State) -> State | None:
        """Run the top level of ``source``; the state at its end, or None if the end is never reached."""

    def dotted(self, source: SourceFile, name: str) -> Value:
        """The definition of the project that ``name``, imported into ``source``, leads to; else the name itself."""

    def defined(self, source: SourceFile, name: str) -> Value:
        """What the file ``source`` gives ``name``, as far as that can be told without running it."""

    def imported(self, found: Dotted, state: State) -> Value:
        """What ``found`` resolves to, if it is a module-level name of a file of the project; else ``found`` itself."""

    def place(self, found: Dotted) -> tuple[SourceFile, str] | None:
        """The file of the project whose module-level name ``found`` is, and that name; None for all else."""

    def own_name(self, source: SourceFile, name: str, state: State) -> Value:
        """What the file ``source`` gives ``name`` when it is imported."""

    def offered(self, value: Value) -> Value:
        """One of the models that the file ``value`` offers."""

    def offered_by(self, source: SourceFile) -> Value:
        """One of the models that can be built from what ``source`` names at its top level."""

    def module_by_name(self, node: ast.expr, name: Value, source: SourceFile) -> Value:
        """What ``import_module(name)`` returns."""

    def evaluated_at_top(self, node: ast.expr, source: SourceFile, state: State) -> Value:
        """What ``node`` resolves to at the top level of ``source``."""
