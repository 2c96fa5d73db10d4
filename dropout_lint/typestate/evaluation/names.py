"""What names resolve to, and how they get their values."""

from __future__ import annotations

import ast

from dropout_lint.knowledge.torch_api import canonical, handed_on_by_star
from dropout_lint.semantic.classes import classes_of
from dropout_lint.semantic.names import names_of
from dropout_lint.semantic.project import project_of
from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.domain.bounds import one_of, tuple_of
from dropout_lint.typestate.domain.collections import element_of, put
from dropout_lint.typestate.domain.evaluator import Evaluator
from dropout_lint.typestate.domain.frames import Frame
from dropout_lint.typestate.domain.state import State
from dropout_lint.typestate.domain.values import (
    DUMMY,
    UNKNOWN,
    AbstractObject,
    ClassValue,
    Const,
    Dotted,
    FunctionValue,
    ObjectKind,
    ParameterList,
    Tuple_,
    Union,
    Unknown,
    Value,
    alternatives,
    may_hold,
    objects,
)
from dropout_lint.typestate.models.frozen_parameters import set_requires_grad


class _Settled(Table[str, Value]):
    """What names resolve to in a file, whatever the state."""


class _Defined(Table[str, Value]):
    """What a file itself gives its names."""


class _Imported(Table[str, Value]):
    """What dotted names mean in a file."""


class NameEvaluator:
    """Looks names up, and binds them, for an `Evaluator`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def value(self, name: str, state: State, frame: Frame) -> Value:
        """What ``name`` resolves to in ``frame``."""
        if name in state.local:
            return state.local[name]
        bindings = frame.bindings
        if bindings is not None and name in bindings.by_name and name not in bindings.global_names:
            return UNKNOWN  # a name of this function that got no value on the way here
        if name in frame.closure:
            return frame.closure[name]
        shared = state.shared.get((frame.source.filename, name))
        if shared is not None:
            return shared
        settled = frame.source.extension(_Settled)
        if name in settled:
            return settled[name]
        if name == "__name__":
            return Const("__main__") if frame.source is self._evaluator.root else Const(frame.source.filename)
        found = self.defined(frame.source, name)
        if found is UNKNOWN and frame.source is self._evaluator.root:
            return UNKNOWN
        if found is UNKNOWN:
            return self._evaluator.own_name(frame.source, name, state)
        if isinstance(found, Dotted) and self._evaluator.place(found) is not None:
            return self._evaluator.imported(found, state)
        settled[name] = found
        return found

    def defined(self, source: SourceFile, name: str) -> Value:
        """What the module ``source`` gives ``name``, as far as that can be told without running it."""
        known = source.extension(_Defined)
        if name not in known:
            known[name] = UNKNOWN  # for files that import each other
            known[name] = self._defined(source, name)
        return known[name]

    def _defined(self, source: SourceFile, name: str) -> Value:
        bindings = names_of(source).bindings_in(source.tree)
        found = bindings.by_name.get(name, ())
        values: list[Value] = []
        for binding in found:
            if isinstance(binding.node, ast.ClassDef):
                values.append(ClassValue(classes_of(source).facts(binding.node)))
            elif isinstance(binding.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                values.append(FunctionValue(source, binding.node))
            elif binding.kind is BindingKind.IMPORT and binding.dotted is not None:
                values.append(self.dotted(source, canonical(binding.dotted)))
            elif binding.kind is BindingKind.ASSIGNMENT and isinstance(binding.value, ast.Constant) and len(found) == 1:
                literal = binding.value.value
                return Const(literal) if isinstance(literal, (bool, int, float, str)) or literal is None else UNKNOWN
            elif not binding.is_none:
                return UNKNOWN
        if values:
            return one_of(values)
        return UNKNOWN if found else self._let_in(source, name)

    def _let_in(self, source: SourceFile, name: str) -> Value:
        """What a star import gives ``name``, which nothing in ``source`` binds; else what Python does."""
        stars = names_of(source).bindings_in(source.tree).star_imports
        project = project_of(source) if stars else None
        exports = () if project is None else project.exports.find(source, name).exports
        if len(exports) > 1:
            return UNKNOWN
        for export in exports:
            if export.dotted is not None:
                return self.dotted(export.source, export.dotted)
            value = self.defined(export.source, export.name)
            return Dotted(source, f"builtins.{name}") if value is UNKNOWN else value  # `place` finds it by that name
        for star in stars:
            if (handed_on := handed_on_by_star(star, name)) is not None:
                return Dotted(source, handed_on)
        torch = next((star for star in stars if star.partition(".")[0] == "torch"), None)
        return Dotted(source, f"builtins.{name}" if torch is None else canonical(f"{torch}.{name}"))

    def dotted(self, source: SourceFile, name: str) -> Value:
        """The definition of the project that ``name``, imported into ``source``, leads to; else the name itself."""
        known = source.extension(_Imported)
        if name not in known:
            known[name] = self._resolve(source, name)
        return known[name]

    def _resolve(self, source: SourceFile, name: str) -> Value:
        level = len(name) - len(name.lstrip("."))
        project = project_of(source)
        if project is not None and (level or "." in name) and not name.startswith(("torch.", "builtins.")):
            found = project.definition(source, name)
            if found is not None:
                where, node = found
                return (
                    ClassValue(classes_of(where).facts(node))
                    if isinstance(node, ast.ClassDef)
                    else FunctionValue(where, node)
                )
        return Dotted(source, name)

    def bind(self, target: ast.expr, value: Value, state: State, frame: Frame) -> None:
        """Give ``target`` its ``value``."""
        if isinstance(target, ast.Name):
            bindings = frame.bindings
            if isinstance(frame.node, ast.Module) or (bindings is not None and target.id in bindings.global_names):
                state.share(frame.source.filename, target.id, value)
            else:
                state.local[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part, item in zip(target.elts, self._unpacked(value, target.elts, state)):
                self.bind(part, item, state, frame)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, value if isinstance(value, (Tuple_, Unknown)) else UNKNOWN, state, frame)
        elif isinstance(target, ast.Attribute):
            holder = self._evaluator.value(target.value, state, frame)
            self._store(holder, target.attr, value, state)
            if target.attr == "requires_grad":
                for one in alternatives(holder):
                    if isinstance(one, ParameterList):
                        set_requires_grad(one, value, target, state, frame, self._evaluator)
        elif isinstance(target, ast.Subscript):
            self._store_item(target, value, state, frame)

    def _unpacked(self, value: Value, targets: list[ast.expr], state: State) -> list[Value]:
        star = next((index for index, target in enumerate(targets) if isinstance(target, ast.Starred)), None)
        if isinstance(value, Tuple_) and star is None and len(value.items) == len(targets):
            return list(value.items)
        if isinstance(value, Tuple_) and star is not None and len(value.items) >= len(targets) - 1:
            after = len(targets) - star - 1
            middle = value.items[star : len(value.items) - after]
            return [*value.items[:star], tuple_of(middle), *value.items[len(value.items) - after :]]
        if isinstance(value, ParameterList):  # `for name, parameter in model.named_parameters()`
            return [value for _ in targets]
        if isinstance(value, Union):
            rows = [self._unpacked(item, targets, state) for item in value.items]
            return [one_of(column, each=value.each) for column in zip(*rows)]
        if isinstance(value, AbstractObject) and value.kind is ObjectKind.LIST:
            element = element_of(value, state)
            return [Union(element.items) if isinstance(element, Union) else element for _ in targets]
        return [value if isinstance(value, Unknown) else UNKNOWN for _ in targets]

    def _store(self, holder: Value, name: str, value: Value, state: State) -> None:
        if isinstance(holder, AbstractObject):
            state.store(holder, name, value)
        elif isinstance(holder, Union):
            for one in objects(holder):
                held = state.get(one, name)
                state.store(one, name, value if held is None else one_of((held, value)))
        elif isinstance(holder, ClassValue):
            self._evaluator.store_in_class(holder.facts, name, value, state)
        else:
            state.escaped |= frozenset(may_hold(value))

    def _store_item(self, target: ast.Subscript, value: Value, state: State, frame: Frame) -> None:
        holder = self._evaluator.value(target.value, state, frame)
        index = self._evaluator.value(target.slice, state, frame)
        if not isinstance(holder, AbstractObject):
            state.escaped |= frozenset(may_hold(value))
            if holder is DUMMY and not (value is DUMMY or isinstance(value, Const)):
                self.bind(target.value, UNKNOWN, state, frame)  # a buffer that is filled with something real
            return
        put(holder, index, value, state)
