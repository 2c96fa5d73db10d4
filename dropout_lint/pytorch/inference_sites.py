"""Dropout on an inference path: a call in a module's `forward`, or in a method that it reaches, that no guard limits to
training.

What the DRP2 rules share.  The evidence must be complete: the class is a module, the method runs at inference, nothing
around the call may test the mode, and the rate is the module's own and not zero.
"""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from dropout_lint.finding import Confidence, Note
from dropout_lint.io.late_pattern import late
from dropout_lint.knowledge.torch_api import CalleeKind
from dropout_lint.knowledge.vocabulary import names_mode
from dropout_lint.lint.rule import Rule
from dropout_lint.pytorch.dropout_calls import TorchCall, torch_call
from dropout_lint.pytorch.free_functions import as_passed, calls_of_free_function, free_function_around
from dropout_lint.pytorch.stored_functions import calls_of_stored, stored_function
from dropout_lint.semantic.attribute_stores import AttributeStore
from dropout_lint.semantic.classes import ClassModel, classes_of
from dropout_lint.semantic.constants import Origin, constants_of
from dropout_lint.semantic.mode_guards import guards_of
from dropout_lint.semantic.names import names_of
from dropout_lint.semantic.project import is_test
from dropout_lint.syntax.arguments import BoundArguments
from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.node_tests import Function, is_none, is_self, is_zero
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.syntax.source import SourceFile

_INTENT = late(
    r"pre_?net|monte.?carlo|\bmc\b|mc_?drop|bayes|uncertain|always|non.?determinis|"
    r"even (?:at|in|during) (?:test|infer|eval)|"
    r"guidance|augment|perturb|corrupt|ensembl|stochastic (?:forward|inference)|noise|at inference|test.time",
    re.IGNORECASE,
)
_MOST_FUNCTIONS = 3  # functions between a method and the dropout
_LINES_OF_INTENT = 3  # above the call; a comment that explains a line is near it


class InferenceSite(NamedTuple):
    """A call that drops at inference."""

    facts: ClassModel
    method: Function
    has_self: bool  # whether `self` means the module at the call
    gated_sibling: ast.Call | None  # another dropout of the same class that does follow the mode
    always_on: ast.Call | None  # a call that leaves the switch around the dropout on, as all others do
    confidence: Confidence
    way: tuple[ast.Call, ...] = ()  # from the method to the function that holds the dropout

    def notes(self, rule: Rule) -> list[Note]:
        """The evidence that is not in the call itself."""
        notes = [rule.note(f"`{self.facts.node.name}` calls it here, in eval mode too", use) for use in self.way[:1]]
        if self.always_on is not None:
            notes.append(rule.note("every call leaves the switch on, as this one does", self.always_on))
        if self.gated_sibling is not None:
            notes.append(rule.note("another dropout of this class follows the mode", self.gated_sibling))
        return notes


def inference_site(source: SourceFile, call: TorchCall) -> InferenceSite | None:
    """What is known of ``call`` if it certainly drops at inference; None if it does not, or may not."""
    return _site(source, call, _MOST_FUNCTIONS)


def _site(source: SourceFile, call: TorchCall, functions: int) -> InferenceSite | None:
    around = classes_of(source).around(call.node)
    if around is None:
        return _site_in_free_function(source, call, functions)
    facts, method = around
    if method.name == "__init__":
        return _site_in_lambda(source, call)
    return site_at(source, call.node) if rate_is_own(source, call, facts, method) else None


def site_at(source: SourceFile, node: ast.Call) -> InferenceSite | None:
    """What is known of ``node`` if it certainly runs at inference, in a method of a module."""
    around = classes_of(source).around(node)
    if around is None or is_test(source):
        return None
    facts, method = around
    if not facts.is_module or method.name not in facts.reached or guards_of(source).may_guard(node):
        return None
    if method.name not in facts.reached_in_evaluation:
        return None
    sibling = _gated_sibling(source, facts)
    intended = is_intended(source, node, facts, method)
    if intended and sibling is None:
        return None
    confidence = Confidence.MEDIUM if intended else Confidence.HIGH
    first = method.args.args[0].arg if method.args.args else None
    switch = guards_of(source).callers.switch(node)
    return InferenceSite(facts, method, first == "self", sibling, switch, confidence)


def _site_in_free_function(source: SourceFile, call: TorchCall, functions: int) -> InferenceSite | None:
    """The same for a ``call`` in a function at the top level, which a method calls, or another such function."""
    function = free_function_around(source, call.node) if functions else None
    if function is None or guards_of(source).may_guard(call.node) or _speaks_of_intent(source, call.node, function):
        return None
    if call.rate is not None and guards_of(source).depends_on_mode(call.rate):
        return None
    for use in calls_of_free_function(source, function):
        if any(_hands_on_mode(source, name, function, use) for name in _names_tested(source, call.node)):
            continue
        arguments = call.arguments
        if call.rate is not None:
            rate = as_passed(source, call.rate, function, use)
            if rate is None:
                continue
            arguments = BoundArguments({call.callee.rate: rate}, (), False)
        site = _site(source, call._replace(node=use, arguments=arguments), functions - 1)
        if site is not None:
            return site._replace(has_self=False, way=(*site.way, use))
    return None


def _names_tested(source: SourceFile, node: ast.AST) -> list[ast.Name]:
    """The names in the conditions around ``node``."""
    tests = [above.test for above in source.ancestors(node) if isinstance(above, (ast.If, ast.IfExp, ast.While))]
    return [part for test in tests for part in ast.walk(test) if isinstance(part, ast.Name)]


def _hands_on_mode(source: SourceFile, name: ast.Name, function: Function, use: ast.Call) -> bool:
    """Whether ``use`` passes something that may depend on the mode for ``name``, a parameter of ``function``."""
    if names_of(source).lookup(name.id, name)[0] is not function:
        return False
    passed = as_passed(source, name, function, use)
    return passed is None or guards_of(source).depends_on_mode(passed)


def _site_in_lambda(source: SourceFile, call: TorchCall) -> InferenceSite | None:
    """The same for a ``call`` that is the body of a lambda which ``__init__`` keeps, and other methods call."""
    above = source.parent(call.node)
    stored = stored_function(source, above) if isinstance(above, ast.Lambda) else None
    if stored is None or not may_drop_when_built(source, call.rate):
        return None
    sites = (site_at(source, use) for use in calls_of_stored(source, stored))
    return next((site for site in sites if site is not None), None)


def may_drop_when_built(source: SourceFile, rate: ast.expr | None) -> bool:
    """Whether a ``rate`` that is chosen when the module is built may be other than 0 at inference."""
    if rate is None:
        return True
    return not constants_of(source).is_nothing(rate) and not guards_of(source).depends_on_mode(rate)


def rate_is_own(source: SourceFile, call: TorchCall, facts: ClassModel, method: Function) -> bool:
    """Whether the rate is a value that this class owns and that may be other than zero in evaluation."""
    rate = call.rate
    if rate is None:
        return not call.arguments.open and call.callee.kind is CalleeKind.FUNCTION  # the default, 0.5
    rate = guards_of(source).callers.chosen(rate)
    if guards_of(source).depends_on_mode(rate):
        return False
    folded = constants_of(source).fold(rate)
    if folded is not None and folded.origin is not Origin.DEFAULT:
        return folded.is_number and isinstance(folded.value, (int, float)) and folded.value > 0
    return _all_own(source, rate, facts)


def _all_own(source: SourceFile, expression: ast.expr, facts: ClassModel) -> bool:
    """Whether all that ``expression`` is made of, through local names, is the class's own."""
    todo, seen = [expression], {expression}
    while todo:
        for part in ast.walk(todo.pop()):
            if isinstance(part, (ast.Name, ast.Attribute, ast.Call)):
                parts = _is_own(source, part, facts)
                if parts is None:
                    return False
                todo += parts - seen
                seen |= parts
    return True


def _is_own(source: SourceFile, part: ast.expr, facts: ClassModel) -> set[ast.expr] | None:
    """What else has to be the class's own for ``part`` to be so; None if it is not."""
    if isinstance(part, ast.Call):
        return None  # who knows what it returns
    if isinstance(part, ast.Name):
        return set() if is_self(part) else _given_to(source, part)
    if isinstance(part, ast.Attribute) and is_self(part.value):
        if facts.method(part.attr) is not None:
            return None  # a property or a method: its value is computed
        stores = facts.stores(part.attr)
        if any(_may_switch_off(store, facts) for _, store in stores):
            return None
        # Without a store it is set by a base class that is not analysed.
        return set() if stores and not all(_drops_nothing(store.value) for _, store in stores) else None
    return set()


def _given_to(source: SourceFile, name: ast.Name) -> set[ast.expr] | None:
    """The values that ``name`` gets; None if that is not certain."""
    bindings = names_of(source).bindings(name)
    if len(bindings) != 1:
        return None
    binding = bindings[0]
    if not isinstance(binding.node, ast.For):
        return {binding.value} if binding.kind is BindingKind.ASSIGNMENT and binding.value is not None else None
    iterable = binding.node.iter  # `for layer, rate in zip(self.layers, self.rates)`
    if isinstance(iterable, ast.Call) and isinstance(iterable.func, ast.Name):
        return set(iterable.args) if iterable.func.id in ("zip", "enumerate") else None
    return {iterable} if isinstance(iterable, ast.Attribute) else None


def _may_switch_off(store: AttributeStore, facts: ClassModel) -> bool:
    """Whether ``store`` may set the rate to zero for inference: it is made while the model runs, or writes a zero
    later.
    """
    if store.method in (None, "__init__"):
        return False
    return (
        store.method in facts.reached
        or store.value is None
        or _drops_nothing(store.value)
        or names_mode(store.method or "")
    )


def _drops_nothing(rate: ast.expr | None) -> bool:
    return is_zero(rate) or is_none(rate)


class _GatedDropouts(Table[ast.ClassDef, "ast.Call | None"]):
    """A dropout of each class of a file that passes the mode."""


def _gated_sibling(source: SourceFile, facts: ClassModel) -> ast.Call | None:
    """A dropout of the class that passes the mode: the author knows that it has to be passed."""
    known = source.extension(_GatedDropouts)
    if facts.node not in known:
        known[facts.node] = _find_gated(source, facts)
    return known[facts.node]


def _find_gated(source: SourceFile, facts: ClassModel) -> ast.Call | None:
    for method in facts.methods.values():
        for node in ast.walk(method):
            if isinstance(node, ast.Call):
                call = torch_call(source, node)
                if call is not None and call.callee.kind is CalleeKind.FUNCTION:
                    flag = call.arguments.get("training")
                    if flag is not None and any(
                        isinstance(n, ast.Attribute) and names_mode(n.attr) for n in ast.walk(flag)
                    ):
                        return node
    return None


def is_intended(source: SourceFile, node: ast.expr, facts: ClassModel, method: Function) -> bool:
    """Whether names or comments near the call say that dropout is meant to stay on."""
    names = re.sub(r"([a-z])([A-Z])", r"\1_\2", facts.node.name)
    return _speaks_of_intent(source, node, method, f"{facts.node.name} {names}")


def _speaks_of_intent(source: SourceFile, node: ast.expr, function: Function, names: str = "") -> bool:
    first = max(node.lineno - 1 - _LINES_OF_INTENT, 0)
    near = "".join(source.lines[first : (node.end_lineno or node.lineno)])
    words = f"{names} {function.name} {ast.get_docstring(function) or ''} {near}"
    return _INTENT.search(words) is not None
