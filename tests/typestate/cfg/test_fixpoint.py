"""The solver, with a domain that knows nothing of torch: the numbers that a name may have been given."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

import pytest

from dropout_lint.typestate.cfg.builder import Block, StepKind, build
from dropout_lint.typestate.cfg.fixpoint import TooManySteps, solve


@dataclass
class Numbers:
    """A toy domain."""

    found: set[int] = field(default_factory=set)

    def copy(self) -> Numbers:
        return Numbers(set(self.found))

    def join(self, other: Numbers) -> bool:
        before = len(self.found)
        self.found |= other.found
        return len(self.found) > before


def transfer(block: Block, state: Numbers) -> bool | None:
    """``x = 3`` replaces all numbers; ``if 0:`` and ``if 1:`` are known."""
    known: bool | None = None
    for step in block.steps:
        known = None
        if step.kind is StepKind.RUN and isinstance(step.node, ast.Assign):
            assert isinstance(step.node.value, ast.Constant)
            assert isinstance(step.node.value.value, int)
            state.found = {step.node.value.value}
        elif step.kind is StepKind.TEST and isinstance(step.node, ast.Constant):
            known = bool(step.node.value)
    return known


def after(text: str) -> set[int] | None:
    end = solve(build(ast.parse(text).body), Numbers({0}), transfer)
    return None if end is None else end.found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1\nx = 2", {2}),
        ("if a:\n    x = 1", {0, 1}),
        ("if a:\n    x = 1\nelse:\n    x = 2", {1, 2}),
        ("if 0:\n    x = 1", {0}),
        ("if 1:\n    x = 1", {1}),
        ("while a:\n    x = 1", {0, 1}),
        ("while 1:\n    x = 1\n    if a:\n        break", {1}),
        ("while 1:\n    x = 1", None),
        ("raise E", None),
        ("try:\n    x = 1\nfinally:\n    x = 2", {2}),
        ("try:\n    x = 1\nexcept E:\n    x = 2", {1, 2}),
    ],
    ids=[
        "the last assignment counts",
        "a branch may be taken",
        "one of two branches is taken",
        "a branch that is never taken",
        "a branch that is always taken",
        "a loop may run",
        "a loop that only break ends",
        "a loop that never ends",
        "nothing after raise",
        "finally runs last",
        "an exception may come",
    ],
)
def test_fixpoint(text: str, found: set[int] | None) -> None:
    assert after(text) == found


def test_a_domain_that_never_settles_is_stopped() -> None:
    class Counter(Numbers):
        def join(self, other: Numbers) -> bool:
            return True

        def copy(self) -> Counter:
            return Counter(set(self.found))

    with pytest.raises(TooManySteps):
        solve(build(ast.parse("while a:\n    x = 1").body), Counter(), transfer)


@pytest.mark.parametrize(
    ("text", "copies"),
    [("x = 1\nx = 2", 0), ("if a:\n    x = 1", 1), ("while a:\n    x = 1", 5)],
    ids=["straight on", "two ways", "a loop, turn by turn"],
)
def test_a_state_is_copied_only_where_it_is_needed_twice(text: str, copies: int) -> None:
    made = 0

    class Counted(Numbers):
        def copy(self) -> Counted:
            nonlocal made
            made += 1
            return Counted(set(self.found))

    solve(build(ast.parse(text).body), Counted({0}), transfer)
    assert made == copies
