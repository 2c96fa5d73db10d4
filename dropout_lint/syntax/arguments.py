"""Which argument of a call goes to which parameter."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple


class BoundArguments(NamedTuple):
    """The arguments of one call, by parameter.

    ``open`` says that the call has ``*args`` or ``**kwargs``, so that an absent parameter may be passed after all.
    """

    by_name: dict[str, ast.expr]
    unknown: tuple[ast.keyword, ...]  # keywords that name no parameter
    open: bool

    def get(self, name: str) -> ast.expr | None:
        """What is passed for ``name``; None if nothing is seen to be."""
        return self.by_name.get(name)

    def omits(self, name: str) -> bool:
        """Whether ``name`` is certainly not passed."""
        return not self.open and name not in self.by_name


def bind(call: ast.Call, parameters: Sequence[str]) -> BoundArguments:
    """Bind the arguments of ``call`` to ``parameters``, given in order and without ``self``."""
    by_name: dict[str, ast.expr] = {}
    unknown: list[ast.keyword] = []
    is_open = False
    for index, argument in enumerate(call.args):
        if isinstance(argument, ast.Starred):
            is_open = True
            break  # what comes after it has no known place
        if index < len(parameters):
            by_name[parameters[index]] = argument
    for keyword in call.keywords:
        if keyword.arg is None:
            is_open = True
        elif keyword.arg in parameters:
            by_name.setdefault(keyword.arg, keyword.value)
        else:
            unknown.append(keyword)
    return BoundArguments(by_name, tuple(unknown), is_open)
