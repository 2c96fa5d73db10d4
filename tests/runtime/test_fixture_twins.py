"""Fixtures with a twin at run time: put into eval mode and watched, they show the same codes at the same lines."""

from __future__ import annotations

import re
import runpy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from dropout_lint.runtime import DropoutMonitor, find_unregistered_modules
from dropout_lint.testing.marks import marks_in
from tests.test_fixtures import FIXTURES

FIRES = ("DRP201", "DRP202", "DRP205", "DRP207", "DRP210")
"""Rules whose mistake makes dropout fire in eval mode: one forward pass shows it."""

MEANT = {"Prenet", "Uncertain"}
"""Classes whose names tell the linter that they mean it; at run time `expected_dropout` has to say so."""

UNDECIDED = {"Switched"}
"""Near misses that drop in eval mode for some inputs: the linter leaves them alone, the monitor sees them drop."""

SEEN_AS = {("DRP205", 16): ("DRP205", 17), ("DRP207", 15): ("DRP201", 15)}
"""A layer that is built on one line and called on another: the linter names the first, the monitor the second.  A flag
that is handed on: the linter follows it to the default that hard-codes it, the monitor sees that it is on."""


@contextmanager
def evaluated() -> Iterator[None]:
    """Call ``eval()`` on every outermost module before it runs, as somebody does who evaluates the fixture's models."""
    depth = 0

    def before(module: nn.Module, args: Any) -> None:
        nonlocal depth
        if depth == 0:
            module.eval()
        depth += 1

    def after(module: nn.Module, args: Any, output: Any) -> None:
        nonlocal depth
        depth -= 1

    hooks = [
        register_module_forward_pre_hook(before),
        torch.nn.modules.module.register_module_forward_hook(after, always_call=True),
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def seen(path: Path, *, but: set[str] = MEANT) -> set[tuple[str, int]]:
    """Code and line of every event while the program at ``path`` runs."""
    with warnings.catch_warnings(), DropoutMonitor() as monitor, evaluated():
        warnings.simplefilter("ignore")
        runpy.run_path(str(path), run_name="__main__")
    return {(event.code, event.line or 0) for event in monitor.events if event.module_type not in but}


def marked(code: str) -> list[tuple[str, int]]:
    """Code and line of every mark in the bad fixture of ``code``."""
    return [(mark.code, mark.line) for mark in marks_in((FIXTURES / code / "bad.py").read_text("utf-8"))]


@pytest.mark.parametrize("code", FIRES)
def test_what_is_marked_fires_at_its_line(code: str) -> None:
    assert seen(FIXTURES / code / "bad.py") == {SEEN_AS.get(mark, mark) for mark in marked(code)}


@pytest.mark.parametrize(
    "code", sorted({*FIRES, "DRP401"} - {"DRP210"})
)  # DRP210: one of its flags is on, from outside
def test_near_misses_are_quiet_when_they_run(code: str) -> None:
    assert seen(FIXTURES / code / "good.py", but=MEANT | UNDECIDED) == set()


def test_what_is_not_registered_is_what_the_marked_lines_assign() -> None:
    path = FIXTURES / "DRP401" / "bad.py"
    program = runpy.run_path(str(path))
    models = [program["Net"](), program["Built"](), program["Mixed"](dense=False)]
    found = [place for model in models for place in find_unregistered_modules(model)]
    lines = path.read_text("utf-8").splitlines()
    assigned = {
        lines[line - 1].split("self.")[1].split()[0].split("[")[0].split(".")[0] for _, line in marked("DRP401")
    }
    assert {re.split(r"[.\[]", name)[0] for name, _ in found} == assigned


def test_a_fixture_that_is_not_evaluated_shows_nothing() -> None:
    with DropoutMonitor() as monitor:
        runpy.run_path(str(FIXTURES / "DRP201" / "bad.py"), run_name="__main__")
    assert monitor.events == ()
