"""What an expression may stand for: objects, functions, classes, constants, and the honest "we do not know"."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from dropout_lint.classes import ClassFacts
from dropout_lint.extensions import Table
from dropout_lint.source import Source

_MOST_VALUES = 24  # alternatives of one value; beyond, it is unknown


class Kind(Enum):
    """What an object is to us."""

    MODULE = "module"
    INSTANCE = "instance"  # of a class of the project that is no module, such as a trainer
    OPTIMIZER = "optimizer"
    LIST = "list"  # list, set, dict or generator: its elements are one joined value

    __hash__ = object.__hash__  # there is one of each; an Enum hashes its name, in Python


class Unknown:
    """Anything at all."""

    def __repr__(self) -> str:
        return "?"


class Inert:
    """A module or tensor function without a mode, such as ``nn.Linear``."""

    def __repr__(self) -> str:
        return "inert"


class Dummy:
    """A made-up tensor, such as ``torch.randn(1, 3, 224, 224)``."""

    def __repr__(self) -> str:
        return "dummy"


UNKNOWN, INERT, DUMMY = Unknown(), Inert(), Dummy()


@dataclass(frozen=True, slots=True)
class Const:
    """A literal."""

    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Dotted:
    """Something that ``source`` imports, or an attribute of it, by its dotted name."""

    source: Source
    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function, method or lambda of the project, perhaps bound to an object."""

    source: Source
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    owner: ClassFacts | None = None  # the class whose body it stands in
    receiver: Value | None = None
    closure: Mapping[str, Value] = field(default_factory=dict, compare=False)
    definer: ast.AST | None = field(default=None, compare=False)  # the function it is nested in
    given: tuple[Value, ...] = ()  # positional arguments that `functools.partial` bound
    named: tuple[tuple[str, Value], ...] = ()  # and keywords
    is_bare: bool = False  # what its decorators are given, as against what they make of it

    @property
    def is_nested(self) -> bool:
        """Whether it stands in another function, whose names it may read."""
        return self.definer is not None and not isinstance(self.definer, ast.Module)


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the project."""

    facts: ClassFacts


@dataclass(frozen=True, slots=True, eq=False)
class Obj:
    """An object, named by the place that makes it and the calls that led there: see `made_object`.

    ``part`` names a part of ``parent`` that nothing in the code was seen to store: ``model.layer1`` of a library's
    model.
    """

    kind: Kind
    source: Source
    node: ast.AST
    stack: tuple[ast.AST, ...] = ()
    facts: ClassFacts | None = None  # its class, if that is of the project
    library: str = ""  # the dotted name of its class or factory, if that is of a library
    parent: Obj | None = None
    part: str = ""

    def __repr__(self) -> str:
        name = self.facts.node.name if self.facts else self.library
        return f"<{name or self.kind.value}:{getattr(self.node, 'lineno', 0)}{'.' + self.part if self.part else ''}>"


class _Objects(Table[Hashable, Obj]):
    """The objects that the code of a file makes, by what tells them apart."""


def made_object(
    kind: Kind,
    source: Source,
    node: ast.AST,
    stack: tuple[ast.AST, ...] = (),
    facts: ClassFacts | None = None,
    library: str = "",
) -> Obj:
    """The object that ``node`` makes when it is reached through ``stack``: always the same one."""
    key, known = (kind, node, stack, facts, library), source.extension(_Objects)
    if key not in known:
        known[key] = Obj(kind, source, node, stack, facts, library)
    return known[key]


def part_of(parent: Obj, name: str) -> Obj:
    """The part of ``parent`` called ``name``: always the same object."""
    source, key = parent.source, (parent, name)
    known = source.extension(_Objects)
    if key not in known:
        known[key] = Obj(Kind.MODULE, source, parent.node, parent.stack, None, parent.library, parent, name)
    return known[key]


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of some modules: ``model.parameters()``."""

    owners: tuple[Obj, ...]


@dataclass(frozen=True, slots=True)
class Tuple_:
    """A tuple whose length is known."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Many:
    """One of several values; with ``each``, every one of them in turn, as in a loop over a tuple of models.

    The items, each once, keep the order in which they were met: a set's order would change from run to run.
    """

    items: tuple[Value, ...]
    each: bool = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Many) and self.each is other.each and set(self.items) == set(other.items)

    def __hash__(self) -> int:
        return hash((frozenset(self.items), self.each))


Value = Unknown | Inert | Dummy | Const | Dotted | Function | Class | Obj | Parameters | Tuple_ | Many


def alternatives(value: Value) -> tuple[Value, ...]:
    """What ``value`` may be, one by one."""
    return value.items if isinstance(value, Many) else (value,)


def one_of(values: Iterable[Value], *, each: bool = False) -> Value:
    """The value that may be any of ``values``."""
    items = dict.fromkeys([item for value in values for item in alternatives(value)])
    if UNKNOWN in items or not items or len(items) > _MOST_VALUES:
        return UNKNOWN
    if len(items) == 1:
        return next(iter(items))
    if all(isinstance(item, Const) for item in items) and len(items) > 4:
        return UNKNOWN
    return Many(tuple(items), each)


def join_values(one: Value, other: Value) -> Value:
    """What a name stands for where two paths meet."""
    if one is other or one == other:
        return one
    if one is UNKNOWN or other is UNKNOWN:
        return UNKNOWN
    if isinstance(one, Tuple_) and isinstance(other, Tuple_) and len(one.items) == len(other.items):
        return Tuple_(tuple(join_values(a, b) for a, b in zip(one.items, other.items)))
    if _is_placeholder(one) and not isinstance(other, Unknown):
        return other  # `model = None` before the branches that make it
    if _is_placeholder(other) and not isinstance(one, Unknown):
        return one
    each = isinstance(one, Many) and one.each and isinstance(other, Many) and other.each
    return one_of((one, other), each=each)


def _is_placeholder(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None


def objects(value: Value) -> Sequence[Obj]:
    """The objects in ``value``, through tuples."""
    if isinstance(value, Obj):
        return (value,)
    if isinstance(value, (Many, Tuple_)):
        return [obj for item in value.items for obj in objects(item)]
    return ()
