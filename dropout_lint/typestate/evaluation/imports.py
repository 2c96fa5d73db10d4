"""Module-level names of other files that are neither classes nor functions; models of a file by a computed name.

A table of classes, ``MODELS = {"small": Small}``, is read where it is.  A file whose name stands for a module that
it makes when it is imported, ``model = Net()``, is run as an import runs it.
"""

from __future__ import annotations

import ast
import builtins
import itertools
from collections.abc import Iterator

from dropout_lint.knowledge.torch_api import canonical
from dropout_lint.semantic.classes import classes_of
from dropout_lint.semantic.names import names_of
from dropout_lint.semantic.project import module_of, project_of
from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.bounds import one_of
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame
from dropout_lint.typestate.domain.slots import Slot
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import UNKNOWN, ClassValue, Const, Dotted, FunctionValue, Value

_BUILTINS = frozenset(dir(builtins))
_DISPLAYS = (ast.Dict, ast.List, ast.Tuple, ast.Set)
_MOST_STATEMENTS = 200  # of a file that is run because somebody imports it
_MOST_FILES = 8  # to choose from by name
_MOST_OFFERED = 12  # models to choose from by name; each is built
_MOST_STARS = 3  # star imports that lead on to others
_MOST_NAMES = 50  # classes and functions among which these models are
_MOST_BOUND = 150  # names of a file to look at for them
_MOST_STARRED = 8  # star imports of one file to look through


class _Places(Table[str, "tuple[SourceFile, str] | None"]):
    """Where the names that a file imports get their values."""


class _Opaque(Table[str, None]):
    """The names of the top level of a file that nothing is known of."""


class _Offered:
    """The models that a file offers, one of them; None while nobody has asked."""

    def __init__(self, owner: SourceFile) -> None:
        self.value: Value | None = None


class ImportEvaluator:
    """Looks up what other files define, for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def imported(self, found: Dotted, state: State) -> Value:
        """What ``found`` resolves to, if it is a module-level name of a file of the project; else ``found`` itself."""
        place = self.place(found)
        value = UNKNOWN if place is None else self.own(*place, state)
        return found if value is UNKNOWN else value

    def place(self, found: Dotted) -> tuple[SourceFile, str] | None:
        """The file of the project whose module-level name ``found`` is, and that name; None for all else."""
        source, name = found.source, found.name
        bare = name.removeprefix("builtins.")  # by no other name of the file: it may come out of a star import
        project = project_of(source)
        if project is None or name.startswith("torch.") or bare in _BUILTINS:
            return None
        known = source.extension(_Places)
        if name not in known:
            exports = project.exports
            export = exports.of(source, name) if bare == name else exports.find(source, bare).export
            known[name] = None if export is None or export.dotted is not None else (export.source, export.name)
        return known[name]

    def own(self, source: SourceFile, name: str, state: State) -> Value:
        """What the file ``source`` gives ``name`` when it is imported."""
        held = state.shared.get((source.filename, name))
        if held is not None or name in source.extension(_Opaque):
            return UNKNOWN if held is None else held
        value = self._made(source, name, state)
        if value is UNKNOWN:
            source.extension(_Opaque)[name] = None
        return value

    def evaluated(self, node: ast.expr, source: SourceFile, state: State) -> Value:
        """What ``node`` resolves to at the top level of ``source``."""
        local, state.local = state.local, {}
        value = self._evaluator.value(node, state, Frame(source, source.tree))
        state.local = local
        return value

    def _made(self, source: SourceFile, name: str, state: State) -> Value:
        bindings = names_of(source).bindings_in(source.tree).by_name.get(name, ())
        if not bindings or any(binding.kind is not BindingKind.ASSIGNMENT for binding in bindings):
            return UNKNOWN
        values = [binding.value for binding in bindings if binding.value is not None and not binding.is_none]
        if len(values) == 1 and isinstance(values[0], ast.Constant):
            literal = self.evaluated(values[0], source, state)
            return UNKNOWN if isinstance(literal, Const) and isinstance(literal.value, bool) else literal  # a setting
        if len(values) == 1 and isinstance(values[0], _DISPLAYS):
            if not (values[0].keys if isinstance(values[0], ast.Dict) else values[0].elts):
                if any(self._makes_model(filling, source, state) for filling in _fillings(source, name)):
                    self._run(source, state)
                return state.shared.get((source.filename, name), UNKNOWN)  # filled by code that may be anywhere
            value = self.evaluated(values[0], source, state)
            state.share(source.filename, name, value)
            return value
        if any(self._makes_model(value, source, state) for value in values):
            self._run(source, state)
            return state.shared.get((source.filename, name), UNKNOWN)
        return UNKNOWN

    def _makes_model(self, node: ast.expr, source: SourceFile, state: State) -> bool:
        """Whether ``node``, at the top level of ``source``, makes something that may be a module or hold one."""
        while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if not isinstance(node.func.value, ast.Call):
                break
            node = node.func.value  # `Net().to(device)`
        if not isinstance(node, ast.Call):
            return False
        callee = self.evaluated(node.func, source, state)
        if isinstance(callee, ClassValue):
            return callee.facts.is_module or "torch" in callee.facts.source.text
        if isinstance(callee, FunctionValue):
            return "torch" in callee.source.text
        return isinstance(callee, Dotted) and (
            callee.name.startswith(("torch.nn.", "torch.load", "torch.hub.", "torch.jit.", "torch.compile"))
            or source.knowledge.factory(callee.name) is not None
        )

    def _run(self, source: SourceFile, state: State) -> None:
        if source is self._evaluator.root or (source.filename, Slot.IS_IMPORTED) in state.shared:
            return
        state.share(source.filename, Slot.IS_IMPORTED, Const(True))
        if len(source.tree.body) > _MOST_STATEMENTS:
            return
        entry = state.copy()
        entry.local, entry.grad = {}, True
        end = self._evaluator.run_module(source, entry)
        if end is not None:
            state.take_over(end)

    def offered(self, value: Value) -> Value:
        """One of the models that the file ``value`` offers: ``getattr(models, name)``, ``models.__dict__[name]``."""
        if not isinstance(value, Dotted):
            return UNKNOWN
        source = value.source
        if value.name == "torchvision.models":
            return Dotted(source, f"{value.name}.*")
        module = module_of(source, value.name)
        return UNKNOWN if module is None else self.offered_by(module)

    def module_by_name(self, node: ast.expr, name: Value, source: SourceFile) -> Value:
        """What ``import_module(name)`` returns: one of the files in a folder, if the name says which folder."""
        if isinstance(name, Const) and isinstance(name.value, str):
            return Dotted(source, name.value)
        parts = [node.left] if isinstance(node, ast.BinOp) else node.values if isinstance(node, ast.JoinedStr) else []
        start = parts[0] if parts else None
        if not isinstance(start, ast.Constant) or not str(start.value).endswith("."):
            return UNKNOWN
        package = str(start.value)
        project = project_of(source)
        names = () if project is None else project.modules_beside(source.filename, package)
        files = [name.removesuffix(".py") for name in names if name.endswith(".py") and not name.startswith("_")]
        return one_of(Dotted(source, package + file) for file in files) if len(files) <= _MOST_FILES else UNKNOWN

    def offered_by(self, source: SourceFile) -> Value:
        """One of the models that can be built from what ``source`` names at its top level."""
        known = source.extension(_Offered)
        if known.value is None:
            offers = itertools.islice(self._offers(source, _MOST_STARS), _MOST_NAMES + 1)
            found = list(dict.fromkeys(offers))
            if len(found) > _MOST_NAMES:
                found = []  # a library of models
            used = {name for offer in found for name in _names_in(offer)}
            chosen = [offer for offer in found if _name(offer) not in used or isinstance(offer, FunctionValue)]
            known.value = one_of(chosen) if 0 < len(chosen) <= _MOST_OFFERED else UNKNOWN
        return known.value

    def _offers(self, source: SourceFile, stars: int) -> Iterator[Value]:
        bindings = names_of(source).bindings_in(source.tree)
        if len(bindings.by_name) > _MOST_BOUND or len(_stars(source)) > _MOST_STARRED:
            return  # a library of models: each name would have to be looked up in a file of its own
        for name, each in bindings.by_name.items():
            if name.startswith("_") or any(
                binding.kind not in (BindingKind.DEFINITION, BindingKind.IMPORT) for binding in each
            ):
                continue
            value = self._evaluator.defined(source, name)
            if _builds_model(value):
                yield value
        for star in _stars(source) if stars else ():
            module = module_of(source, canonical(star))
            if module is not None:
                yield from self._offers(module, stars - 1)


def _fillings(source: SourceFile, name: str) -> Iterator[ast.expr]:
    """What statements at the top level of ``source`` put into ``name``: ``name["model"] = ...``."""
    for statement in source.tree.body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and target.value.id == name:
                    yield statement.value


def _stars(source: SourceFile) -> list[str]:
    return names_of(source).bindings_in(source.tree).star_imports


def _builds_model(value: Value) -> bool:
    """Whether ``value`` is a class of modules, or a function that returns one: it speaks of such a class."""
    if isinstance(value, ClassValue):
        return value.facts.is_module
    if not isinstance(value, FunctionValue) or isinstance(value.node, ast.Lambda):
        return False
    if not any(isinstance(p, ast.Return) and isinstance(p.value, (ast.Call, ast.Name)) for p in value.node.body):
        return False
    return any(isinstance(part, ast.Name) and _is_module_class(part, value.source) for part in ast.walk(value.node))


def _is_module_class(node: ast.Name, source: SourceFile) -> bool:
    facts = classes_of(source).named(node)
    return facts is not None and facts.is_module


def _name(value: Value) -> str:
    node = value.facts.node if isinstance(value, ClassValue) else getattr(value, "node", None)
    return getattr(node, "name", "")


def _names_in(value: Value) -> set[str]:
    """The names that the code of ``value`` uses, without its own."""
    node = (
        value.facts.node if isinstance(value, ClassValue) else value.node if isinstance(value, FunctionValue) else None
    )
    if node is None:
        return set()
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} - {_name(value)}
