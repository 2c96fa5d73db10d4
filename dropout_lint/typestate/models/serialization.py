"""Whole modules that a program saves to a file and loads again: they come back in the mode that they were saved in."""

from __future__ import annotations

import ast

from dropout_lint.typestate.domain.arguments import Arguments
from dropout_lint.typestate.domain.bounds import one_of
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import Const, Kind, Value, objects
from dropout_lint.typestate.models.constructors import Making

_SAVED = "<saved>"  # no file of a project


class Saving:
    """Follows `torch.save` and `torch.load` for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator, making: Making) -> None:
        self._evaluator = evaluator
        self._making = making

    def save(self, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> None:
        """``torch.save(model, path)``, or a dictionary that holds modules."""
        value, key = arguments.get(0, "obj"), self._key(arguments.get(1, "f"), node, 1, frame)
        held = [] if value is None or key is None else list(objects(value))
        if key is None or not any(part.kind is Kind.MODULE for obj in held for part in state.reachable(obj)):
            return
        state.share(_SAVED, key, one_of([self._making.copy(obj, node, state, frame) for obj in held]))

    def load(self, arguments: Arguments, node: ast.Call, state: State, frame: Frame) -> Value | None:
        """What ``torch.load(path)`` returns; None if this program was not seen to save it."""
        key = self._key(arguments.get(0, "f"), node, 0, frame)
        saved = None if key is None else state.shared.get((_SAVED, key))
        if saved is None:
            return None
        loaded = [self._making.copy(obj, node, state, frame) for obj in objects(saved)]
        state.teach(part for obj in loaded for part in state.reachable(obj) if part.kind is Kind.MODULE)
        return one_of(loaded)

    def _key(self, path: Value | None, node: ast.Call, index: int, frame: Frame) -> str | None:
        """The file at ``path``: by its name, or by the expression for it, where that is certain to mean the same."""
        if isinstance(path, Const):
            return str(path.value)
        if index >= len(node.args):
            return None
        text = ast.unparse(node.args[index])
        place = f"{frame.source.filename}:{getattr(frame.node, 'lineno', 0)}"
        return f"{text} in {place}" if isinstance(node.args[index], ast.Name) else f"{text} in {frame.source.filename}"
