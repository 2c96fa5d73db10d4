"""What a case is: a small model, what is wrong with it, and the line where it goes wrong."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from torch import nn

Tier = Literal["state", "default", "strict"]
"""Who must find it first: a look at the model, one watched forward pass, or the random generators."""

MARK = "# here"


@dataclass(frozen=True)
class Scene:
    """A model, and how it is called.  ``run`` replaces ``model(*args, **kwargs)`` where more than one call is meant."""

    model: nn.Module
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    run: Callable[[], object] | None = None

    def play(self) -> object:
        """Call the model as its users do."""
        return self.run() if self.run else self.model(*self.args, **self.kwargs)


@dataclass(frozen=True)
class Case:
    """One model with a name that says what is special about it."""

    name: str
    build: Callable[[], Scene]
    misuse: bool
    design: bool  # from the case table that the checker was developed with; the others were written after it
    tier: Tier  # the first tier that finds it; of a legitimate case, the last one that must be silent
    code: str = ""  # of the finding
    layer: str = ""  # how the finding names the layer or its holder; empty where there is nothing but a line
    grad: bool = False  # whether it is played with gradients on
    missed: str = ""  # why no tier finds it, or why a tier is wrong about it: an honest limit, tested to be still there

    @property
    def file(self) -> str:
        """The file of the case."""
        return str(inspect.getsourcefile(inspect.unwrap(self.build)))

    @property
    def lines(self) -> tuple[int, ...]:
        """The lines that are marked ``# here``: the finding names one of them."""
        source, start = inspect.getsourcelines(self.build)
        return tuple(start + offset for offset, line in enumerate(source) if line.rstrip().endswith(MARK))


CASES: list[Case] = []
"""Every case, in the order in which they are written down."""

Build = Callable[[], Any]


def misuse(
    name: str,
    code: str,
    *,
    tier: Tier = "default",
    layer: str = "",
    design: bool = False,
    grad: bool = False,
    missed: str = "",
) -> Callable[[Build], Build]:
    """Register a function that returns a scene, or a model and its arguments, as a case of misuse."""

    def register(build: Build) -> Build:
        CASES.append(Case(name, _scene(build), True, design, tier, code, layer, grad, missed))
        return build

    return register


def legitimate(
    name: str, *, quiet: Tier = "strict", design: bool = False, grad: bool = False, missed: str = ""
) -> Callable[[Build], Build]:
    """Register a function like `misuse` does, as one where all tiers up to ``quiet`` must be silent."""

    def register(build: Build) -> Build:
        CASES.append(Case(name, _scene(build), False, design, quiet, grad=grad, missed=missed))
        return build

    return register


def _scene(build: Build) -> Callable[[], Scene]:
    """``build``, whose result may be a model followed by its arguments; its source lines stay those of ``build``."""

    def make() -> Scene:
        made = build()
        return made if isinstance(made, Scene) else Scene(made[0], tuple(made[1:]))

    make.__wrapped__ = build  # type: ignore[attr-defined]  # what `inspect` follows to the source
    return make
