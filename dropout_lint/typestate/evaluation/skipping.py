"""Calls that are passed by: of idle functions, with nothing at hand that has to do with a model."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from dropout_lint.project.symbol_links import SymbolIndex
from dropout_lint.semantic.classes import ClassModel
from dropout_lint.semantic.project import Project, project_of
from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    AbstractObject,
    ClassValue,
    Dotted,
    FunctionValue,
    ObjectKind,
    ParameterList,
    Tuple_,
    Union,
    Unknown,
    Value,
)
from dropout_lint.typestate.roots.relevance import Names, Relevance

_FEW_STATEMENTS = 12
_FEW_LINES = 40  # with a docstring; of a longer function, the body need not be parsed
_MOST_VALUES = 200  # to look at for one call


class CallSkipper:
    """Tells for an `Evaluator` which calls to pass by."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def may_skip(self, function: FunctionValue, given: Iterable[Value], state: State) -> bool:
        """Whether a call of ``function`` with ``given`` can be passed by: ``state`` then forgets what it may change."""
        names = self._names_of(function)
        if names is None:
            return False
        values = [*given, *([function.receiver] if function.receiver is not None else [])]
        if not self._are_idle(values, names, state) or _is_brief(function):
            return False
        state.havoc([value for value in values if isinstance(value, AbstractObject)], modes=False)
        self._evaluator.entered.add(function.node)
        return True

    def has_no_mode(self, facts: ClassModel, given: Iterable[Value], state: State) -> bool:
        """Whether an instance of ``facts``, a module, made of ``given`` is like ``nn.Linear``: nothing in it depends on
        the mode.
        """
        if not facts.is_closed:
            return False
        names = relevance(facts.source).of_class(facts)
        return names is not None and self._are_idle(given, names, state)

    def _names_of(self, function: FunctionValue) -> Names | None:
        node, receiver = function.node, function.receiver
        if isinstance(node, ast.Lambda) or function.closure or function.is_nested:
            return None
        facts = receiver.facts if isinstance(receiver, (AbstractObject, ClassValue)) else None
        return relevance(function.source).of_function(function.source, node.name, node.lineno, function.owner, facts)

    def _are_idle(self, values: Iterable[Value], names: Names, state: State) -> bool:
        """Whether neither ``values`` nor what the ``names`` stand for have to do with a model."""
        todo = list(values)
        wanted, done = set(names), set[AbstractObject]()
        todo += [state.shared[name] for name in names if name in state.shared]
        while todo:
            value = todo.pop()
            needed: Names | None = frozenset()
            if isinstance(value, (Tuple_, Union)):
                todo += value.items
            elif isinstance(value, Unknown):
                todo += value.holds
            elif isinstance(value, ParameterList):
                return False
            elif isinstance(value, Dotted):
                if value.name.startswith("torch.nn.") or value.source.knowledge.may_make(value.name, None):
                    return False
            elif isinstance(value, FunctionValue):
                needed = self._names_of(value)
                todo += [*value.given, *(named for _, named in value.named)]
                if value.receiver is not None:
                    todo.append(value.receiver)
            elif isinstance(value, ClassValue):
                needed = None if value.facts.is_module else relevance(value.facts.source).of_class(value.facts)
            elif isinstance(value, AbstractObject) and value not in done:
                done.add(value)
                if len(done) > _MOST_VALUES:
                    return False
                if _is_of_a_known_class(value):
                    assert value.facts is not None
                    needed = relevance(value.facts.source).of_class(value.facts)
                elif value.kind is not ObjectKind.LIST:
                    return False
                todo += state.held(value).values()
            if needed is None:
                return False
            todo += [state.shared[name] for name in needed - wanted if name in state.shared]
            wanted |= needed
        return True


def relevance(source: SourceFile) -> Relevance:
    """What is known of the code around ``source``: the same for all files of a project that are as they were saved."""
    return source.extension(_Around).relevance


class _Around:
    """What is known of the code around a file: the project's own, if the file is as it was saved."""

    def __init__(self, source: SourceFile) -> None:
        project = project_of(source)
        if project is None:
            self.relevance = Relevance(SymbolIndex(None, source), source.knowledge)
        elif not project.is_on_disk(source.filename, source.text):
            self.relevance = Relevance(SymbolIndex(project, source), source.knowledge)
        else:
            self.relevance = relevance_of(project)


def relevance_of(project: Project) -> Relevance:
    """The same for all files of ``project`` that are as they were saved."""
    return project.extension(_relevance_of_saved)


def _relevance_of_saved(project: Project) -> Relevance:
    return Relevance(SymbolIndex(project), project.knowledge)


def _is_of_a_known_class(obj: AbstractObject) -> bool:
    if obj.facts is None or obj.library or obj.parent is not None:
        return False
    return obj.kind is ObjectKind.INSTANCE or (obj.kind is ObjectKind.MODULE and obj.facts.is_closed)


_SIMPLE = (ast.Assign, ast.AnnAssign, ast.Return, ast.Expr, ast.Pass)


class _Brief(Table[ast.AST, bool]):
    """Whether the functions of a file say what they return, and do nothing else."""


def _is_brief(function: FunctionValue) -> bool:
    """Whether following ``function`` costs little and may tell a constant, such as a flag."""
    node, known = function.node, function.source.extension(_Brief)
    if node not in known:
        is_short = (node.end_lineno or node.lineno) - node.lineno < _FEW_LINES
        body = node.body if is_short and isinstance(node.body, list) else []
        known[node] = (
            is_short
            and len(body) <= _FEW_STATEMENTS
            and all(isinstance(statement, _SIMPLE) for statement in body)
            and not any(isinstance(part, ast.Call) for statement in body for part in ast.walk(statement))
        )
    return known[node]
