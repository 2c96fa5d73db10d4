"""What a monitor saw: one operation that dropped, or used the statistics of its batch, where it should not have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from dropout_lint.io.printable import printable


class EventKind(str, Enum):
    """What was wrong when the operation ran."""

    ACTIVE_IN_EVAL = "active-in-eval"  # the module that ran it is in eval mode: the operation ignores the mode
    MIXED_MODE = "mixed-mode"  # the module that ran it is in train mode, inside a module that is in eval mode
    NO_GRAD_TRAIN_MODE = "no-grad-train-mode"  # every module is in train mode, while no gradient is recorded
    MONTE_CARLO = "monte-carlo"  # mixed mode that was set by `train()`, called on the dropout layer itself
    ACTIVE = "active"  # any other; only explicit checks see these


@dataclass(frozen=True)
class DropoutEvent:
    """One place where dropout was active, with how often.

    Texts are copied when the event is seen, so an event outlives the model, can be compared, pickled and printed.
    ``str(event)`` is a block of lines in the form of the linter's findings.
    """

    code: str  # the rule that says the same of the source: DRP201
    kind: EventKind
    op: str  # the operator, without `aten::` and overload: "dropout", "scaled_dot_product_attention", "batch_norm"
    p: float | None  # the drop probability; None where the operator has none
    module: str  # path of the innermost module, as its user writes it: "encoder.drop"; "" for the root itself
    module_type: str  # the class of that module
    root_type: str  # the class of the outermost module
    registered: bool  # whether the root's `eval()` reaches the module
    file: str | None  # the first frame outside torch: who called
    line: int | None
    user_file: str | None  # the first frame that is outside installed packages too; the same as `file` if that is so
    user_line: int | None
    thread: str  # name of the thread that saw it first
    message: str  # what is wrong, complete by itself, without a final period
    help: str  # the cure, as an order
    count: int = 1
    module_stack: tuple[str, ...] = ()  # the modules being called, innermost first, as "package.module:Class"

    @property
    def place(self) -> str:
        """``file:line`` of the call, or ``<unknown>``."""
        return f"{self.file}:{self.line}" if self.file else "<unknown>"

    def __str__(self) -> str:
        lines = [f"{self.place}: {self.code} {self.message}"]
        where = f"`{self.root_type}.{self.module}`" if self.module else f"`{self.root_type}`"
        rate = f", p={self.p:g}" if self.p is not None else ""
        lines.append(f"   = note: {where} ({self.module_type}{rate}) ran `{self.op}`{_times(self.count)}")
        if self.user_file and (self.user_file, self.user_line) != (self.file, self.line):
            lines.append(f"   = note: called from {self.user_file}:{self.user_line}")
        lines.append(f"   = help: {self.help}")
        return "\n".join(map(printable, lines))


def _times(count: int) -> str:
    return f" {count} times" if count > 1 else ""
