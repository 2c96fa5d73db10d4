"""One call as the model of its callee gets it: who evaluates it, what it passes, where it stands, and what holds."""

from __future__ import annotations

import ast
from typing import NamedTuple

from dropout_lint.typestate.domain.arguments import AbstractArguments
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import Value


class CallContext(NamedTuple):  # not a frozen dataclass: one is made for each call, and this is cheaper to make
    """A call whose callee a library defines.  A model may change ``state``."""

    evaluator: Evaluator
    name: str  # of the callee: dotted if it is a function or a class, the method's own if it is a method
    arguments: AbstractArguments
    node: ast.Call
    state: State
    frame: Frame

    @property
    def given(self) -> tuple[Value, ...]:
        """The positional arguments."""
        return self.arguments.positional

    def havoc_arguments(self) -> None:
        """The callee is external: forget what it may do to what it is given."""
        self.evaluator.havoc(self.arguments.all, self.state)
