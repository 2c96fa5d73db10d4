"""What a monitor reports, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from dropout_lint.runtime import DropoutEvent, DropoutMonitor, EventKind, expected_dropout, install  # noqa: E402
from dropout_lint.runtime.stack import attribution  # noqa: E402
from tests.runtime.nets import Block  # noqa: E402


def seen(model: nn.Module, *, grad: bool = False, no_grad: str = "ignore") -> list[DropoutEvent]:
    with torch.set_grad_enabled(grad), DropoutMonitor(no_grad=no_grad) as monitor:  # type: ignore[arg-type]
        model(torch.ones(3, 4))
    return list(monitor.events)


def test_dropout_that_ignores_eval_is_reported_with_its_line() -> None:
    (event,) = seen(Block(lambda x: F.dropout(x, 0.25)).eval())
    assert (event.code, event.kind, event.p) == ("DRP201", EventKind.ACTIVE_IN_EVAL, 0.25)
    assert event.file == __file__
    assert event.line == test_dropout_that_ignores_eval_is_reported_with_its_line.__code__.co_firstlineno + 1


@pytest.mark.parametrize("grad", [False, True], ids=["no_grad", "grad"])
def test_dropout_that_follows_eval_is_not_reported(grad: bool) -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(), nn.BatchNorm1d(4)).eval()
    assert seen(model, grad=grad) == []


def test_training_is_not_reported() -> None:
    assert seen(nn.Sequential(nn.Linear(4, 4), nn.Dropout()).train(), grad=True) == []


def test_train_mode_without_gradients_is_reported_only_when_asked_for() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout()).train()
    assert seen(model) == []
    assert [event.code for event in seen(model, no_grad="report")] == ["DRP301"]


def test_a_layer_that_eval_does_not_reach_is_reported_with_its_path() -> None:
    hidden = nn.Dropout()
    model = Block(lambda x: hidden(x)).eval()
    (event,) = seen(model)
    assert (event.code, event.registered, event.module) == ("DRP401", False, "body.<closure hidden>")


def test_a_layer_that_is_built_on_each_call_is_told_from_one_that_is_kept() -> None:
    (event,) = seen(Block(lambda x: nn.Dropout(0.3)(x)).eval())
    assert (event.code, event.module_type) == ("DRP205", "Dropout")


def test_what_is_built_on_each_call_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[nn.Module] = []

    def look(module: nn.Module) -> bool:
        looks.append(module)
        return True

    monkeypatch.setattr(attribution, "_is_new", look)
    model = Block(lambda x: nn.Dropout(0.3)(x)).eval()
    with torch.no_grad(), DropoutMonitor() as monitor:
        for _ in range(5):
            model(torch.ones(3, 4))
    assert [(event.code, event.count) for event in monitor.events] == [("DRP205", 5)]
    assert len(looks) == 1


def test_a_layer_that_is_replaced_is_named_anew() -> None:
    model = nn.Sequential(nn.Dropout()).eval()
    for rate in (0.1, 0.2):
        model[0] = nn.Dropout(rate)
        (event,) = seen(model)
        assert (event.registered, event.module, event.p) == (True, "0", rate)


class ByDefault(nn.Module):
    """Keeps a layer as the default of an argument."""

    def forward(self, x: Tensor, drop: nn.Module = nn.Dropout()) -> Tensor:  # noqa: B008  # the mistake
        out: Tensor = drop(x)
        return out


def test_a_layer_that_is_a_default_is_told_from_one_that_is_built_on_each_call() -> None:
    (event,) = seen(ByDefault().eval())
    assert event.code == "DRP401"
    assert "a default of ByDefault.forward" in event.message


def test_expected_dropout_is_not_reported() -> None:
    model = Block(lambda x: F.dropout(x)).eval()
    with DropoutMonitor() as monitor, expected_dropout(reason="a test"):
        model(torch.ones(3, 4))
    assert monitor.events == ()


def test_the_innermost_monitor_alone_gets_an_event() -> None:
    model = Block(lambda x: F.dropout(x)).eval()
    with DropoutMonitor() as outer:
        with DropoutMonitor() as inner:
            model(torch.ones(3, 4))
        assert (len(outer.events), len(inner.events)) == (0, 1)
        model(torch.ones(3, 4))
    assert len(outer.events) == 1


def test_an_event_counts_how_often_its_line_ran() -> None:
    model = Block(lambda x: F.dropout(x)).eval()
    with DropoutMonitor() as monitor:
        for _ in range(3):
            model(torch.ones(3, 4))
    assert [event.count for event in monitor.events] == [3]


def with_dropout_switched_on(how: Callable[[nn.Module], object]) -> nn.Module:
    model = nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.Dropout()))
    model.eval()
    how(model)
    return model


def by_apply(module: nn.Module) -> None:
    if isinstance(module, nn.Dropout):
        module.train()


ON_PURPOSE: dict[str, Callable[[nn.Module], object]] = {
    "train() on the layer": lambda model: model[1][0].train(),  # type: ignore[index]
    "its flag": lambda model: setattr(model[1][0], "training", True),  # type: ignore[index]
    "apply": lambda model: model.apply(by_apply),
}


@pytest.mark.parametrize("how", ON_PURPOSE.values(), ids=ON_PURPOSE.keys())
def test_monte_carlo_dropout_is_told_from_layers_that_were_forgotten(how: Callable[[nn.Module], object]) -> None:
    install()
    model = with_dropout_switched_on(how)
    assert seen(model) == []
    with torch.no_grad(), DropoutMonitor(monte_carlo="report") as monitor:
        model(torch.ones(3, 4))
    assert [event.kind for event in monitor.events] == [EventKind.MONTE_CARLO]


FORGOTTEN: dict[str, Callable[[nn.Module], object]] = {
    "train() on a part": lambda model: model[1].train(),  # type: ignore[index]
    "added after eval()": lambda model: setattr(model, "1", nn.Dropout()),
}


@pytest.mark.parametrize("how", FORGOTTEN.values(), ids=FORGOTTEN.keys())
def test_a_part_in_train_mode_inside_a_model_in_eval_mode_is_reported(how: Callable[[nn.Module], object]) -> None:
    install()
    (event,) = seen(with_dropout_switched_on(how))
    assert (event.code, event.kind) == ("DRP305", EventKind.MIXED_MODE)


def test_a_new_head_may_be_trained_on_a_model_in_eval_mode() -> None:
    assert seen(with_dropout_switched_on(FORGOTTEN["train() on a part"]), grad=True) == []
