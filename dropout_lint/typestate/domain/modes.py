"""The lattice of modes, and where a mode was set.

::

            UNKNOWN            we lost track: stay silent
               |
             EITHER            differs by path
            /      \\
         TRAIN    EVAL         on every path
            \\      /
          UNREACHABLE

"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from dropout_lint.syntax.source import SourceFile

_MOST_ORIGINS = 8  # places to remember for one fact; more would not be read


LoopContext = tuple[tuple[ast.AST, ...], ast.AST]
"""A loop, with the calls that lead to it."""


class Mode(Enum):
    """What is known of a module's mode."""

    UNREACHABLE = "unreachable"
    TRAIN = "train"
    EVAL = "eval"
    EITHER = "either"
    UNKNOWN = "unknown"


def join(one: Mode, other: Mode) -> Mode:
    """The least mode that says no more than either: what holds where two paths meet."""
    if one is other or other is Mode.UNREACHABLE:
        return one
    if one is Mode.UNREACHABLE:
        return other
    return Mode.UNKNOWN if Mode.UNKNOWN in (one, other) else Mode.EITHER


class Layers(Enum):
    """What works differently in the two modes."""

    DROPOUT = "dropout"
    BATCH_NORM = "batch norm"
    OTHER = "other"  # or not known


class OriginKind(Enum):
    """What gave an object its mode."""

    MADE = "made"  # a constructor or factory
    PRETRAINED = "pretrained"  # a factory that returns the model in eval mode
    TRAIN = "train"  # a call of `train()`
    EVAL = "eval"  # a call of `eval()`
    FROZEN = "frozen"  # no mode: here its parameters were frozen
    LOST = "lost"  # handed to code that we cannot see


@dataclass(frozen=True, slots=True)
class Origin:
    """One place where an object got its mode."""

    kind: OriginKind
    source: SourceFile
    node: ast.AST
    stack: tuple[ast.AST, ...] = ()  # the calls that led there, the outermost first
    function: str = ""  # that the place is in; empty at the top level of a file
    loop_contexts: tuple[LoopContext, ...] = ()  # the loops around it, through all calls, the innermost last
    grad: bool | None = True  # whether gradients are recorded there

    @property
    def sort_key(self) -> tuple[str, int, int, str, list[int]]:
        """By file and place, then by the calls that led there."""
        return (
            self.source.filename,
            getattr(self.node, "lineno", 0),
            getattr(self.node, "col_offset", 0),
            self.kind.value,
            [getattr(call, "lineno", 0) for call in self.stack],
        )


@dataclass(frozen=True, slots=True)
class ModeFact:
    """The mode of one object at one place, with every place that may have set it, in the order of the text."""

    mode: Mode
    origins: tuple[Origin, ...] = ()

    def join(self, other: ModeFact) -> ModeFact:
        """What is known where two paths meet."""
        if self == other:
            return self
        return ModeFact(join(self.mode, other.mode), _merge(self.origins, other.origins))

    def __repr__(self) -> str:
        places = ", ".join(f"{origin.kind.value}@{getattr(origin.node, 'lineno', 0)}" for origin in self.origins)
        return f"{self.mode.value}({places})"


def _merge(one: Iterable[Origin], other: Iterable[Origin]) -> tuple[Origin, ...]:
    merged = sorted({*one, *other}, key=lambda origin: origin.sort_key)
    if len(merged) > _MOST_ORIGINS:  # a large network is made in many places, and what switched it is what counts
        switched = [origin for origin in merged if origin.kind is not OriginKind.MADE]
        kept = {*[*switched, *(origin for origin in merged if origin.kind is OriginKind.MADE)][:_MOST_ORIGINS]}
        merged = [origin for origin in merged if origin in kept]
    return tuple(merged)
