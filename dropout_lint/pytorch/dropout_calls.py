"""Calls of the torch callables that take a drop probability, with their arguments bound and the usual guards."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from functools import lru_cache

from dropout_lint.finding import Note
from dropout_lint.knowledge.torch_api import Callee, callee
from dropout_lint.lint.rule import Rule
from dropout_lint.lint.trigger import Confirm, Trigger
from dropout_lint.lint.trivial_calls import FUNCTIONS, LAYER_NAME, builds_properly, drops_properly, passes_no_rate
from dropout_lint.semantic.classes import classes_of
from dropout_lint.semantic.constants import FoldedValue, Origin, constants_of
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.arguments import BoundArguments, bind
from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.node_tests import is_self, last_name
from dropout_lint.syntax.source import SourceFile

_FUNCTION_NAME = (
    rf"(?<!self\.)\b{FUNCTIONS}\b(?=\s*(?:\(|as\b|\\))"  # called, or renamed by an import
    rf"|^(?:\s*\w+\s*(?::[^=]+)?=\s*)?[\w.]*\b{FUNCTIONS}\s*(?:#|$)"  # or given another name
)
_FOLLOWED = r"\b(?=\s*(?:\(|as\b|\\|#|$))"
_RECURRENT = r"(?:LSTM|GRU|RNN)"
_ATTENTION = r"(?:MultiheadAttention|Transformer(?:(?:En|De)coderLayer)?)"


def _names_layer(names: str, most: int | None = None) -> Confirm:
    """Dismisses lines that name a layer without a dot before it, as prose does, if nothing imports it by name from
    ``torch.nn``; and calls with at most so many arguments without a name, and without a rate (None: no call).
    """
    dotted = re.compile(rf"\.\s*{names}\b")
    imported = re.compile(
        rf"from\s+torch\.nn\b[\w.]*\s+import\b(?:\s*\([^)]*\b{names}\b|(?:[^\n(\\]|\\\r?\n)*(?:\b{names}\b|\*))"
    )
    name = re.compile(rf"\b{names}\b")

    def confirm(line: str, text: str, end: int) -> bool:
        if dotted.search(line) is None and imported.search(text) is None:
            return False
        return most is None or not passes_no_rate(name, most, line, text, end)

    return confirm


def _may_misuse(line: str, text: str, end: int) -> bool:
    return not drops_properly(line, text)


FUNCTIONAL = Trigger(("dropout",), _FUNCTION_NAME, confirm=_may_misuse)
"""Every way to name a dropout function.  ``self.dropout(x)`` is none."""

_KEPT = re.compile(r"\b(?:(\w+)\.|partial\(\s*)dropout(?:[123]d)?\b(?!\s*[(=.\[])")


def _is_kept_function(line: str, text: str, end: int) -> bool:
    """Whether the name before the dot is that of torch's functions: `config.dropout` is a rate."""
    return not _names_of_functional(text).isdisjoint(_KEPT.findall(line))


@lru_cache(maxsize=8)
def _names_of_functional(text: str) -> frozenset[str]:
    """What ``text`` calls `torch.nn.functional`, and the empty name: each line of a file asks for its own."""
    return frozenset(("", "functional", *re.findall(r"\bfunctional\s+as\s+(\w+)", text)))


KEPT_FUNCTION = Trigger(("dropout",), _KEPT.pattern, confirm=_is_kept_function)
"""A dropout function that is not called but kept: ``partial(F.dropout, p=0.3)``, ``{"drop": F.dropout}``."""

_IS_TORCHS_LAYER = _names_layer(LAYER_NAME)


def _may_misbuild(line: str, text: str, end: int) -> bool:
    return _IS_TORCHS_LAYER(line, text, end) and not builds_properly(line, text, end)


ANY_LAYER = Trigger(("Dropout",), rf"{LAYER_NAME}{_FOLLOWED}", confirm=_IS_TORCHS_LAYER)
"""Every way to name a dropout layer."""

LAYERS = replace(ANY_LAYER, confirm=_may_misbuild)
"""The same for rules that judge the call: not ``self.drop = nn.Dropout(config.rate)``."""

RECURRENT = Trigger(("LSTM", "GRU", "RNN"), rf"\b{_RECURRENT}{_FOLLOWED}", confirm=_names_layer(_RECURRENT, 3))
"""Every way to name a recurrent layer."""


_OF_TORCH = re.compile(r"\bscaled_dot_product_attention\b")
_OF_OTHERS = re.compile(r"\b(?:memory_efficient_attention|flash_attn\w*_func)\b")


def _may_attend(line: str, text: str, end: int) -> bool:
    return not all(passes_no_rate(names, most, line, text, end) for names, most in ((_OF_TORCH, 4), (_OF_OTHERS, 1)))


RAW_ATTENTION = Trigger(
    ("scaled_dot_product_attention", "memory_efficient_attention", "flash_attn"),
    f"{_OF_TORCH.pattern}|{_OF_OTHERS.pattern}",
    confirm=_may_attend,
)
"""Attention that takes a rate and has no training flag."""

ATTENTION = RAW_ATTENTION | Trigger(
    ("MultiheadAttention", "Transformer"), rf"\b{_ATTENTION}{_FOLLOWED}", confirm=_names_layer(_ATTENTION, 2)
)
"""Every way to name attention that takes a rate."""

_FUNCTION = re.compile(r"attention|flash|dropout|drop_|sdpa")
"""Names of attributes that may hold such a function: what the class stores there is then looked up."""


@dataclass(frozen=True, slots=True)
class TorchCall:
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


_RAISES = re.compile(r"[Rr]aises")


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
