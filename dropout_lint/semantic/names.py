"""What a name means: the dotted name, the value or the definition behind it.

An own import map, because LibCST's QualifiedNameProvider costs ten times the parse and picks one of several bindings
by hash order.  Here a name means something only if every binding of it in its scope agrees; the one exception is ``X =
None``, the usual stand-in for an import that failed.  Nothing is imported or executed.
"""

from __future__ import annotations

import ast
import re
from functools import cached_property

from dropout_lint.knowledge.torch_api import STAR_EXPORTS, canonical, handed_on_by_star
from dropout_lint.syntax.node_tests import Function
from dropout_lint.syntax.scopes import Binding, BindingKind, Bindings, ScopeNode, bindings_of, scope_of
from dropout_lint.syntax.source import SourceFile

_GLOBAL = re.compile(r"^[ \t]*global\b(.*)", re.MULTILINE)
_HANDED_ON = re.compile(r"[\w.]*?\.(?:torch|nn|F|functional)(?=\.|$)")
_MOST_STEPS = 12  # of aliases to follow, `a = b; b = c; ...`: enough for people, and an end for cycles


class StarImports:
    """Follows the star imports of a file into other files; attached to the file by the project around it."""

    def meaning(self, source: SourceFile, name: str) -> str | None:
        """The dotted name, as an import into ``source`` would spell it, of what a star import binds to ``name``, which
        nothing else in ``source`` binds; None if it is not certain.
        """
        raise NotImplementedError

    def reexported(self, source: SourceFile, dotted: str) -> str | None:
        """The name in a library of what ``dotted``, imported into ``source``, means, if a file of the project only
        hands it on; None if it does not, or if that is not certain.
        """
        raise NotImplementedError


class NameResolver:
    """Resolves names of one file.  Answers are None whenever the code leaves a doubt."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._bindings: dict[ast.AST, Bindings] = {}
        self._global_names: frozenset[str] | None = None
        self._handed_on: dict[str, str | None] = {}
        self._meanings: dict[tuple[ScopeNode, str, int], str | None] = {}

    def resolve(self, expression: ast.expr, steps: int = _MOST_STEPS) -> str | None:
        """The dotted name that ``expression`` means, such as ``torch.nn.Dropout``; None if it is not certain."""
        attributes: list[str] = []
        while isinstance(expression, ast.Attribute):
            attributes.append(expression.attr)
            expression = expression.value
        if not isinstance(expression, ast.Name) or steps == 0:
            return None
        root = self._resolve_name(expression, steps)
        if root is None:
            return None
        dotted = canonical(".".join([root, *reversed(attributes)]))
        return dotted if dotted.startswith("torch.") else self._through_project(dotted)

    def _through_project(self, dotted: str) -> str:
        """``dotted``, but by torch's own name where a file of the project hands torch on: ``from .compat import nn``.

        Only what is called as everybody calls it is followed: to look for each name in each file would be costly.
        """
        handed_on = _HANDED_ON.match(dotted)
        others = None if handed_on is None else self._source.attached(StarImports)
        if handed_on is None or others is None:
            return dotted
        if handed_on[0] not in self._handed_on:
            self._handed_on[handed_on[0]] = None  # while it is being looked for
            self._handed_on[handed_on[0]] = others.reexported(self._source, handed_on[0])
        known = self._handed_on[handed_on[0]]
        return dotted if known is None else canonical(f"{known}{dotted[handed_on.end() :]}")

    def bindings(self, name: ast.Name) -> tuple[Binding, ...]:
        """Every binding of ``name`` in the scope that it belongs to; empty if nothing in the file binds it."""
        return self.lookup(name.id, name)[1]

    def lookup(self, name: str, place: ast.AST) -> tuple[ScopeNode, tuple[Binding, ...]]:
        """The scope that ``name``, read at ``place``, belongs to, and its bindings there."""
        scope = scope_of(self._source, place)
        innermost = True
        while not isinstance(scope, ast.Module):
            bindings = self.bindings_in(scope)
            if name in bindings.global_names:
                break
            # A class body sees its own names; its methods do not.
            if name in bindings.by_name and (innermost or not isinstance(scope, ast.ClassDef)):
                return scope, bindings.by_name[name]
            innermost = False
            scope = scope_of(self._source, scope)
        return self._source.tree, self.bindings_in(self._source.tree).by_name.get(name, ())

    def bindings_in(self, scope: ScopeNode) -> Bindings:
        """All that ``scope`` binds."""
        if scope not in self._bindings:
            self._bindings[scope] = bindings_of(scope, walrus=self._has_walrus)
        return self._bindings[scope]

    @cached_property
    def _has_walrus(self) -> bool:
        return ":=" in self._source.text

    def definition(self, expression: ast.expr) -> ast.ClassDef | Function | None:
        """The class or function of this file that ``expression`` names, if it is certain."""
        if not isinstance(expression, ast.Name):
            return None
        bindings = self.bindings(expression)
        if len(bindings) == 1 and isinstance(bindings[0].node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            return bindings[0].node
        return None

    def _resolve_name(self, name: ast.Name, steps: int) -> str | None:
        scope, bindings = self.lookup(name.id, name)
        if not bindings:
            return self._from_star(name.id)
        if isinstance(scope, ast.Module) and self.rebound_from_below(name.id):
            return None
        key = (
            scope,
            name.id,
            steps,
        )  # by steps too: names that are assigned to each other would be tried in every order
        if key not in self._meanings:
            meanings = {self._meaning(binding, steps) for binding in bindings if not binding.is_none}
            self._meanings[key] = meanings.pop() if len(meanings) == 1 else None
        return self._meanings[key]

    def _meaning(self, binding: Binding, steps: int) -> str | None:
        if binding.kind is BindingKind.IMPORT:
            return binding.dotted
        if binding.kind is BindingKind.ASSIGNMENT and isinstance(binding.value, (ast.Name, ast.Attribute)):
            return self.resolve(binding.value, steps - 1)
        return None

    def _from_star(self, name: str) -> str | None:
        """A name that nothing binds may come from a star import: of torch, or of a file of the project."""
        modules = self.bindings_in(self._source.tree).star_imports
        if any(module not in STAR_EXPORTS for module in modules):
            others = self._source.attached(StarImports)
            found = None if others is None else others.meaning(self._source, name)
            handed_on = (handed_on_by_star(module, name) for module in modules)
            return found or next((torch for torch in handed_on if torch is not None), None)
        exporting = [module for module in modules if name in STAR_EXPORTS[module]]
        return f"{exporting[-1]}.{name}" if exporting else None

    def rebound_from_below(self, name: str) -> bool:
        """Whether some function declares ``global name`` and so may give a module-level name another meaning."""
        if self._global_names is None:
            declared = _GLOBAL.findall(self._source.text) if "global" in self._source.text else []
            self._global_names = frozenset(word for words in declared for word in re.findall(r"\w+", words))
        return name in self._global_names


def names_of(source: SourceFile) -> NameResolver:
    """What names mean in ``source``: the same object each time."""
    return source.extension(NameResolver)
