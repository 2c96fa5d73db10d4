"""Which parameter of a function gets which value in a call."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dropout_lint.typestate.frames import Frame
from dropout_lint.typestate.state import State
from dropout_lint.typestate.values import UNKNOWN, Function, Kind, Tuple_, Value, made_object, objects, one_of

if TYPE_CHECKING:
    from dropout_lint.typestate.interpreter import Interpreter


class Parameters:
    """Binds parameters for an `Interpreter`."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter

    def bound(
        self,
        function: Function,
        positional: Sequence[Value],
        keywords: Mapping[str, Value],
        state: State,
        frame: Frame | None,
        *,
        open_call: bool,
    ) -> dict[str, Value]:
        """The parameters of ``function``, with their values."""
        parameters = function.node.args
        names = [parameter.arg for parameter in (*parameters.posonlyargs, *parameters.args)]
        given = list(positional)
        if function.receiver is not None:
            given.insert(0, function.receiver)
        values: dict[str, Value] = dict(zip(names, given))
        every = {*names, *(parameter.arg for parameter in parameters.kwonlyargs)}
        values.update({name: value for name, value in keywords.items() if name in every})
        defaults = dict(zip(reversed(names), reversed(parameters.defaults)))
        defaults.update(
            {p.arg: default for p, default in zip(parameters.kwonlyargs, parameters.kw_defaults) if default is not None}
        )
        home = Frame(function.source, function.source.tree)
        for name in sorted(every - values.keys()):
            default = defaults.get(name)
            if default is None or open_call:
                values[name] = UNKNOWN
            elif isinstance(default, ast.Constant):
                values[name] = self._interpreter.expressions.value(default, state, home)
            else:
                values[name] = self._interpreter.expressions.value(default, state.copy(), home)
        if parameters.kwarg is not None:
            rest = made_object(Kind.LIST, function.source, parameters.kwarg, frame.stack if frame else ())
            state.forget(rest)
            values[parameters.kwarg.arg] = rest
            for name in sorted(keywords.keys() - every):
                state.store(rest, f"[{name!r}]", keywords[name])
                state.exposed |= frozenset(objects(keywords[name]))
        if parameters.vararg is not None:
            extra = given[len(names) :]
            values[parameters.vararg.arg] = Tuple_(tuple(extra))
            if open_call:  # `f(*layers)`: each of them, however many
                values[parameters.vararg.arg] = UNKNOWN
                if extra and UNKNOWN not in extra:
                    rest = made_object(Kind.LIST, function.source, parameters.vararg, frame.stack if frame else ())
                    values[parameters.vararg.arg] = rest
                    state.store(rest, "[]", one_of(extra, each=True))
        return values


def names_of_parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """All of them, in their order; what takes the rest comes last."""
    every = node.args
    starred = [parameter for parameter in (every.vararg, every.kwarg) if parameter is not None]
    return [parameter.arg for parameter in (*every.posonlyargs, *every.args, *every.kwonlyargs, *starred)]
