"""What an expression may resolve to: objects, functions, classes, constants, and the honest "we do not know".

What holds other values is made by `bounds`, which keeps all of them small.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from dropout_lint.semantic.classes import ClassModel
from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.source import SourceFile


class ObjectKind(Enum):
    """What an object is to us."""

    MODULE = "module"
    INSTANCE = "instance"  # of a class of the project that is no module, such as a trainer
    OPTIMIZER = "optimizer"
    LIST = "list"  # list, set, dict or generator: its elements are one joined value

    __hash__ = object.__hash__  # there is one of each; an Enum hashes its name, in Python


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """Anything at all; ``holds`` are objects that it may be or hold, which were in a value too large to follow."""

    holds: tuple[AbstractObject, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unknown) and (self.holds == other.holds or set(self.holds) == set(other.holds))

    def __hash__(self) -> int:
        return hash(frozenset(self.holds))

    def __repr__(self) -> str:
        return "?" if not self.holds else f"?{[*self.holds]}"


class Modeless:
    """A module or tensor function without a mode, such as ``nn.Linear``."""

    def __repr__(self) -> str:
        return "inert"


class Dummy:
    """A made-up tensor, such as ``torch.randn(1, 3, 224, 224)``."""

    def __repr__(self) -> str:
        return "dummy"


UNKNOWN, MODELESS, DUMMY = Unknown(), Modeless(), Dummy()


@dataclass(frozen=True, slots=True)
class Const:
    """A literal."""

    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Dotted:
    """Something that ``source`` imports, or an attribute of it, by its dotted name."""

    source: SourceFile
    name: str


@dataclass(frozen=True, slots=True)
class FunctionValue:
    """A function, method or lambda of the project, perhaps bound to an object."""

    source: SourceFile
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    owner: ClassModel | None = None  # the class whose body it is in
    receiver: Value | None = None
    closure: Mapping[str, Value] = field(default_factory=dict, compare=False)
    definer: ast.AST | None = field(default=None, compare=False)  # the function it is nested in
    given: tuple[Value, ...] = ()  # positional arguments that `functools.partial` bound
    named: tuple[tuple[str, Value], ...] = ()  # and keywords
    is_bare: bool = False  # what its decorators are given, as against what they make of it
    size: int = field(init=False, compare=False, repr=False, default=1)
    depth: int = field(init=False, compare=False, repr=False, default=0)

    def __post_init__(self) -> None:
        if self.given or self.named:
            inner = (*self.given, *(value for _, value in self.named))
            object.__setattr__(self, "size", 1 + _size_of(inner))
            object.__setattr__(self, "depth", 1 + _depth_of(inner))

    @property
    def is_nested(self) -> bool:
        """Whether it is in another function, whose names it may read."""
        return self.definer is not None and not isinstance(self.definer, ast.Module)


@dataclass(frozen=True, slots=True)
class ClassValue:
    """A class of the project."""

    facts: ClassModel


@dataclass(frozen=True, slots=True, eq=False)
class AbstractObject:
    """An object, named by the place that makes it and the calls that led there: see `made_object`.

    ``part`` names a part of ``parent`` that nothing in the code was seen to store: ``model.layer1`` of a library's
    model.
    """

    kind: ObjectKind
    source: SourceFile
    node: ast.AST
    stack: tuple[ast.AST, ...] = ()
    facts: ClassModel | None = None  # its class, if that is of the project
    library: str = ""  # the dotted name of its class or factory, if that is of a library
    parent: AbstractObject | None = None
    part: str = ""
    level: int = 0  # how many parents it has, one above the other

    def wholes(self) -> Iterator[AbstractObject]:
        """What it is a part of: its parent, the parent of that, and so on upwards."""
        whole = self.parent
        while whole is not None:
            yield whole
            whole = whole.parent

    def __repr__(self) -> str:
        name = self.facts.node.name if self.facts else self.library
        return f"<{name or self.kind.value}:{getattr(self.node, 'lineno', 0)}{'.' + self.part if self.part else ''}>"


class Objects(Table[Hashable, AbstractObject]):
    """The objects that the code of a file makes, by what tells them apart."""


def made_object(
    kind: ObjectKind,
    source: SourceFile,
    node: ast.AST,
    stack: tuple[ast.AST, ...] = (),
    facts: ClassModel | None = None,
    library: str = "",
) -> AbstractObject:
    """The object that ``node`` makes when it is reached through ``stack``: always the same one."""
    key, known = (kind, node, stack, facts, library), source.extension(Objects)
    if key not in known:
        known[key] = AbstractObject(kind, source, node, stack, facts, library)
    return known[key]


@dataclass(frozen=True, slots=True)
class ParameterList:
    """The parameters of some modules: ``model.parameters()``."""

    owners: tuple[AbstractObject, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Tuple_:
    """A tuple whose length is known.  Made by `bounds.tuple_of`."""

    items: tuple[Value, ...]
    size: int = field(init=False, repr=False)
    depth: int = field(init=False, repr=False)
    _hash: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", 1 + _size_of(self.items))
        object.__setattr__(self, "depth", 1 + _depth_of(self.items))
        object.__setattr__(self, "_hash", hash(self.items))

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Tuple_) and self._hash == other._hash and self.items == other.items)

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True, eq=False)
class Union:
    """One of several values; with ``each``, every one of them in turn, as in a loop over a tuple of models.

    The items, each once, keep the order in which they were met: a set's order would change from run to run.  Made by
    `bounds.one_of`.
    """

    items: tuple[Value, ...]
    each: bool = False
    size: int = field(init=False, repr=False)
    depth: int = field(init=False, repr=False)
    _set: frozenset[Value] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", 1 + _size_of(self.items))
        object.__setattr__(self, "depth", _depth_of(self.items))
        object.__setattr__(self, "_set", frozenset(self.items))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Union) and self.each is other.each and self._set == other._set

    def __hash__(self) -> int:
        return hash(self._set)  # which a frozenset works out once


Value = (
    Unknown
    | Modeless
    | Dummy
    | Const
    | Dotted
    | FunctionValue
    | ClassValue
    | AbstractObject
    | ParameterList
    | Tuple_
    | Union
)


def alternatives(value: Value) -> tuple[Value, ...]:
    """What ``value`` may be, one by one."""
    return value.items if isinstance(value, Union) else (value,)


def _size_of(values: Iterable[Value]) -> int:
    return sum([value.size if isinstance(value, (Tuple_, Union, FunctionValue)) else 1 for value in values])


def _depth_of(values: Iterable[Value]) -> int:
    return max([value.depth for value in values if isinstance(value, (Tuple_, Union, FunctionValue))], default=0)


def objects(value: Value) -> Sequence[AbstractObject]:
    """The objects in ``value``, through tuples."""
    if isinstance(value, AbstractObject):
        return (value,)
    if isinstance(value, (Union, Tuple_)):
        return [obj for item in value.items for obj in objects(item)]
    return ()


def may_hold(value: Value) -> Sequence[AbstractObject]:
    """The objects in ``value``, and all others that code which gets it may come to: by functions with arguments bound,
    by what is unknown.
    """
    if isinstance(value, AbstractObject):
        return (value,)
    if isinstance(value, Unknown):
        return value.holds
    if isinstance(value, (Union, Tuple_)):
        return [obj for item in value.items for obj in may_hold(item)]
    if isinstance(value, FunctionValue):
        inner = (value.receiver, *value.given, *(item for _, item in value.named))
        return [obj for item in inner if item is not None for obj in may_hold(item)]
    return ()
