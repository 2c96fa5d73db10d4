"""Exported graphs: what they were exported in is their mode, and everything that asks for another one says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from dropout_lint.runtime import eval_mode, mode_report, monte_carlo_dropout, train_mode  # noqa: E402
from dropout_lint.testing import (  # noqa: E402
    assert_dropout_active,
    assert_eval_mode,
    assert_eval_propagates,
    assert_no_active_dropout,
    assert_train_mode,
)
from tests.runtime.nets import BATCH, Part, codes_of, failure  # noqa: E402


class Net(nn.Module):
    """A layer, a function, a norm, and recurrent layers with dropout between them."""

    def __init__(self) -> None:
        super().__init__()
        self.part = Part()
        self.norm = nn.BatchNorm1d(4)
        self.rnn = nn.LSTM(4, 4, 2, dropout=0.25)
        self.off = nn.Dropout(0.0)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.rnn(F.dropout(self.norm(self.part(self.off(x))), 0.3, self.training))[0]
        return out


def program(mode: bool, model: nn.Module | None = None) -> Any:
    return torch.export.export((model or Net()).train(mode), (BATCH,))


def module_of(exported: Any) -> nn.Module:
    module: nn.Module = exported.module()
    return module


def inside_another(exported: Any) -> nn.Module:
    return nn.Sequential(nn.Linear(4, 4), module_of(exported))


FORMS: dict[str, Callable[[Any], nn.Module]] = {
    "module": module_of,
    "unflattened": torch.export.unflatten,
    "inside another": inside_another,
}


@pytest.fixture(params=list(FORMS.values()), ids=list(FORMS))
def form(request: pytest.FixtureRequest) -> Callable[[Any], nn.Module]:
    chosen: Callable[[Any], nn.Module] = request.param
    return chosen


@pytest.mark.parametrize("mode", [True, False], ids=["train", "eval"])
def test_the_report_names_the_layers_that_were_exported(form: Callable[[Any], nn.Module], mode: bool) -> None:
    report = mode_report(form(program(mode)))
    layers = [(layer.path.removeprefix("1."), layer.kind.value, layer.p) for layer in report]
    assert sorted(layers, key=str) == sorted(
        [
            ("part.drop", "stochastic", 0.5),
            ("norm", "batch_stats", None),
            ("" if report.model != "Sequential" else "1", "stochastic", 0.3),
            ("rnn", "stochastic", 0.25),
        ],
        key=str,
    )
    assert all(layer.fixed for layer in report)
    assert report.mode == ("train" if mode else "eval")
    assert "exported so" in str(report)


def test_assertions_go_by_the_graph_and_not_by_the_flag(
    form: Callable[[Any], nn.Module],
) -> None:
    trained, evaluated = form(program(True)), form(program(False))
    assert_train_mode(trained)
    assert_eval_mode(evaluated)
    for text in (
        failure(assert_eval_mode, trained),
        failure(assert_eval_propagates, trained),
        failure(assert_train_mode, evaluated),
    ):
        assert "rule: DRP306" in text
        assert "part.drop" in text


def test_contexts_say_that_nothing_changes_a_graph(form: Callable[[Any], nn.Module]) -> None:
    trained, evaluated = form(program(True)), form(program(False))
    for context, model in ((eval_mode, trained), (monte_carlo_dropout, trained), (train_mode, evaluated)):
        with pytest.raises(ValueError, match=r"switched (on|off) in an exported graph \(DRP306\)"), context(model):
            raise AssertionError("not reached")
    with pytest.raises(ValueError, match="draw the samples before exporting"), monte_carlo_dropout(evaluated):
        raise AssertionError("not reached")
    with pytest.raises(ValueError, match="cannot be put in train mode"):
        assert_dropout_active(evaluated, BATCH)


def test_a_graph_in_the_right_mode_is_left_alone_and_what_is_around_it_is_switched() -> None:
    model = nn.Sequential(nn.Dropout(0.5), module_of(program(False)), nn.Sequential(nn.Dropout(0.1)))
    with eval_mode(model):
        assert [model[0].training, model[2][0].training] == [False, False]  # type: ignore[index]
        assert torch.equal(model(BATCH), model(BATCH))
    assert [model[0].training, model[2][0].training] == [True, True]  # type: ignore[index]


def test_dropout_of_an_exported_graph_is_said_to_be_that(
    form: Callable[[Any], nn.Module],
) -> None:
    text = failure(assert_no_active_dropout, form(program(True, Part())), BATCH)
    assert "the traced or exported graph of" in text
    assert "rule: DRP306" in text
    assert "forwards.py" not in text
    assert "assert_no_active_dropout" not in text


def test_a_graph_goes_on_dropping_after_an_eval_that_it_accepted() -> None:
    model = torch.export.unflatten(program(True, Part()))
    assert codes_of(model, grad=True) == []
    assert {code for code, _ in codes_of(model)} == {"DRP306"}
    model.eval()
    assert {code for code, _ in codes_of(model, grad=True)} == {"DRP306"}
