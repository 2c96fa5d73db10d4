"""Which parameter of a function gets which value in a call."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.arguments import AbstractArguments
from dropout_lint.typestate.domain.bounds import one_of, tuple_of
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame, FunctionNode
from dropout_lint.typestate.domain.slots import Slot, item_at
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import UNKNOWN, FunctionValue, ObjectKind, Value, made_object, may_hold


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of a function, without those that take the rest."""

    positional: tuple[str, ...]
    defaults: Mapping[str, ast.expr | None]  # of all parameters, by name


class ParameterBinder:
    """Binds parameters for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def bound(
        self,
        function: FunctionValue,
        arguments: AbstractArguments,
        state: State,
        frame: Frame | None,
    ) -> dict[str, Value]:
        """The parameters of ``function``, with their values."""
        parameters, signature = function.node.args, signature_of(function.source, function.node)
        given, keywords = list(arguments.positional), arguments.keywords
        if function.receiver is not None:
            given.insert(0, function.receiver)
        values: dict[str, Value] = dict(zip(signature.positional, given))
        every = signature.defaults
        values.update({name: value for name, value in keywords.items() if name in every})
        for name, default in every.items():
            if name in values:
                continue
            if default is None or arguments.open:
                values[name] = UNKNOWN
            else:
                home = Frame(function.source, function.source.tree)
                around = state if isinstance(default, ast.Constant) else state.copy()
                values[name] = self._evaluator.value(default, around, home)
        if parameters.kwarg is not None:
            rest = made_object(ObjectKind.LIST, function.source, parameters.kwarg, frame.stack if frame else ())
            state.forget(rest)
            values[parameters.kwarg.arg] = rest
            for name in sorted(keywords.keys() - every.keys()):
                state.store(rest, item_at(name), keywords[name])
                state.escaped |= frozenset(may_hold(keywords[name]))
        if parameters.vararg is not None:
            extra = given[len(signature.positional) :]
            values[parameters.vararg.arg] = tuple_of(extra)
            if arguments.open:  # `f(*layers)`: each of them, however many
                values[parameters.vararg.arg] = UNKNOWN
                if extra and UNKNOWN not in extra:
                    rest = made_object(
                        ObjectKind.LIST, function.source, parameters.vararg, frame.stack if frame else ()
                    )
                    values[parameters.vararg.arg] = rest
                    state.store(rest, Slot.ELEMENTS, one_of(extra, each=True))
        return values


class _Signatures(Table[ast.AST, Signature]):
    """The signatures of the functions of a file."""


def signature_of(source: SourceFile, node: FunctionNode) -> Signature:
    """The signature of the function ``node``, worked out once."""
    known = source.extension(_Signatures)
    if node not in known:
        every = node.args
        positional = [parameter.arg for parameter in (*every.posonlyargs, *every.args)]
        defaults = dict(zip(reversed(positional), reversed(every.defaults)))
        for parameter, default in zip(every.kwonlyargs, every.kw_defaults):
            if default is not None:
                defaults[parameter.arg] = default
        names = {*positional, *(parameter.arg for parameter in every.kwonlyargs)}
        known[node] = Signature(tuple(positional), {name: defaults.get(name) for name in sorted(names)})
    return known[node]
