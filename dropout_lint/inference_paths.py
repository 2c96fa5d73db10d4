"""Dropout on the way of inference: a call in a module's `forward`, or in what it reaches, that no gate keeps to training.

What the DRP2 rules share.  The evidence must be complete: the class is a module, the method runs at inference, nothing around the
call may ask for the mode, and the rate is the module's own and not zero.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from dropout_lint.classes import ClassFacts
from dropout_lint.finding import Confidence, Note
from dropout_lint.gates import speaks_of_mode
from dropout_lint.rule import Rule
from dropout_lint.scopes import BindingKind, Function
from dropout_lint.source import Source
from dropout_lint.torch_calls import TorchCall, is_test_file, torch_call
from dropout_lint.torch_names import Kind
from dropout_lint.values import Origin

_INTENT = re.compile(
    r"pre_?net|monte.?carlo|\bmc\b|mc_?drop|bayes|uncertain|always|even (?:at|in|during) (?:test|infer|eval)|non.?determinis|"
    r"guidance|augment|perturb|corrupt|ensembl|stochastic (?:forward|inference)|noise|at inference|test.time",
    re.IGNORECASE,
)
_LINES_OF_INTENT = 3  # above the call; a comment that explains a line stands near it


@dataclass(frozen=True)
class InferenceSite:
    """A call that drops at inference."""

    facts: ClassFacts
    method: Function
    has_self: bool  # whether `self` means the module at the call
    gated_sibling: ast.Call | None  # another dropout of the same class that does follow the mode
    confidence: Confidence

    def notes(self, rule: Rule) -> list[Note]:
        """The evidence that is not in the call itself."""
        if self.gated_sibling is None:
            return []
        return [rule.note("another dropout of this class follows the mode", self.gated_sibling)]


def inference_site(source: Source, call: TorchCall) -> InferenceSite | None:
    """What is known of ``call`` if it certainly drops at inference; None if it does not, or may not."""
    around = source.classes.around(call.node)
    if around is None or is_test_file(source.filename):
        return None
    facts, method = around
    if not facts.is_module or method.name not in facts.reached:
        return None
    if source.gates.may_gate(call.node) or not _rate_is_own(source, call, facts, method):
        return None
    sibling = _gated_sibling(source, facts)
    intended = _is_intended(source, call.node, facts, method)
    if intended and sibling is None:
        return None
    confidence = Confidence.MEDIUM if intended else Confidence.HIGH
    first = method.args.args[0].arg if method.args.args else None
    return InferenceSite(facts, method, first == "self", sibling, confidence)


def _rate_is_own(source: Source, call: TorchCall, facts: ClassFacts, method: Function) -> bool:
    """Whether the rate is a value that this class owns and that may be other than zero in evaluation."""
    rate = call.rate
    if rate is None:
        return not call.arguments.open and call.callee.kind is Kind.FUNCTION  # the default, 0.5
    if source.gates.depends_on_mode(rate):
        return False
    folded = source.values.fold(rate)
    if folded is not None and folded.origin is not Origin.DEFAULT:
        return folded.is_number and folded.value != 0
    return all(_is_own(source, part, facts) for part in ast.walk(rate) if isinstance(part, (ast.Name, ast.Attribute, ast.Call)))


def _is_own(source: Source, part: ast.expr, facts: ClassFacts) -> bool:
    if isinstance(part, ast.Call):
        return False  # who knows what it returns
    if isinstance(part, ast.Name):
        if part.id == "self":
            return True
        bindings = source.names.bindings(part)
        return len(bindings) == 1 and bindings[0].kind is BindingKind.ASSIGNMENT and bindings[0].value is not None and all(
            _is_own(source, inner, facts)
            for inner in ast.walk(bindings[0].value)
            if isinstance(inner, (ast.Name, ast.Attribute, ast.Call))
        )
    if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "self":
        if facts.method(part.attr) is not None:
            return False  # a property or a method: its value is computed
        stores = facts.stores(part.attr)
        outside = [store for _, store in stores if store.method not in (None, "__init__", "reset_parameters", "build")]
        if outside:
            return False  # somebody sets it later, perhaps to switch dropout off
        if not stores:
            return False  # set by a base out of sight
        return not all(_is_zero(store.value) for _, store in stores)
    return True


def _is_zero(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and (value.value is None or value.value == 0)


def _gated_sibling(source: Source, facts: ClassFacts) -> ast.Call | None:
    """A dropout of the class that passes the mode: the author knows that it has to be passed."""
    for method in facts.methods.values():
        for node in ast.walk(method):
            if isinstance(node, ast.Call):
                call = torch_call(source, node)
                if call is not None and call.callee.kind is Kind.FUNCTION:
                    flag = call.arguments.get("training")
                    if flag is not None and any(isinstance(n, ast.Attribute) and speaks_of_mode(n.attr) for n in ast.walk(flag)):
                        return node
    return None


def _is_intended(source: Source, node: ast.Call, facts: ClassFacts, method: Function) -> bool:
    """Whether names or comments near the call say that dropout is meant to stay on."""
    first = max(node.lineno - 1 - _LINES_OF_INTENT, 0)
    near = "".join(source.lines[first : (node.end_lineno or node.lineno)])
    words = f"{facts.node.name} {method.name} {ast.get_docstring(method) or ''} {near}"
    names = re.sub(r"([a-z])([A-Z])", r"\1_\2", facts.node.name)
    return _INTENT.search(words) is not None or _INTENT.search(names) is not None
