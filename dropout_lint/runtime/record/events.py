"""What the watcher sees of a script, as values: calls of models, optimizer steps, exports, and where each happened.

A *root* is a module that is called from outside any other module: what the script itself calls.  A *call* is one such
call.  Calls are numbered from 1 over all roots, and so are optimizer steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from dropout_lint.runtime.record.reach import Reach


class Kind(str, Enum):
    """What a layer does differently in train mode."""

    STOCHASTIC = "stochastic"  # drops or draws: dropout and what contains it
    BATCH_STATS = "batch_stats"  # normalises by the batch, and updates running statistics
    MODE_DEPENDENT = "mode_dependent"  # reads `training` for another purpose; never a mistake by itself


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """A line of source, and the line of the user's own code that called it, where that is another one."""

    file: str
    line: int
    user_file: str
    user_line: int

    @classmethod
    def at(cls, file: str, line: int) -> Place:
        """A place in the user's own code."""
        return cls(file, line, file, line)


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer whose mode matters, as its root knows it."""

    path: str  # dotted name below the root, wrappers' prefixes left out; "" for the root itself
    type: str  # class name
    kind: Kind
    p: float | None  # drop probability, where it has one


@dataclass(frozen=True, slots=True)
class Root:
    """A module that the script calls, with its layers whose mode matters."""

    number: int
    name: str  # class name, and `#2` where another root has it
    type: str  # module and qualified name of the class
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class Modes:
    """The modes of a root and of its layers at one moment; True is train mode."""

    root: bool
    layers: tuple[bool, ...]  # as in `Root.layers`


@dataclass(frozen=True, slots=True)
class Switch:
    """A call of `train` or `eval`."""

    number: int  # from 1, over the whole run
    training: bool  # the mode that was set
    receiver: str  # class name of the module that was switched, with all below it
    place: Place


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a root from outside, when it returned."""

    number: int
    root: int
    modes: Modes
    place: Place
    graph: bool  # the result can be trained through: it is connected to parameters that want gradients
    grad_enabled: bool
    thread: int
    discarded: bool = False  # the result is not used: warming up, or gathering statistics
    expected: bool = False  # inside `expected_dropout`, `update_bn` and the like
    randomness: int | None = None  # digest of the generator's state before the call, taken where it can matter
    switch: Switch | None = None  # what gave the root its mode, if anything did since it was built
    reach: Reach | None = None  # what becomes of the result; None: with `graph`, it counts as trained through
    layer_switches: tuple[Switch | None, ...] = ()  # what gave each layer its mode, as in `Root.layers`
    is_part: bool = False  # below a `forward` or `__call__` of another module, which was not itself seen to be called


@dataclass(frozen=True, slots=True)
class Trained:
    """What an optimizer trains of one root, when it steps."""

    root: int
    layers: tuple[bool, ...]  # as in `Root.layers`: is the layer among parameters that are trained?
    frozen: tuple[str, ...] = ()  # likewise: the path of the frozen part that the layer is in, "" if in none


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an optimizer, before it changes the parameters."""

    number: int
    optimizer: int
    optimizer_name: str
    place: Place
    trained: tuple[Trained, ...]  # roots with parameters of this optimizer that have a gradient


@dataclass(frozen=True, slots=True)
class Export:
    """A model was passed to an exporter."""

    exporter: str  # as users write it: `torch.jit.trace`
    root: Root
    modes: Modes
    place: Place
    switch: Switch | None = None
    expected: bool = False  # inside `expected_dropout`, or exported for training on purpose
