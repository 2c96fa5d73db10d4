"""A call is made from every start, and what it leaves is seen."""

from __future__ import annotations

import pytest
from torch import nn

from benchmarks.library_modes.effects import effect, returned
from benchmarks.library_modes.models import MODELS, build
from benchmarks.library_modes.observing import begin, observe
from benchmarks.library_modes.registry import Probe


def made(program: str, **options: str) -> Probe:
    return Probe("made up", "torch", "torch.made", program, program, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", MODELS)
def test_every_model_has_a_body_that_is_frozen_and_dropout_that_is_left_on(name: str) -> None:
    model, x = build(name, "", [])
    begin(model, "frozen")
    assert model.training
    assert not model.body.training  # type: ignore[union-attr]
    begin(model, "mixed")
    assert not model.training
    assert {module.training for module in model.modules() if isinstance(module, nn.Dropout)} == {True}
    assert model(x).shape[-1] == 2


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("model.eval()", "leaves eval"),
        ("model.train(model.training)", "restores flatly"),
        ("model.head.append(nn.Dropout())", "keeps; new modules: train"),
        ("was = model.training\nmodel.eval()\nmodel(x)\nmodel.train(was)", "restores flatly; leaves eval if it raises"),
        ("model.training = False", "depends on the start: mixed from train and frozen, kept from eval and mixed"),
        ("assert model.training, 'not so'", "keeps; raises from eval and mixed"),
    ],
)
def test_what_a_program_does_to_the_flags_is_seen(program: str, found: str) -> None:
    assert effect(observe(made(program))) == found


def test_modules_that_are_no_longer_there_are_not_asked() -> None:
    assert effect(observe(made("model.body[1].eval()\nmodel.body[1] = nn.Identity()"))) == "keeps; new modules: train"


def test_a_copy_that_runs_is_not_the_model() -> None:
    assert effect(observe(made("copy.deepcopy(model).eval()(x)"))) == "keeps"


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("copy.deepcopy(model)", "another in its modes"),
        ("model", "itself"),
        ("nn.Sequential(model)", "a wrapper in train"),
        ("nn.Sequential(*model.children())", "a wrapper of parts in train"),
        ("model.head", "a part in train from train and frozen, eval from eval, mixed from mixed"),
        ("made = nn.ReLU().eval()", "another in eval"),
    ],
)
def test_what_came_back_is_told_from_the_model(program: str, found: str) -> None:
    assert returned(observe(made(program))) == found


def test_a_model_that_a_program_builds_starts_in_every_mode_as_well() -> None:
    built = made("model.eval()", build="model = nn.Sequential(nn.Linear(2, 2), nn.Dropout())\nx = torch.ones(1, 2)")
    assert effect(observe(built)) == "leaves eval"


def test_a_call_that_fails_is_reported_with_its_error_and_not_judged() -> None:
    found = observe(made("raise ValueError('no such option')"))
    assert {one.error for one in found.values()} == {"ValueError: no such option"}
    assert effect(found) == "not measured"
