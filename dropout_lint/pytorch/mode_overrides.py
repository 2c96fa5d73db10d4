"""Overrides of `Module.train` and `Module.eval`: what kind of method is it?"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from dropout_lint.syntax.node_tests import Function

_CHILDREN = frozenset({"children", "named_children", "modules", "named_modules", "_modules", "apply"})


def is_loop(function: Function) -> bool:
    """Whether this is a training loop or an evaluation under torch's name: it needs arguments, or runs a backward
    pass.
    """
    positional = [*function.args.posonlyargs, *function.args.args][1:]
    required = positional[: len(positional) - len(function.args.defaults)]
    needed = [parameter.arg for parameter in required if function.name == "eval" or parameter is not positional[0]]
    if function.name == "train" and required and not _is_mode(required[0].arg):
        needed.append(required[0].arg)
    if function.name == "train" and positional and not required and not _is_mode(positional[0].arg):
        first = function.args.defaults[len(function.args.defaults) - len(positional)]
        if not (isinstance(first, ast.Constant) and isinstance(first.value, bool)):
            needed.append(positional[0].arg)  # `train(self, episodes=100)`: torch would pass False for the episodes
    keyword_only = [p for p, default in zip(function.args.kwonlyargs, function.args.kw_defaults) if default is None]
    if needed or keyword_only:
        return True
    return any(isinstance(part, ast.Attribute) and part.attr == "backward" for part in own_nodes(function))


def takes_mode(function: Function) -> bool:
    """Whether the method can be called as `eval` calls it: ``train(False)``."""
    return len(function.args.posonlyargs) + len(function.args.args) >= 2 or function.args.vararg is not None


def reaches_children(function: Function) -> bool:
    """Whether the method passes the mode on: to a base's ``train``, or to the children one by one."""
    for part in own_nodes(function):
        if isinstance(part, ast.Attribute) and part.attr in _CHILDREN:
            return True
        if isinstance(part, ast.Attribute) and part.attr in ("train", "eval"):
            return True
    return False


def is_stub(function: Function) -> bool:
    """Whether the method only raises, or does nothing."""
    body = [node for node in function.body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))]
    return not body or all(isinstance(node, (ast.Raise, ast.Pass)) for node in body)


def own_nodes(function: Function) -> Iterator[ast.AST]:
    """The nodes of ``function``, without those of functions defined inside it."""
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            stack.extend(ast.iter_child_nodes(node))


def _is_mode(name: str) -> bool:
    return any(word in name.lower() for word in ("mode", "train", "flag", "enable", "is_"))
