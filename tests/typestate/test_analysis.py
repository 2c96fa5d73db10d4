"""Programs that ask for the mode of a module: what the analysis says is what is marked, and what torch does."""

from __future__ import annotations

import re
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.analysis import runs
from dropout_lint.typestate.domain.frames import EventKind
from dropout_lint.typestate.domain.modes import Mode, join
from tests.conftest import ROOT

PROGRAMS = sorted((ROOT / "fixtures" / "typestate").glob("*.py"))
_MARK = re.compile(r"reveal_mode\(.*#\s*revealed: (\w+)$")


def marked(text: str) -> Mapping[int, str]:
    """The mode that is marked, by line."""
    found = ((number, _MARK.search(line)) for number, line in enumerate(text.splitlines(), start=1))
    return {number: mark[1] for number, mark in found if mark is not None}


def revealed(text: str) -> Mapping[int, str]:
    """The mode that the analysis gives, by line, over all ways that lead there."""
    modes: dict[int, Mode] = {}
    for run in runs(SourceFile("program.py", text)):
        for event in run.events:
            if event.kind is EventKind.REVEAL:
                mode = Mode.UNKNOWN if event.fact is None else event.fact.mode
                modes[event.node.lineno] = join(modes.get(event.node.lineno, Mode.UNREACHABLE), mode)
    return {line: mode.value for line, mode in modes.items()}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_modes_are_as_marked(path: Path) -> None:
    text = path.read_text("utf-8")
    assert revealed(text) == marked(text)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_modes_are_as_torch_has_them(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    expected = marked(path.read_text("utf-8"))
    wrong: list[str] = []

    def reveal_mode(module: object) -> None:
        line = sys._getframe(1).f_lineno
        mode = "train" if module.training else "eval"  # type: ignore[attr-defined]
        if expected[line] in ("train", "eval") and mode != expected[line]:
            wrong.append(f"line {line}: {mode}")

    runpy.run_path(str(path), init_globals={"reveal_mode": reveal_mode}, run_name="__main__")
    assert wrong == []


def test_a_wrong_mark_is_seen() -> None:
    text = "from torch import nn\nmodel = nn.Dropout(0.5)\nreveal_mode(model)  # revealed: eval\n"
    assert revealed(text) == {3: "train"} != marked(text)
