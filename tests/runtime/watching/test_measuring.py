"""What a wrong mode costs is measured only where that is asked for, and the script does not notice."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dropout_lint.runtime.watching.handle import Watch
from tests.runtime.loops.parts import Net, batches, sgd, train_epoch


class Always(nn.Module):
    """Drops in both modes, and changes its input."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 3)
        self.norm = nn.BatchNorm1d(3)
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        x += 1
        out: Tensor = F.dropout(self.norm(self.layer(x)), 0.5)
        return out


class Refuses(Net):
    """Can be called once."""

    called = False

    def forward(self, x: Tensor) -> Tensor:
        assert not self.called
        self.called = True
        return super().forward(x)


def evaluate(model: nn.Module, count: int = 3) -> list[Tensor]:
    with torch.no_grad():
        return [model(x) for x in batches(count)]


def remarks(watch: Watch) -> list[str]:
    return [remark.message for finding in watch.findings for remark in finding.remarks]


def test_the_finding_says_by_how_much_predictions_differ() -> None:
    torch.manual_seed(0)
    model = Net()
    with Watch(report=(), measure=True) as watch:
        train_epoch(model, sgd(model))
        evaluate(model)
    assert any(text.startswith("two passes on the same input differ by up to ") for text in remarks(watch))


def test_dropout_that_ignores_eval_is_measured_too() -> None:
    torch.manual_seed(0)
    with Watch(report=(), measure=True) as watch:
        evaluate(Always().eval())
    assert [finding.code for finding in watch.findings] == ["DRP201"]
    assert any("of 4 predictions" in text for text in remarks(watch))


def test_nothing_is_repeated_unasked() -> None:
    model = Always().eval()
    with Watch(report=()) as watch:
        evaluate(model)
    assert model.calls == 3
    assert not any("two passes" in text for text in remarks(watch))


@pytest.mark.parametrize("make", [Net, Always])
@pytest.mark.parametrize("mode", [True, False], ids=["train", "eval"])
def test_results_buffers_and_random_numbers_stay_what_they_are(make: type[nn.Module], mode: bool) -> None:
    def run() -> list[Tensor]:
        torch.manual_seed(0)
        model = make()
        train_epoch(model, sgd(model))
        model.train(mode)
        results = evaluate(model)
        return [*results, *model.buffers(), *model.parameters(), torch.get_rng_state()]

    plain = run()
    with Watch(report=(), measure=True):
        watched = run()
    assert all(torch.equal(one, other) for one, other in zip(plain, watched))


def test_inputs_are_changed_once() -> None:
    model, x = Always().eval(), torch.zeros(4, 6)
    with Watch(report=(), measure=True), torch.no_grad():
        model(x)
    assert torch.equal(x, torch.ones(4, 6))


def test_a_model_that_cannot_be_called_twice_is_not_measured() -> None:
    model = Refuses()
    with Watch(report=(), measure=True) as watch, torch.no_grad():
        model(torch.ones(2, 6))
    assert not watch.report().notices


def test_a_second_pass_is_no_call_of_the_script() -> None:
    model = Net().eval()
    with Watch(report=(), measure=True) as watch:
        evaluate(model)
    report = watch.report()
    assert report.calls == 3
    assert report.findings == ()
