"""Arguments that become attributes all at once: the model of a trainer is still the model."""

from __future__ import annotations

import pytest

from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.analysis import runs
from dropout_lint.typestate.domain.frames import EventKind
from dropout_lint.typestate.domain.modes import Mode

PROGRAM = """\
import torch
from torch import nn


class Trainer:
    def __init__(self, {parameters}):
        {body}

    def run(self):
        reveal_mode(self.model)


model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5)).eval()
Trainer({given}).run()
"""


def mode_of_the_model(parameters: str, given: str, body: str) -> Mode:
    """The mode that the analysis gives for what the trainer holds as ``model``."""
    text = PROGRAM.format(parameters=parameters, given=given, body=body)
    events = [event for run in runs(SourceFile("program.py", text)) for event in run.events]
    (fact,) = [event.fact for event in events if event.kind is EventKind.REVEAL]
    return Mode.UNKNOWN if fact is None else fact.mode


@pytest.mark.parametrize(
    ("parameters", "given", "body"),
    [
        ("model, epochs", "model, 3", "for k, v in locals().items(): setattr(self, k, v)"),
        ("model, epochs", "model, 3", "for k, v in vars().items(): setattr(self, k, v)"),
        ("model, epochs", "model, 3", "self.__dict__.update(locals())"),
        ("**options", "model=model, epochs=3", "for k, v in options.items(): setattr(self, k, v)"),
        ("**options", "model=model, epochs=3", "for k, v in options.items(): self.__setattr__(k, v)"),
        ("**options", "model=model, epochs=3", "self.__dict__.update(options)"),
        ("**options", "model=model, epochs=3", "vars(self).update(options)"),
        ("net", "model", "self.__dict__.update(model=net)"),
    ],
)
def test_all_arguments_are_kept_under_their_names(parameters: str, given: str, body: str) -> None:
    assert mode_of_the_model(parameters, given, body) is Mode.EVAL


@pytest.mark.parametrize(
    "body",
    [
        "for k, v in load_options().items(): setattr(self, k, v)",
        "for k, v in options.items(): setattr(self, v, k)",
        "self.__dict__.update(load_options())",
    ],
)
def test_nothing_is_known_of_what_comes_from_elsewhere(body: str) -> None:
    assert mode_of_the_model("**options", "model=model", body) is Mode.UNKNOWN
