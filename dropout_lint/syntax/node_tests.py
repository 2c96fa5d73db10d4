"""What an `ast` node is: the few tests of single nodes that every layer needs."""

from __future__ import annotations

import ast

Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_self(node: ast.AST) -> bool:
    """Whether ``node`` is the name ``self``."""
    return isinstance(node, ast.Name) and node.id == "self"


def is_receiver(node: ast.AST) -> bool:
    """Whether ``node`` is ``self`` or ``cls``: the object or the class that a method runs on."""
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def attribute_of_self(node: ast.AST | None) -> str | None:
    """``name`` of ``self.name``; None for anything else."""
    return node.attr if isinstance(node, ast.Attribute) and is_self(node.value) else None


def is_super_call(node: ast.AST) -> bool:
    """Whether ``node`` is ``super()``, with arguments or without."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def last_name(node: ast.AST | None) -> str | None:
    """The last identifier of a name or attribute: ``keep_prob`` of ``self.cfg.keep_prob``; None for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def is_zero(node: ast.AST | None) -> bool:
    """Whether ``node`` is a zero that is written out: ``0``, ``0.0``, or ``False``, which is one to Python."""
    return isinstance(node, ast.Constant) and not isinstance(node.value, (str, bytes)) and node.value == 0


def is_none(node: ast.AST | None) -> bool:
    """Whether ``node`` is a written ``None``."""
    return isinstance(node, ast.Constant) and node.value is None
