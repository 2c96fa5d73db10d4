"""Does the mode of a module matter?  Only where it does can a wrong mode cost anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from dropout_lint.knowledge.torch_api import CalleeKind, callee
from dropout_lint.semantic.classes import ClassModel
from dropout_lint.semantic.names import names_of
from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.node_tests import attribute_of_self, last_name
from dropout_lint.typestate.domain.function_text import mentions_mode
from dropout_lint.typestate.domain.library_facts import DRAWS_UNIFORMLY
from dropout_lint.typestate.domain.modes import Layers
from dropout_lint.typestate.domain.slots import PROGRAM, Slot
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import AbstractObject, Const, ObjectKind, Value

_MODE_FUNCTIONS = {
    "torch.nn.functional.batch_norm": Layers.BATCH_NORM,
    "torch.nn.functional.instance_norm": Layers.OTHER,
    "torch.nn.functional.rrelu": Layers.OTHER,
    "torch.nn.functional.multi_head_attention_forward": Layers.DROPOUT,
}


def dependent_layers(
    obj: AbstractObject, state: State, dependent: Mapping[AbstractObject, Layers]
) -> frozenset[Layers]:
    """What in ``obj`` and its parts works differently in train and eval mode."""
    idle = {part for whole in (obj, *state.parts(obj)) for part in _idle_parts(whole, state)}
    parts = [part for part in (obj, *state.parts(obj)) if part.kind is ObjectKind.MODULE and part not in idle]
    found = (_known(part, dependent) for part in parts)
    return frozenset(layers for layers in found if layers is not None)


def _idle_parts(obj: AbstractObject, state: State) -> Iterator[AbstractObject]:
    """The layers that a module holds and does not run, because of how it was built: ``if self.use_norm: ...``."""
    if obj.facts is None:
        return
    held = state.held(obj)
    for flag, value in held.items():
        if isinstance(flag, str) and isinstance(value, Const) and not value.value:
            for name in _layers_behind(obj.facts, flag):
                layer = held.get(name)
                if isinstance(layer, AbstractObject):
                    yield layer


class _BehindFlags(Table[tuple[ast.ClassDef, str], "frozenset[str]"]):
    """The attributes that a forward pass uses only if a flag is set, by class and flag."""


def _layers_behind(facts: ClassModel, flag: str) -> frozenset[str]:
    """The attributes that a forward pass uses only under ``if self.flag:``."""
    known = facts.source.extension(_BehindFlags)
    if (facts.node, flag) not in known:
        known[facts.node, flag] = _found_behind(facts, flag)
    return known[facts.node, flag]


def _found_behind(facts: ClassModel, flag: str) -> frozenset[str]:
    behind: set[str] = set()
    elsewhere: set[str] = set()
    for each in facts.ancestry:
        for name, function in each.methods.items():
            if name in facts.reached:
                _sort_uses(function, flag, behind, elsewhere)
    return frozenset(behind - elsewhere)


def _sort_uses(node: ast.AST, flag: str, behind: set[str], elsewhere: set[str]) -> None:
    """Sort what ``node`` reads of ``self`` into what it reads under ``if self.flag`` and the rest."""
    if isinstance(node, (ast.If, ast.IfExp)) and attribute_of_self(node.test) == flag:
        body = node.body if isinstance(node.body, list) else [node.body]
        others = node.orelse if isinstance(node.orelse, list) else [node.orelse]
        behind |= {name for part in body for inner in ast.walk(part) if (name := attribute_of_self(inner)) is not None}
        for part in others:
            _sort_uses(part, flag, behind, elsewhere)
        return
    name = attribute_of_self(node)
    if name is not None:
        elsewhere.add(name)
    for child in ast.iter_child_nodes(node):
        _sort_uses(child, flag, behind, elsewhere)


def _known(obj: AbstractObject, dependent: Mapping[AbstractObject, Layers]) -> Layers | None:
    return next((dependent[each] for each in (obj, *obj.wholes()) if each in dependent), None)


def layers_used_directly(facts: ClassModel) -> Layers | None:
    """What methods of the class hand ``self.training`` to: functional dropout or batch norm."""
    return next((layers for each in facts.ancestry if (layers := _used_in(each)) is not None), None)


class _LayersUsed(Table[ast.ClassDef, "Layers | None"]):
    """What each class of a file hands ``self.training`` to."""


def _used_in(facts: ClassModel) -> Layers | None:
    known = facts.source.extension(_LayersUsed)
    if facts.node not in known:
        found = None
        if "training" in facts.source.text:
            used = (_used_by(facts, function) for function in facts.methods.values())
            found = next((layers for layers in used if layers is not None), None)
        known[facts.node] = found
    return known[facts.node]


def switches_itself(facts: ClassModel) -> bool:
    """Whether calling a module of this class may switch its mode: `forward` reaches ``self.train()`` or the like."""
    for each in facts.ancestry:
        for name, function in each.methods.items():
            if name not in facts.reached or not mentions_mode(each.source, function):
                continue
            if any(
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("train", "eval")
                for node in ast.walk(function)
            ):
                return True
    return False


def _used_by(facts: ClassModel, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Layers | None:
    if not any("training" in line for line in facts.source.lines_of(function)):
        return None
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        passed = [*node.args, *(keyword.value for keyword in node.keywords)]
        if not any(isinstance(value, ast.Attribute) and value.attr == "training" for value in passed):
            continue
        name = names_of(facts.source).resolve(node.func)
        known = callee(name)
        if known is not None and known.kind in (
            CalleeKind.FUNCTION,
            CalleeKind.OPERATOR,
            CalleeKind.GRAPH,
            CalleeKind.DEPTH,
        ):
            rate = next((k.value for k in node.keywords if k.arg == known.rate), None)
            if not (isinstance(rate, ast.Constant) and not rate.value):
                return Layers.DROPOUT
        if name in _MODE_FUNCTIONS:
            return _MODE_FUNCTIONS[name]
    return _drawn_by(facts, function)


def _drawn_by(facts: ClassModel, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Layers | None:
    """Dropout that the project wrote itself: under ``if self.training``, ``function`` draws who stays."""
    tests = [node.test for node in ast.walk(function) if isinstance(node, (ast.If, ast.IfExp))]
    if not any(attribute_of_self(part) == "training" for test in tests for part in ast.walk(test)):
        return None
    drawn = {last_name(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)} & DRAWS_UNIFORMLY
    if not drawn:
        return None
    return Layers.DROPOUT if "drop" in facts.node.name.lower() else Layers.OTHER


_MARK = (PROGRAM, Slot.MADE_A_DEPENDENT_LAYER)  # at a join point it is true if it is true on both paths
_YES = Const(True)


def start_query(state: State, *, already: bool) -> Value:
    """From here on, note whether every path makes a layer that depends on the mode; ``already``: there is one.

    Returns what an outer query has seen: give it to `end_query`.
    """
    around = state.shared.get(_MARK, _YES)
    state.share(*_MARK, Const(already))
    return around


def made_one(state: State) -> None:
    """A layer that depends on the mode is made here."""
    if state.shared.get(_MARK, _YES) != _YES:
        state.share(*_MARK, _YES)


def end_query(state: State, around: Value) -> bool:
    """Whether such a layer was made on every path since `start_query`; the outer query goes on."""
    is_certain = state.shared[_MARK] == _YES
    if not is_certain:
        state.share(*_MARK, around)
    return is_certain
