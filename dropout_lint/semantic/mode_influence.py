"""Which values may depend on the mode: those that name it, and what is computed from them.

The dependencies of values are a graph of names and attributes, which may have cycles.  It is searched with an explicit
stack, because a network written out line by line has chains of hundreds of names.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from dropout_lint.knowledge.vocabulary import names_mode
from dropout_lint.semantic.classes import classes_of
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.node_tests import Function, is_receiver
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.syntax.source import SourceFile


class _Query:
    """A name, an attribute or a condition, by its ``key``; ``parts`` finds what it depends on, None being the mode."""

    __slots__ = ("key", "known", "parts")

    def __init__(self, known: dict[object, bool], key: object, parts: Callable[[], Iterable[_Query | None]]) -> None:
        self.known = known
        self.key = key
        self.parts = parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Query) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)


class Influence:
    """Answers for one file."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._known: dict[object, bool] = {}
        self._conditions: dict[ast.AST, ast.AST | None] = {}

    def reaches(self, expression: ast.expr) -> bool:
        """Whether the value of ``expression`` may differ between training and evaluation."""
        path: list[tuple[_Query | None, list[_Query | None]]] = [(None, self._parts([expression]))]
        seen: set[_Query] = set()
        while path:
            parts = path[-1][1]
            if any(part is None or part.known.get(part.key) for part in parts):
                for query in [query for query, _ in path if query is not None]:
                    query.known[query.key] = True
                return True
            part = parts.pop() if parts else None
            if part is None:
                path.pop()
            elif part not in seen and part.key not in part.known:
                seen.add(part)
                path.append((part, list(part.parts())))
        for query in seen:
            query.known[query.key] = False
        return False

    def _parts(self, expressions: Iterable[ast.expr]) -> list[_Query | None]:
        """What the values of ``expressions`` depend on."""
        found: dict[_Query | None, None] = {}
        for part in (part for expression in expressions for part in ast.walk(expression)):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
                found[None if names_mode(part.id) else self._name(part)] = None
            elif isinstance(part, ast.Attribute) and names_mode(part.attr):
                found[None] = None
            elif isinstance(part, ast.Attribute) and is_receiver(part.value):
                found.update(dict.fromkeys(self._attribute(part)))
            elif isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
                function = names_of(self._source).definition(part.func)
                if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and _mentions_mode(function):
                    found[None] = None
        return list(found)

    def _name(self, name: ast.Name) -> _Query:
        """Whether some assignment to ``name``, in its function, computes it from the mode, or is under a condition on
        the mode.
        """
        scope, bindings = names_of(self._source).lookup(name.id, name)
        assigned = [binding for binding in bindings if binding.kind in (BindingKind.ASSIGNMENT, BindingKind.OPAQUE)]

        def parts() -> Iterable[_Query | None]:
            yield from self._parts([binding.value for binding in assigned if binding.value is not None])
            if not isinstance(scope, ast.Module):
                yield from self._around([binding.node for binding in assigned])

        return _Query(self._known, (scope, name.id), parts)

    def _around(self, nodes: Iterable[ast.AST]) -> list[_Query]:
        """The conditions that decide whether ``nodes`` run, as in ``if not self.training: p = 0``."""
        found = [self._source.first_above(node, self._conditions, _condition) for node in nodes]
        return [self._condition(each) for each in dict.fromkeys(found) if isinstance(each, ast.If)]

    def _condition(self, statement: ast.If) -> _Query:
        """The condition of ``statement``, and those around it."""
        return _Query(self._known, statement, lambda: [*self._parts([statement.test]), *self._around([statement])])

    def _attribute(self, attribute: ast.Attribute) -> list[_Query]:
        around = classes_of(self._source).around(attribute)
        if around is None:
            return []
        facts, method = around

        def parts() -> Iterable[_Query | None]:
            found = facts.method(attribute.attr)
            if found is not None and found[1] is not method:
                if _mentions_mode(found[1]):
                    yield None
                return
            for owner, store in facts.stores(attribute.attr):
                if store.method in ("train", "eval"):
                    yield None
                influence = influence_of(owner.source)
                if store.value is not None:
                    yield from influence._parts([store.value])
                yield from influence._around([store.node])

        return [_Query(self._known, (facts.node, attribute.attr), parts)]


def _condition(child: ast.AST, above: ast.AST) -> ast.AST | None:
    """``above``, if it is a condition that decides whether ``child`` runs, or the function beyond which none does."""
    if isinstance(above, ast.If):
        return above if child is not above.test else None
    return above if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) else None


def _mentions_mode(function: Function) -> bool:
    return any(
        (isinstance(node, ast.Attribute) and names_mode(node.attr))
        or (isinstance(node, ast.Name) and names_mode(node.id))
        for node in ast.walk(function)
    )


def influence_of(source: SourceFile) -> Influence:
    """On what in ``source`` the mode may have an influence: the same object each time."""
    return source.extension(Influence)
