"""Calls of the torch callables that take a drop probability, with their arguments bound and the usual guards."""

from __future__ import annotations

import ast
from typing import NamedTuple

from dropout_lint.finding import Note
from dropout_lint.io.late_pattern import late
from dropout_lint.knowledge.torch_api import Callee, callee
from dropout_lint.lint.rule import Rule
from dropout_lint.semantic.classes import classes_of
from dropout_lint.semantic.constants import FoldedValue, Origin, constants_of
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.arguments import BoundArguments, bind
from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.node_tests import is_self, last_name
from dropout_lint.syntax.source import SourceFile

_FUNCTION = late(r"attention|flash|dropout|drop_|sdpa")
"""Names of attributes that may hold such a function: what the class stores there is then looked up."""


class TorchCall(NamedTuple):
    """A call of ``callee``: ``arguments`` are bound to its parameters, ``spelling`` is how the file writes its name."""

    node: ast.Call
    callee: Callee
    arguments: BoundArguments
    spelling: str

    @property
    def rate(self) -> ast.expr | None:
        """What is passed as the drop probability; None if nothing is seen to be."""
        return self.arguments.get(self.callee.rate)


class _TorchCalls(Table[ast.Call, "TorchCall | None"]):
    """What calls of the file are: those that were looked up."""


def torch_call(source: SourceFile, node: ast.Call) -> TorchCall | None:
    """What ``node`` calls, if that is a torch callable with a drop probability.  Remembered, because every rule needs
    it.
    """
    calls = source.extension(_TorchCalls)
    if node not in calls:
        known = callee(names_of(source).resolve(node.func)) or _stored_callee(source, node.func)
        call = (
            None if known is None else TorchCall(node, known, bind(node, known.parameters), source.segment(node.func))
        )
        calls[node] = call
    return calls[node]


def _stored_callee(source: SourceFile, function: ast.expr) -> Callee | None:
    """What ``self.attend`` calls where the class stores one function of torch there, and nothing else but None:
    ``self.attend = flash_attn_func``, or ``getattr(import_module("flash_attn"), "flash_attn_func")``.
    """
    if not (isinstance(function, ast.Attribute) and is_self(function.value) and _FUNCTION.search(function.attr)):
        return None
    around = classes_of(source).around(function)
    stores = () if around is None else around[0].stores(function.attr)
    names = {
        _imported(owner.source, store.value)
        for owner, store in stores
        if not (isinstance(store.value, ast.Constant) and store.value.value is None)
    }
    return callee(names.pop()) if len(names) == 1 else None


def _imported(source: SourceFile, value: ast.expr | None) -> str | None:
    """The dotted name of what ``value`` gets from a module, also by `getattr` and `importlib.import_module`."""
    if isinstance(value, ast.Name):
        bindings = names_of(source).bindings(value)
        if len(bindings) == 1 and isinstance(bindings[0].value, ast.Call):
            return _imported(source, bindings[0].value)
    if not isinstance(value, ast.Call):
        return None if value is None else names_of(source).resolve(value)
    words = [part.value for part in value.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    if isinstance(value.func, ast.Name) and value.func.id == "getattr" and len(value.args) == 2:
        module = _imported(source, value.args[0])
        return f"{module}.{words[0]}" if module is not None and len(words) == 1 else None
    if names_of(source).resolve(value.func) == "importlib.import_module" and len(words) == len(value.args) == 1:
        return words[0]
    return None


def never_drops(source: SourceFile, node: ast.Call) -> bool:
    """Whether ``node`` builds or calls a dropout whose rate is certainly 0."""
    call = torch_call(source, node)
    return call is not None and call.rate is not None and constants_of(source).is_nothing(call.rate)


_RAISES = late(r"[Rr]aises")


class _AwaitsErrors(Table[ast.AST, "bool | None"]):
    """Whether an exception is awaited where the nodes of a file are."""


def expects_error(source: SourceFile, node: ast.AST) -> bool:
    """Whether ``node`` is where an exception is expected: ``pytest.raises``, ``assertRaises`` and their like."""
    return source.first_above(node, source.extension(_AwaitsErrors), _awaits_error) or False


def _awaits_error(child: ast.AST, above: ast.AST) -> bool | None:
    calls: list[ast.expr] = [above] if isinstance(above, ast.Call) else []
    if isinstance(above, (ast.With, ast.AsyncWith)):
        calls = [item.context_expr for item in above.items]
    # The last name only: the text of a call grows with each call that is chained to it.
    if any(isinstance(call, ast.Call) and _RAISES.search(last_name(call.func) or "") for call in calls):
        return True
    return None


def witness(rule: Rule, call: TorchCall, value: FoldedValue) -> tuple[ast.expr, list[Note]]:
    """Where to report ``value`` of the rate of ``call``, and the notes that point from there to the other end.

    A value that is written elsewhere and always holds is reported at the call; a default value is reported at the
    default, because that is what has to change.
    """
    argument = value.node if call.rate is None else call.rate
    if value.origin is Origin.DEFAULT:
        return value.node, [rule.note(f"`{call.spelling}` gets it here", argument)]
    if value.origin is Origin.CONSTANT:
        return argument, [rule.note("the value is written here", value.node)]
    return argument, []
