"""The classes of a file: is one an `nn.Module`, what does it define and store, and what runs when it is called?

A class is a module if one of its bases is proved to be one: torch's own, one that a knowledge file names, a class of
the project, found through imports, or a name to which the file assigns module classes of torch and nothing else, as in
``Base = nn.Module`` and, under a condition, ``Base = torch.jit.ScriptModule``.  Names alone prove nothing.

`Classes` answers for one file and keeps a `ClassModel` for each class; `names_a_module` and `name_of_base` decide what
a single base is.
"""

from __future__ import annotations

import ast
import re
from functools import cached_property

from dropout_lint.knowledge import Knowledge
from dropout_lint.semantic.attribute_stores import AttributeStore, stores_in
from dropout_lint.semantic.names import names_of
from dropout_lint.semantic.project import project_of
from dropout_lint.semantic.single_mode import runs_in_training_only
from dropout_lint.syntax.node_tests import Function, is_receiver, is_super_call
from dropout_lint.syntax.source import SourceFile

_TORCH_LAYER = re.compile(
    r"torch\.nn\.(?!Parameter$|Buffer$|UninitializedParameter$)[A-Z]\w*"
    r"|torch\.nn\.modules\.\w+\._[A-Z]\w*"  # `_BatchNorm`, `_DropoutNd`, `_ConvNd`: bases that people derive from
)
_ENTRIES = frozenset({"forward", "__call__"})
_MOST_BASES = 16  # depth of inheritance to follow; an end for cycles


class ClassModel:
    """What is known of one class.  Made by `Classes`, which keeps them."""

    def __init__(self, classes: Classes, node: ast.ClassDef) -> None:
        self._classes = classes
        self.source = classes.source
        self.node = node
        self._mentioned: dict[tuple[Function, bool], set[str]] = {}

    @cached_property
    def base_names(self) -> tuple[str | None, ...]:
        """The dotted names of the bases; None where one is not certain or is defined in this file."""
        return tuple(name_of_base(without_subscript(base), self.source) for base in self.node.bases)

    @cached_property
    def bases(self) -> tuple[ClassModel | None, ...]:
        """The facts of the bases; None for those outside the project."""
        return tuple(self._classes.named(without_subscript(base)) for base in self.node.bases)

    @cached_property
    def ancestry(self) -> tuple[ClassModel, ...]:
        """The class itself, then its bases in the order in which methods are looked up, as far as they are found."""
        found: list[ClassModel] = []
        self._collect(found, _MOST_BASES)
        return tuple(found)

    def _collect(self, found: list[ClassModel], depth: int) -> None:
        if self in found or depth == 0:
            return
        found.append(self)
        for base in self.bases:
            if base is not None:
                base._collect(found, depth - 1)

    @cached_property
    def library_bases(self) -> tuple[str, ...]:
        """The dotted names of all bases, direct or not, that are outside the project."""
        return tuple(
            name
            for facts in self.ancestry
            for name, base in zip(facts.base_names, facts.bases)
            if base is None and name is not None
        )

    @cached_property
    def is_module(self) -> bool:
        """Whether this is certainly a `torch.nn.Module`."""
        return any(names_a_module(name, self.source.knowledge) for name in self.library_bases)

    @cached_property
    def is_closed(self) -> bool:
        """Whether every base was found or is `nn.Module` itself or ``object``, so that no method or attribute is out
        of sight.
        """
        return all(
            base is not None
            or name == "torch.nn.Module"
            or (isinstance(node, ast.Name) and node.id in ("object", "ABC"))
            for facts in self.ancestry
            for name, base, node in zip(facts.base_names, facts.bases, facts.node.bases)
        )

    @cached_property
    def adds_alone(self) -> bool:
        """Whether nobody but this class and those that were found can know the attributes that it adds: every other
        base is a plain base class of a library, which does not look for attributes that it never heard of.
        """
        return all(
            base is not None
            or name == "torch.nn.Module"
            or (name is not None and (self.source.knowledge.module(name) is not None or _is_transformers_base(name)))
            or (isinstance(node, ast.Name) and node.id in ("object", "ABC"))
            for facts in self.ancestry
            for name, base, node in zip(facts.base_names, facts.bases, facts.node.bases)
        )

    @cached_property
    def methods(self) -> dict[str, Function]:
        """The methods and properties that this class itself defines; of two with one name the last."""
        return {node.name: node for node in self.node.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}

    def method(self, name: str) -> tuple[ClassModel, Function] | None:
        """The method called ``name`` and the class that defines it, own ones first."""
        for facts in self.ancestry:
            if name in facts.methods:
                return facts, facts.methods[name]
        return None

    @cached_property
    def _own_stores(self) -> dict[str, tuple[AttributeStore, ...]]:
        stores: dict[str, tuple[AttributeStore, ...]] = {}
        for store in stores_in(self.node):
            stores[store.attribute] = (*stores.get(store.attribute, ()), store)
        return stores

    def stores(self, attribute: str) -> tuple[tuple[ClassModel, AttributeStore], ...]:
        """Every assignment to ``attribute``, in this class and its bases."""
        return tuple((facts, store) for facts in self.ancestry for store in facts._own_stores.get(attribute, ()))

    @cached_property
    def stored_names(self) -> tuple[str, ...]:
        """The attributes that this class itself assigns, sorted."""
        return tuple(sorted(self._own_stores))

    @cached_property
    def subclasses(self) -> tuple[ClassModel, ...]:
        """The classes of this file that derive from this one, directly or not."""
        return tuple(other for other in self._classes.all if other is not self and self in other.ancestry)

    @cached_property
    def reached(self) -> frozenset[str]:
        """The methods of this class that run when it, or a subclass in this file, is called at inference."""
        return frozenset(name for facts in (self, *self.subclasses) for name in facts._reached_from_entries())

    @cached_property
    def reached_in_evaluation(self) -> frozenset[str]:
        """Those that are `reached` on a way that is not for training only."""
        family = (self, *self.subclasses)
        return frozenset(name for facts in family for name in facts._reached_from_entries(ungated=True))

    def _reached_from_entries(self, *, ungated: bool = False) -> set[str]:
        entries = set(_ENTRIES)
        for base in self.library_bases:
            known = self.source.knowledge.module(base)
            if known is not None:
                entries |= known.entries
        seen: set[str] = set()
        todo = sorted(entries)
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            for facts in self.ancestry:
                if name in facts.methods:
                    todo.extend(sorted(facts._mentions(facts.methods[name], ungated) - seen))
        return seen

    def _mentions(self, function: Function, ungated: bool) -> set[str]:
        """The attributes of ``self`` and of ``super()`` that ``function`` names, in nested functions too."""
        key = (function, ungated)
        if key not in self._mentioned:  # needed for every class that derives from this one
            self._mentioned[key] = {
                node.attr
                for node in ast.walk(function)
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
                if is_receiver(node.value) or is_super_call(node.value)
                if not (ungated and runs_in_training_only(self.source, node))
            }
        return self._mentioned[key]


class Classes:
    """The classes of one file, and the way to those that it imports."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self._facts: dict[ast.ClassDef, ClassModel] = {}
        self._around: dict[ast.AST, tuple[ast.ClassDef, ast.AST] | None] = {}

    @cached_property
    def all(self) -> tuple[ClassModel, ...]:
        """The classes at the top of the file, also under ``if`` and ``try``, in the order of the text."""
        bindings = names_of(self.source).bindings_in(self.source.tree).by_name.values()
        nodes = [binding.node for found in bindings for binding in found if isinstance(binding.node, ast.ClassDef)]
        return tuple(self.facts(node) for node in sorted(nodes, key=lambda node: node.lineno))

    def facts(self, node: ast.ClassDef) -> ClassModel:
        """What is known of the class defined by ``node``, which must be of this file."""
        if node not in self._facts:
            if node in self.source.tree.body:  # spares a walk through the whole class to find the parents of its bases
                self.source.adopt(node, self.source.tree)
                for base in node.bases:
                    self.source.adopt(base, node)
                    for part in ast.walk(base):
                        for child in ast.iter_child_nodes(part):
                            self.source.adopt(child, part)
            self._facts[node] = ClassModel(self, node)
        return self._facts[node]

    def release_from(self, source: SourceFile) -> None:
        """Cut the cycles between the classes, for `SourceFile.release`."""
        for facts in self._facts.values():
            facts.__dict__.clear()
        self.__dict__.clear()

    def named(self, expression: ast.expr) -> ClassModel | None:
        """The class of the project that ``expression`` names; None if it is none, or not certain."""
        local = names_of(self.source).definition(expression)
        if isinstance(local, ast.ClassDef):
            return self.facts(local)
        dotted = names_of(self.source).resolve(expression)
        project = project_of(self.source)
        if dotted is None or project is None or dotted.startswith("torch."):
            return None
        found = project.definition(self.source, dotted)
        return (
            classes_of(found[0]).facts(found[1]) if found is not None and isinstance(found[1], ast.ClassDef) else None
        )

    def around(self, node: ast.AST) -> tuple[ClassModel, Function] | None:
        """The class and method whose body holds ``node``, nested functions looked through; None outside of methods."""
        found = self.source.first_above(node, self._around, _in_class)
        if found is None or not isinstance(found[1], (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
        return self.facts(found[0]), found[1]


def names_a_module(name: str, knowledge: Knowledge) -> bool:
    """Whether ``name``, dotted and of a library, is certainly a `torch.nn.Module` or a class of modules."""
    return _TORCH_LAYER.fullmatch(name) is not None or knowledge.module(name) is not None or _is_transformers_base(name)


def _is_transformers_base(name: str) -> bool:
    """``BertPreTrainedModel`` and its like: transformers names every base class of its models so, and nothing else
    (transformers 2.0 to 5.23: ``modeling_*.py``).
    """
    return name.startswith("transformers.") and name.endswith("PreTrainedModel")


def _in_class(child: ast.AST, above: ast.AST) -> tuple[ast.ClassDef, ast.AST] | None:
    return (above, child) if isinstance(above, ast.ClassDef) else None


def classes_of(source: SourceFile) -> Classes:
    """The classes of ``source``: the same object each time."""
    return source.extension(Classes)


_MODULES = frozenset({"torch.nn.Module", "torch.nn.modules.module.Module", "torch.jit.ScriptModule"})


def name_of_base(base: ast.expr, source: SourceFile) -> str | None:
    """The dotted name of ``base``, None if it is not certain; ``torch.nn.Module`` also for a name that ``source`` gives
    module classes of torch and nothing else.
    """
    known = names_of(source).resolve(base)
    if known is not None or not isinstance(base, ast.Name):
        return known
    choices = names_of(source).bindings_in(source.tree).by_name.get(base.id, ())
    names = [None if choice.value is None else names_of(source).resolve(choice.value) for choice in choices]
    return "torch.nn.Module" if names and _MODULES.issuperset(names) else None


def without_subscript(base: ast.expr) -> ast.expr:
    """``Generic[T]`` is a base called ``Generic``."""
    return base.value if isinstance(base, ast.Subscript) else base
