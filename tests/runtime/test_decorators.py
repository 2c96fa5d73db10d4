"""A decorator hides nothing: what runs below one is judged, and named, like its twin without."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402

from dropout_lint.runtime import DropoutMonitor, mode_report  # noqa: E402
from dropout_lint.runtime.watching.handle import Watch  # noqa: E402
from dropout_lint.testing import assert_no_active_dropout  # noqa: E402
from tests.runtime.nets import BATCH, Good, codes_of, failure  # noqa: E402

Function = Callable[..., Any]


@contextlib.contextmanager
def without_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def silently(function: Function) -> Function:
    """Does not say what it wraps."""

    def wrapper(*args: Any) -> Any:
        with torch.no_grad():
            return function(*args)

    return wrapper


class Around:
    """A decorator that is an object, and does not say what it wraps either."""

    def __init__(self, function: Function) -> None:
        self.function = function

    def __get__(self, owner: object, cls: type | None = None) -> Function:
        return functools.partial(self, owner)

    def __call__(self, *args: Any) -> Any:
        with torch.no_grad():
            return self.function(*args)


def both(*decorators: Function) -> Function:
    return lambda function: functools.reduce(lambda inner, decorator: decorator(inner), decorators, function)


AROUND: dict[str, Function] = {
    "no_grad()": torch.no_grad(),
    "no_grad": torch.no_grad,
    "inference_mode()": torch.inference_mode(),
    "set_grad_enabled(False)": lambda function: torch.set_grad_enabled(False)(function),
    "contextlib": without_gradients(),
    "one that does not say what it wraps": silently,
    "an object": Around,
    "autocast": both(torch.autocast("cpu", enabled=False), torch.no_grad()),
    "torch.compiler.disable": both(torch.no_grad(), torch.compiler.disable),
    "lru_cache": both(torch.no_grad(), functools.lru_cache),
}


@pytest.fixture(params=list(AROUND.values()), ids=list(AROUND))
def decorate(request: pytest.FixtureRequest) -> Function:
    decorator: Function = request.param
    return decorator


def call(model: nn.Module, x: Tensor) -> Any:
    return model(x)


def with_a_part_in_train_mode() -> Good:
    model = Good().eval()
    model.part.drop = nn.Dropout(0.5)
    return model


def test_the_monitor_sees_what_a_decorated_function_runs(decorate: Function) -> None:
    with DropoutMonitor() as monitor:
        decorate(call)(with_a_part_in_train_mode(), BATCH)
    assert [(event.code, event.module) for event in monitor.events] == [("DRP305", "part.drop")]


def test_the_monitor_reports_train_mode_in_a_decorated_function_when_asked_to(decorate: Function) -> None:
    with DropoutMonitor(no_grad="report") as monitor:
        decorate(call)(Good(), BATCH)
    assert {event.code for event in monitor.events} == {"DRP301"}


def test_the_monitor_is_quiet_in_a_decorated_function_where_all_is_in_eval_mode(decorate: Function) -> None:
    with DropoutMonitor(no_grad="report") as monitor:
        decorate(call)(Good().eval(), BATCH)
    assert monitor.events == ()


def test_the_watcher_sees_what_a_decorated_function_runs(decorate: Function) -> None:
    with Watch(report=()) as watch:
        predict = decorate(call)
        model, used = Good(), Good().eval()
        results = [predict(model, BATCH + number) for number in range(3)]
        results += [predict(used, BATCH + number) for number in range(3)]
    assert [(finding.name, finding.model) for finding in watch.findings] == [("inference-in-train-mode", "Good")]
    assert watch.findings[0].count == 3
    assert watch.findings[0].place.line == call.__code__.co_firstlineno + 1
    assert len(results) == 6


def test_an_assertion_in_a_decorated_function_says_what_it_says_elsewhere(decorate: Function) -> None:
    message = decorate(lambda: failure(assert_no_active_dropout, with_a_part_in_train_mode(), BATCH))()
    with torch.no_grad():
        assert message == failure(assert_no_active_dropout, with_a_part_in_train_mode(), BATCH)
    assert "DRP305" in message
    decorate(lambda: assert_no_active_dropout(Good().eval(), BATCH))()


def model_with_forward(forward: Function, *, p: float = 0.5) -> nn.Module:
    """A model without registered layers, whose mode matters only in ``forward``."""
    model: nn.Module = type("Decorated", (nn.Module,), {"forward": forward})()
    model.p = p  # type: ignore[assignment]
    return model


def test_a_decorated_forward_that_reads_the_mode_depends_on_it(decorate: Function) -> None:
    def forward(self: Any, x: Tensor) -> Tensor:
        return F.dropout(x, self.p, self.training)

    model = model_with_forward(decorate(forward))
    assert [layer.kind.value for layer in mode_report(model)] == ["stochastic"]
    assert codes_of(model.eval()) == []


def test_a_decorated_forward_that_does_not_read_the_mode_does_not_depend_on_it(decorate: Function) -> None:
    assert list(mode_report(model_with_forward(decorate(lambda self, x: F.dropout(x, self.p, False))))) == []


DROPS_ALWAYS = {
    "a helper below `checkpoint`": lambda self, x: checkpoint(always, x, use_reentrant=False),
    "a helper that is not to be compiled": torch.compiler.disable(lambda self, x: always(x)),
}


def always(x: Tensor) -> Tensor:
    return F.dropout(x, 0.5, training=True)


@pytest.mark.parametrize("forward", DROPS_ALWAYS.values(), ids=DROPS_ALWAYS.keys())
def test_a_function_that_the_compiler_leaves_alone_is_not_taken_for_a_compiled_one(forward: Function) -> None:
    model = model_with_forward(forward).eval()
    with torch.no_grad(), DropoutMonitor() as monitor:
        model(BATCH)
    (event,) = monitor.events
    assert event.code == "DRP207"  # the source at the line says why
    assert event.line == always.__code__.co_firstlineno + 1


def test_a_layer_that_is_a_default_of_a_decorated_forward_is_named() -> None:
    def forward(self: Any, x: Tensor, drop: nn.Module = nn.Dropout()) -> Any:  # noqa: B008  # the mistake
        return drop(x)

    model = model_with_forward(torch.no_grad()(forward)).eval()
    with torch.no_grad(), DropoutMonitor() as monitor:
        model(BATCH)
    (event,) = monitor.events
    assert "a default of Decorated.forward" in event.message


class Switched(nn.Module):
    """Overrides `train` below decorators."""

    def __init__(self) -> None:
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Any:
        return self.drop(x)

    @silently
    @torch.no_grad()  # type: ignore[untyped-decorator]
    def train(self, mode: bool = True) -> Any:
        return super().train(mode)


def test_the_line_that_set_the_mode_is_not_that_of_a_decorator_around_the_override() -> None:
    with Watch(report=()) as watch:
        Switched().train()
    first = test_the_line_that_set_the_mode_is_not_that_of_a_decorator_around_the_override.__code__.co_firstlineno
    assert [site.place.line for site in watch.report().switches] == [first + 2]
