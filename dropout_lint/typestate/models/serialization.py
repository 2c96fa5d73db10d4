"""Whole modules that a program saves to a file and loads again: they come back in the mode that they were saved in."""

from __future__ import annotations

import ast

from dropout_lint.typestate.domain.bounds import one_of
from dropout_lint.typestate.domain.call import CallContext
from dropout_lint.typestate.domain.frames import Frame
from dropout_lint.typestate.domain.slots import PROGRAM, SavedFile
from dropout_lint.typestate.domain.values import UNKNOWN, AbstractObject, Const, ObjectKind, Value, objects
from dropout_lint.typestate.models.allocation import deep_copy

BUFFERS = ("io.BytesIO", "tempfile.NamedTemporaryFile", "tempfile.TemporaryFile")
"""Files that are objects of the program: the same one wherever it is passed."""


def save(call: CallContext) -> Value:
    """``torch.save(model, path)``, or a dictionary that holds modules."""
    value, key = call.arguments.get(0, "obj"), _key(call.arguments.get(1, "f"), call.node, 1, call.frame)
    held = [] if value is None or key is None else list(objects(value))
    if key is not None and any(part.kind is ObjectKind.MODULE for obj in held for part in call.state.reachable(obj)):
        call.state.share(PROGRAM, key, one_of([_copy(obj, call) for obj in held]))
    return UNKNOWN


def load(call: CallContext) -> Value:
    """What ``torch.load(path)`` returns: unknown, if this program was not seen to save it."""
    key = _key(call.arguments.get(0, "f"), call.node, 0, call.frame)
    saved = None if key is None else call.state.shared.get((PROGRAM, key))
    if saved is None:
        return UNKNOWN
    loaded = [_copy(obj, call) for obj in objects(saved)]
    call.state.mark_trained_or_loaded(
        part for obj in loaded for part in call.state.reachable(obj) if part.kind is ObjectKind.MODULE
    )
    return one_of(loaded)


def _copy(obj: AbstractObject, call: CallContext) -> AbstractObject:
    return deep_copy(obj, call.node, call.state, call.frame, call.evaluator)


def _key(path: Value | None, node: ast.Call, index: int, frame: Frame) -> SavedFile | None:
    """The file at ``path``: by its name, or by the expression for it, where that is certain to mean the same."""
    if isinstance(path, Const):
        return SavedFile(str(path.value))
    if isinstance(path, AbstractObject) and path.library in BUFFERS:
        places = [(getattr(node, "lineno", 0), getattr(node, "col_offset", 0)) for node in (*path.stack, path.node)]
        return SavedFile(f"{path.source.filename}:{places}")
    if index >= len(node.args):
        return None
    text = ast.unparse(node.args[index])
    place = f"{frame.source.filename}:{getattr(frame.node, 'lineno', 0)}"
    return SavedFile(f"{text} in {place if isinstance(node.args[index], ast.Name) else frame.source.filename}")
