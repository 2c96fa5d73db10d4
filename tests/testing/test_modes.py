"""Assertions on modes: what they accept, what they name, and that they leave nothing behind."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from dropout_lint.testing import (  # noqa: E402
    assert_eval_mode,
    assert_eval_propagates,
    assert_mode_restored,
    assert_train_mode,
)
from tests.runtime.nets import failure  # noqa: E402

pytestmark = pytest.mark.usefixtures("broken_monitors_raise")


class Hiding(nn.Module):
    """Keeps a layer where `eval()` does not reach it."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = {"drop": [nn.Dropout(0.1)]}
        self.norm = nn.BatchNorm1d(4)


class Lonely(nn.Module):
    """Overrides `train` without its children."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout()

    def train(self, mode: bool = True) -> Lonely:
        self.training = mode  # and no child
        return self


class Silent(nn.Sequential):
    """Overrides `eval` without returning itself."""

    def eval(self) -> Any:
        super().eval()


def net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.1), nn.BatchNorm1d(4))


def test_a_model_in_the_right_mode_passes() -> None:
    assert_eval_mode(net().eval())
    assert_train_mode(net().train())


def test_the_message_names_what_was_expected_and_each_layer() -> None:
    assert failure(assert_eval_mode, net()).splitlines() == [
        "`Sequential` is not in eval mode",
        "  expected: every layer that depends on the mode in eval mode",
        "  found: 2 of 2 such layers in another mode",
        "    1  Dropout      p=0.1  in train mode",
        "    2  BatchNorm1d         in train mode",
        "  rule: DRP301",
        "  help: call `model.eval()`",
    ]


def test_more_than_ten_layers_are_counted() -> None:
    text = failure(assert_eval_mode, nn.Sequential(*(nn.Dropout() for _ in range(41))))
    assert text.count("in train mode") == 10
    assert "... and 31 more" in text


@pytest.mark.parametrize(
    "layer",
    [nn.Dropout(0.0), nn.LSTM(4, 4, dropout=0.0), nn.BatchNorm1d(4, track_running_stats=False), nn.Linear(4, 4)],
    ids=["p=0", "one layer", "no running statistics", "no mode"],
)
def test_a_layer_that_is_the_same_in_both_modes_does_not_count(layer: nn.Module) -> None:
    assert_eval_mode(nn.Sequential(layer.train()))


def test_a_layer_that_eval_does_not_reach_is_named() -> None:
    text = failure(assert_eval_mode, Hiding().eval())
    assert "layers['drop'][0]  Dropout  p=0.1  in train mode  unregistered" in text
    assert "DRP401" in text


def test_a_flag_set_on_the_model_alone_is_told_from_a_forgotten_eval() -> None:
    model = net().train()
    model.training = False
    assert "DRP305" in failure(assert_eval_mode, model)


def test_ignored_paths_do_not_count() -> None:
    model = nn.ModuleDict({"teacher": net().train(), "student": net().eval()})
    assert "teacher.1" in failure(assert_eval_mode, model)
    assert_eval_mode(model, ignore=["teacher.*"])


def test_msg_replaces_the_text_or_is_given_it() -> None:
    assert failure(assert_eval_mode, net(), msg="set eval") == "set eval"
    assert failure(assert_eval_mode, net(), msg=lambda text: f"encoder: {text}").startswith("encoder: `Sequential`")


def test_eval_that_reaches_everything_passes_and_leaves_the_modes() -> None:
    model = net()
    model[1].eval()
    assert_eval_propagates(model)
    assert [module.training for module in model.modules()] == [True, True, False, True]


@pytest.mark.parametrize(
    ("model", "code"),
    [(Hiding(), "DRP401"), (Lonely(), "DRP404"), (Silent(nn.Dropout()), "DRP404")],
    ids=["unregistered", "children not reached", "returns None"],
)
def test_eval_that_does_not_propagate_fails(model: nn.Module, code: str) -> None:
    assert f"rule: {code}" in failure(assert_eval_propagates, model)


def test_hidden_layers_have_their_mode_back_afterwards() -> None:
    model = Hiding().eval()
    hidden = model.layers["drop"][0].eval()
    assert_eval_propagates(model)
    assert not hidden.training


def test_a_mode_that_is_not_restored_is_named_by_path() -> None:
    model = net()
    with (
        pytest.raises(AssertionError, match=r"(?s)not restored.*1  was train, is eval.*DRP307"),
        assert_mode_restored(model),
    ):
        model[1].eval()
    with assert_mode_restored(net()):
        pass


def test_an_exception_inside_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), assert_mode_restored(model := net()):
        model.eval().training / 0
