"""Whether gradients are recorded, by contexts that are entered without a ``with``."""

from __future__ import annotations

import pytest

from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.analysis import runs
from dropout_lint.typestate.domain.frames import EventKind

PROGRAM = """\
import contextlib
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
{code}
"""


@pytest.mark.parametrize(
    ("code", "recorded"),
    [
        ("torch.no_grad().__enter__()\nmodel(x)", False),
        ("torch.enable_grad().__enter__()\nmodel(x)", True),
        ("torch.no_grad().__enter__()\nguard.__exit__(None, None, None)\nmodel(x)", None),
        ("with contextlib.ExitStack() as stack:\n    stack.enter_context(torch.no_grad())\n    model(x)", False),
        ("with contextlib.ExitStack() as stack:\n    stack.enter_context(torch.no_grad())\nmodel(x)", True),
        ("with contextlib.ExitStack() as stack:\n    stack.enter_context(open(path))\n    model(x)", True),
    ],
)
def test_a_context_entered_by_hand_counts(code: str, recorded: bool | None) -> None:
    events = [event for run in runs(SourceFile("program.py", PROGRAM.format(code=code))) for event in run.events]
    assert [event.grad for event in events if event.kind is EventKind.FORWARD] == [recorded]
