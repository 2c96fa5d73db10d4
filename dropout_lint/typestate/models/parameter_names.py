"""Which parameters a statement is about, in a loop over ``named_parameters()``: those whose names pass its conditions.

Conditions are worked out on the name of one parameter after the other, as far as they are made of strings.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from dropout_lint.syntax.source import SourceFile

ANY_INDEX, ANY_LAYER = "\0index", "\0layer"
"""In a name, for what is not known of it: the place in a container, the way inside of a model of a library."""

_SPEAKS_OF_NORMS = ("bn", "norm", "batch")
_METHODS: Mapping[str, Callable[[str, str | tuple[str, ...]], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
}

Text = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """The conditions in the loop over parameters, each with what it has to come to; the name of a parameter is in
    ``variable``.  A condition that is None may be anything.
    """

    variable: str = ""
    conditions: tuple[tuple[ast.expr | None, bool], ...] = ()

    def reaches(self, name: str) -> bool | None:
        """Whether the parameter called ``name`` comes there; None if nobody knows."""
        outcomes = {self.value(test, name) is wanted for test, wanted in self._told(name)}
        if False in outcomes:
            return False
        return True if len(list(self._told(name))) == len(self.conditions) else None

    def _told(self, name: str) -> Iterator[tuple[ast.expr, bool]]:
        for test, wanted in self.conditions:
            if test is not None and self.value(test, name) is not None:
                yield test, wanted

    def value(self, test: ast.expr, name: str) -> bool | None:
        """What ``test`` comes to for the parameter called ``name``; None if nobody knows."""
        if not self.variable:
            return None
        return _Test(self.variable, name).truth(test)


def selection_around(node: ast.expr, source: SourceFile) -> Selection:
    """Which parameters come to ``node``, which speaks of one of them, in the loop over them.  A condition that is the
    same for all of them may hold.
    """
    parameter = _base(node)
    child: ast.AST = node
    conditions: list[tuple[ast.expr | None, bool]] = []
    for above in source.ancestors(node):
        if isinstance(above, ast.If):
            conditions.append((above.test, child in above.body))
        elif isinstance(above, (ast.For, ast.AsyncFor)) and parameter in _names(above.target):
            conditions += _skipped(above, child)
            own = {
                part.id for part in ast.walk(above) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            }
            told = [(test, wanted) for test, wanted in conditions if test is None or not own.isdisjoint(_names(test))]
            return Selection(_variable(above, parameter), tuple(told))
        elif isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.Module)):
            break
        child = above
    return Selection()


def _base(node: ast.expr) -> str:
    while isinstance(node, (ast.Attribute, ast.Call)):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""


def _names(node: ast.expr) -> list[str]:
    return [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]


def _variable(loop: ast.For | ast.AsyncFor, parameter: str) -> str:
    """The name that ``loop`` gives to the name of a parameter; "" if it does not."""
    named = any(isinstance(part, ast.Attribute) and part.attr == "named_parameters" for part in ast.walk(loop.iter))
    bound = _names(loop.target)
    return bound[-2] if named and len(bound) > 1 and bound[-1] == parameter else ""


def _skipped(loop: ast.For | ast.AsyncFor, child: ast.AST) -> Iterator[tuple[ast.expr | None, bool]]:
    """What in ``loop`` keeps parameters from its statement ``child``: ``if "fc" in name: continue``."""
    for statement in loop.body:
        if statement is child:
            return
        if isinstance(statement, ast.If) and isinstance(statement.body[-1], ast.Continue) and not statement.orelse:
            yield statement.test, False
        elif any(isinstance(part, (ast.Continue, ast.Break)) for part in ast.walk(statement)):
            yield None, True


@dataclass(frozen=True, slots=True)
class _Test:
    """Works conditions out where ``variable`` is the ``name``."""

    variable: str
    name: str

    def truth(self, node: ast.expr) -> bool | None:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self.truth(node.operand)
            return None if inner is None else not inner
        if isinstance(node, ast.BoolOp):
            decides = isinstance(node.op, ast.Or)
            outcomes = {self.truth(part) for part in node.values}
            return decides if decides in outcomes else None if None in outcomes else not decides
        if isinstance(node, ast.IfExp):
            test = self.truth(node.test)
            return None if test is None else self.truth(node.body if test else node.orelse)
        if isinstance(node, ast.Constant) and isinstance(node.value, bool):
            return node.value
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self._compared(node.left, node.ops[0], node.comparators[0])
        return self._called(node) if isinstance(node, ast.Call) else None

    def _compared(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> bool | None:
        one, other = self._text(left), self._text(right)
        if not isinstance(one, str) or other is None:
            return None
        if isinstance(operator, (ast.In, ast.NotIn)):
            return (one in other) is isinstance(operator, ast.In)
        if isinstance(operator, (ast.Eq, ast.NotEq)) and isinstance(other, str):
            return (one == other) is isinstance(operator, ast.Eq)
        return None

    def _called(self, node: ast.Call) -> bool | None:
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in _METHODS and len(node.args) == 1:
            text, part = self._text(function.value), self._text(node.args[0])
            return _METHODS[function.attr](text, part) if isinstance(text, str) and part is not None else None
        if not (isinstance(function, ast.Name) and function.id in ("any", "all") and len(node.args) == 1):
            return None
        inner = node.args[0]
        if not isinstance(inner, (ast.GeneratorExp, ast.ListComp)) or len(inner.generators) != 1:
            return None
        over = inner.generators[0]
        words = self._text(over.iter)
        if not isinstance(over.target, ast.Name) or over.ifs or not isinstance(words, tuple):
            return None
        outcomes = {_Word(self.variable, self.name, over.target.id, word).truth(inner.elt) for word in words}
        decides = function.id == "any"
        return decides if decides in outcomes else None if None in outcomes else not decides

    def _text(self, node: ast.expr) -> Text | None:
        """The string, or the strings, that ``node`` is."""
        if isinstance(node, ast.Name):
            return self.name if node.id == self.variable else None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value if self._is_telling(node.value) else None
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            found = [self._text(part) for part in node.elts]
            return tuple(part for part in found if isinstance(part, str)) if None not in found else None
        return None

    def _is_telling(self, text: str) -> bool:
        """Whether it can be told what ``text`` has to do with the name, which may not be known in full."""
        if ANY_LAYER in self.name and any(word in text.lower() for word in _SPEAKS_OF_NORMS):
            return False
        return ANY_INDEX not in self.name or not any(letter.isdigit() for letter in text)


@dataclass(frozen=True, slots=True)
class _Word(_Test):
    """The same where another variable is one of several words."""

    other: str
    word: str

    def _text(self, node: ast.expr) -> Text | None:
        if isinstance(node, ast.Name) and node.id == self.other:
            return self.word
        return _Test._text(self, node)
