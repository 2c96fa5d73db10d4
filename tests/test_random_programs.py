"""The analysis of any program comes to an end, within the bounds that it sets itself, and never fails."""

from __future__ import annotations

import pytest

from dropout_lint.lint.file_check import lint_bytes
from dropout_lint.typestate import analysis
from dropout_lint.typestate.domain import budget
from dropout_lint.typestate.evaluation.interpreter import Interpreter
from tests.random_programs import random_program
from tests.test_growth import RULES, calls_for

MOST_CALLS_FOR_EACH = 60_000  # of a line, at most: what 4,000 steps of it may take


PROGRAMS = 40


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_a_random_program_is_analysed_to_its_end(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    spent: list[int] = []
    release = Interpreter.release

    def counted(self: Interpreter) -> None:
        spent.append(self.steps)
        release(self)

    monkeypatch.setattr(Interpreter, "release", counted)
    text = random_program(seed)
    assert calls_for(text) <= MOST_CALLS_FOR_EACH * len(text.splitlines())
    assert all(steps <= budget.MOST_STEPS + 1 for steps in spent)
    assert sum(spent) <= 2 * (analysis.MOST_STEPS + budget.MOST_STEPS + 1)  # once for each kind of module asked about
    assert "DRP001" not in [finding.code for finding in lint_bytes("a.py", text.encode(), RULES).findings]
