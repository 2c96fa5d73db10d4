"""Whole training loops in miniature: each bug is found, and under its name; no technique is taken for a bug."""

from __future__ import annotations

import functools

import pytest

pytest.importorskip("torch")

import torch

from dropout_lint.runtime.watching.handle import Watch
from tests.runtime.loops.bugs import BUGS
from tests.runtime.loops.decorated import DECORATED
from tests.runtime.loops.frozen import FROZEN
from tests.runtime.loops.gradients_on import GRADIENTS_ON
from tests.runtime.loops.known import KNOWN
from tests.runtime.loops.parts import Loop, Net, sgd
from tests.runtime.loops.techniques import TECHNIQUES


def watched(loop: Loop) -> list[str]:
    """The names of what is found in ``loop``."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    with Watch(report=()) as watch:
        loop.run()
    return sorted({finding.name for finding in watch.findings})


def test_where_torch_hides_steps_their_absence_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    (loop,) = [loop for loop in BUGS.all if loop.expected == ("inference-in-train-mode",)][:1]
    assert watched(loop) == ["inference-in-train-mode"]

    def unhooked(self: object) -> None:
        """What `torch._dynamo` 2.1 leaves of a step."""

    unhooked.hooked = True  # type: ignore[attr-defined]
    monkeypatch.setattr(torch.optim.SGD, "step", unhooked)
    with Watch(report=()) as watch:
        loop.run()
    assert [finding.name for finding in watch.findings] == []
    assert any("takes the hooks of optimizers away" in notice for notice in watch.report().notices)


def test_a_decorator_around_the_step_of_an_optimizer_hides_no_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    (loop,) = [loop for loop in BUGS.all if loop.expected == ("inference-in-train-mode",)][:1]
    sgd(Net())  # torch puts its hooks in place when the first optimizer of a class is made
    monkeypatch.setattr(torch.optim.SGD, "step", functools.wraps(torch.optim.SGD.step)(lambda *args: step(*args)))
    step = torch.optim.SGD.step.__wrapped__  # type: ignore[attr-defined]
    assert watched(loop) == ["inference-in-train-mode"]


def parameters(loops: list[Loop]) -> list[object]:
    return [
        pytest.param(loop, id=loop.name, marks=[pytest.mark.xfail(reason=loop.missed)] if loop.missed else [])
        for loop in loops
    ]


@pytest.mark.parametrize(
    "loop", parameters([*KNOWN.all, *BUGS.all, *TECHNIQUES.all, *DECORATED.all, *GRADIENTS_ON.all, *FROZEN.all])
)
def test_the_loop_has_exactly_its_findings(loop: Loop) -> None:
    assert watched(loop) == sorted(loop.expected)
