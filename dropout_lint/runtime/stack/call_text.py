"""The call in the source at a place: how it is spelt, and what it says of the training flag."""

from __future__ import annotations

import ast
import functools
import linecache
import re
import threading
from dataclasses import dataclass
from enum import Enum


class Flag(Enum):
    """What a call says of the mode."""

    MISSING = "missing"  # nothing, so the default holds
    TRUE = "true"  # a literal True
    OWN = "own"  # an attribute of `self` that is not `training`
    OTHER = "other"  # any other expression
    NONE = "none"  # the function has no such flag


@dataclass(frozen=True)
class CallText:
    """A call as its author wrote it."""

    spelling: str  # "F.dropout"
    flag: Flag
    flag_text: str = ""  # "self.use_dropout"


_WATCHED = re.compile(r"drop|rrelu|batch_norm|instance_norm|attention|lstm|gru|rnn", re.IGNORECASE)
_FLAGS = ("training", "train", "use_input_stats")
_POSITIONS = {"dropout": 2, "rrelu": 3, "batch_norm": 5, "instance_norm": 5, "multi_head_attention_forward": 13}


@functools.lru_cache(maxsize=512)
def call_at(file: str, line: int) -> CallText | None:
    """The smallest call around ``line`` whose name mentions what is watched; None if there is none, or no source."""
    lines = linecache.getlines(file)
    if len(lines) < line:
        return None
    calls = [
        node
        for node in _calls(file, "".join(lines))
        if node.lineno <= line <= (node.end_lineno or node.lineno) and _WATCHED.search(_name(node))
    ]
    if not calls:
        return None
    call = min(calls, key=lambda node: ((node.end_lineno or node.lineno) - node.lineno, node.col_offset))
    flag, text = _flag(call)
    return CallText(ast.unparse(call.func), flag, text)


_parsing = threading.Lock()
"""Two threads that parse at once can make CPython 3.11 raise SystemError, for a mismatch in the depth of recursion."""


@functools.lru_cache(maxsize=32)
def _calls(file: str, source: str) -> list[ast.Call]:
    try:
        with _parsing:
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, SystemError):
        return []
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _flag(call: ast.Call) -> tuple[Flag, str]:
    if _name(call) == "scaled_dot_product_attention":
        return Flag.NONE, ""
    value = next((keyword.value for keyword in call.keywords if keyword.arg in _FLAGS), None)
    if value is None:
        position = next((at for part, at in _POSITIONS.items() if part in _name(call)), None)
        starred = any(isinstance(argument, ast.Starred) for argument in call.args)
        if position is None or starred or any(keyword.arg is None for keyword in call.keywords):
            return Flag.OTHER, ""
        if len(call.args) <= position:
            return Flag.MISSING, ""
        value = call.args[position]
    if isinstance(value, ast.Constant) and value.value is True:
        return Flag.TRUE, "True"
    text = ast.unparse(value)
    own = isinstance(value, ast.Attribute) and text.startswith("self.") and value.attr != "training"
    return (Flag.OWN if own else Flag.OTHER), text
