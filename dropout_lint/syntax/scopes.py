"""Which names a scope binds, and which scope a place belongs to: Python's own rules, on `ast`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.source import SourceFile

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
ScopeNode = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | Comprehension

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
SCOPES = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, *COMPREHENSIONS)


class BindingKind(Enum):
    """How a name gets its value."""

    IMPORT = "import"
    ASSIGNMENT = "assignment"  # one plain target and one value: the value is known
    PARAMETER = "parameter"
    DEFINITION = "definition"  # class or function
    OPAQUE = "opaque"  # loop targets, unpacking, with, except, del, augmented assignment, match, walrus: value unknown


class Binding(NamedTuple):
    """One place where a name gets a value."""

    kind: BindingKind
    node: ast.AST
    dotted: str | None = None  # of an import
    value: ast.expr | None = None  # of an assignment; of a parameter, its default

    @property
    def is_none(self) -> bool:
        """Whether this is ``name = None``, the usual stand-in for an import that failed."""
        return self.kind is BindingKind.ASSIGNMENT and isinstance(self.value, ast.Constant) and self.value.value is None


class Bindings:
    """All that one scope binds, in the order of the text."""

    __slots__ = ("by_name", "global_names", "star_imports")

    def __init__(self) -> None:
        self.by_name: dict[str, tuple[Binding, ...]] = {}
        self.star_imports: list[str] = []
        self.global_names: set[str] = set()

    def add(self, name: str, binding: Binding) -> None:
        """Record one more binding of ``name``."""
        self.by_name[name] = (*self.by_name.get(name, ()), binding)


class _Scopes(Table[ast.AST, "ScopeNode | None"]):
    """The scopes that the nodes of a file belong to."""


def scope_of(source: SourceFile, node: ast.AST) -> ScopeNode:
    """The scope in which names at ``node`` are looked up first.

    Decorators, default values, annotations and base classes belong to the scope around their definition.
    """
    return source.first_above(node, source.extension(_Scopes), _scope_made_by) or source.tree


def _scope_made_by(child: ast.AST, above: ast.AST) -> ScopeNode | None:
    """``above``, if names at ``child``, which it holds, are looked up in it first."""
    if isinstance(above, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return above if isinstance(child, ast.stmt) else None
    if isinstance(above, ast.Lambda):
        return above if child is above.body else None
    return above if isinstance(above, (ast.Module, *COMPREHENSIONS)) else None


def bindings_of(scope: ScopeNode, *, walrus: bool = True) -> Bindings:
    """What ``scope`` binds.  ``walrus`` False promises that the file has no ``:=``, which saves a walk."""
    bindings = Bindings()
    if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        _bind_parameters(scope.args, bindings)
    if isinstance(scope, ast.Lambda):
        return bindings
    if isinstance(scope, COMPREHENSIONS):
        for generator in scope.generators:
            _bind_target(generator.target, None, generator, bindings)
        return bindings
    for statement in statements_in(scope.body):
        _bind_statement(statement, bindings)
        if walrus:
            for node in _expressions_in(statement):
                if isinstance(node, ast.NamedExpr):
                    bindings.add(node.target.id, Binding(BindingKind.OPAQUE, node))
    return bindings


def statements_in(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement of ``body`` and of the blocks in it, but not of the functions and classes that it defines."""
    for statement in body:
        yield statement
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        if not (hasattr(statement, "body") or hasattr(statement, "cases")):
            continue  # most of them
        for name in ("body", "orelse", "finalbody"):
            block = getattr(statement, name, None)
            if isinstance(block, list):
                yield from statements_in(block)
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield from statements_in(part.body)


def _bind_parameters(arguments: ast.arguments, bindings: Bindings) -> None:
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    named = [*zip(positional, defaults), *zip(arguments.kwonlyargs, arguments.kw_defaults)]
    for parameter, default in named:
        bindings.add(parameter.arg, Binding(BindingKind.PARAMETER, parameter, value=default))
    for rest in (arguments.vararg, arguments.kwarg):
        if rest is not None:
            bindings.add(rest.arg, Binding(BindingKind.OPAQUE, rest))


def _bind_statement(statement: ast.stmt, bindings: Bindings) -> None:
    if isinstance(statement, (ast.Expr, ast.Return, ast.If, ast.Raise)):
        return  # most of them
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            dotted = alias.name if alias.asname else alias.name.partition(".")[0]
            bindings.add(alias.asname or dotted, Binding(BindingKind.IMPORT, statement, dotted))
    elif isinstance(statement, ast.ImportFrom):
        module = "." * statement.level + (statement.module or "")
        for alias in statement.names:
            if alias.name == "*":
                bindings.star_imports.append(module)
            else:
                joint = "" if module.endswith(".") else "."
                dotted = f"{module}{joint}{alias.name}"
                bindings.add(alias.asname or alias.name, Binding(BindingKind.IMPORT, statement, dotted))
    elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        bindings.add(statement.name, Binding(BindingKind.DEFINITION, statement))
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            _bind_target(target, statement.value, statement, bindings)
    elif isinstance(statement, ast.AnnAssign):
        if statement.value is not None:
            _bind_target(statement.target, statement.value, statement, bindings)
    elif isinstance(statement, (ast.AugAssign, ast.For, ast.AsyncFor)):
        _bind_target(statement.target, None, statement, bindings)
    elif isinstance(statement, (ast.With, ast.AsyncWith)):
        for item in statement.items:
            if item.optional_vars is not None:
                _bind_target(item.optional_vars, None, statement, bindings)
    elif isinstance(statement, ast.Delete):
        for target in statement.targets:
            _bind_target(target, None, statement, bindings)
    elif isinstance(statement, (ast.Global, ast.Nonlocal)):
        if isinstance(statement, ast.Global):
            bindings.global_names.update(statement.names)
        else:
            for name in statement.names:
                bindings.add(name, Binding(BindingKind.OPAQUE, statement))
    elif isinstance(statement, ast.Match):
        for case in statement.cases:
            for node in ast.walk(case.pattern):
                name_bound = (
                    getattr(node, "rest", None) if isinstance(node, ast.MatchMapping) else getattr(node, "name", None)
                )
                if isinstance(name_bound, str):
                    bindings.add(name_bound, Binding(BindingKind.OPAQUE, node))
    for handler in getattr(statement, "handlers", ()):
        if handler.name:
            bindings.add(handler.name, Binding(BindingKind.OPAQUE, handler))


def _bind_target(target: ast.expr, value: ast.expr | None, node: ast.AST, bindings: Bindings) -> None:
    if isinstance(target, ast.Name):
        kind = BindingKind.OPAQUE if value is None else BindingKind.ASSIGNMENT
        bindings.add(target.id, Binding(kind, node, value=value))
    elif isinstance(target, (ast.Tuple, ast.List)):
        values: list[ast.expr | None] = [None] * len(target.elts)
        if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
            if not any(isinstance(part, ast.Starred) for part in (*target.elts, *value.elts)):
                values = list(value.elts)
        for part, part_value in zip(target.elts, values):
            _bind_target(part, part_value, node, bindings)
    elif isinstance(target, ast.Starred):
        _bind_target(target.value, None, node, bindings)


def _expressions_in(statement: ast.stmt) -> Iterator[ast.AST]:
    """The expressions of one statement, without those of the statements inside it."""
    stack: list[ast.AST] = [statement]
    while stack:
        for child in ast.iter_child_nodes(stack.pop()):
            if (
                not isinstance(child, (ast.stmt, ast.ExceptHandler, ast.Lambda))
                and type(child).__name__ != "match_case"
            ):
                yield child
                stack.append(child)
