"""What torch wraps around a model changes neither the paths that a user reads nor what is found."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402
from torch.autograd import Function  # noqa: E402
from torch.optim.swa_utils import AveragedModel  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402

from dropout_lint.runtime import mode_report  # noqa: E402
from dropout_lint.testing import assert_eval_mode, assert_eval_propagates, assert_no_active_dropout  # noqa: E402
from tests.runtime.nets import BATCH, Bad, Good, codes_of, events_of, failure, paths_of  # noqa: E402

Wrap = Callable[[nn.Module], nn.Module]


def scripted(model: nn.Module) -> nn.Module:
    module: nn.Module = torch.jit.script(model)
    return module


def traced(model: nn.Module) -> nn.Module:
    module: nn.Module = torch.jit.trace(model, BATCH, check_trace=False)
    return module


def frozen(model: nn.Module) -> nn.Module:
    module: nn.Module = torch.jit.freeze(scripted(model.eval()))
    return module


def exported(model: nn.Module) -> nn.Module:
    module: nn.Module = torch.export.export(model, (BATCH,)).module()
    return module


def quantized(model: nn.Module) -> nn.Module:
    module: nn.Module = torch.ao.quantization.quantize_dynamic(model, {nn.Linear})
    return module


def compiled(model: nn.Module) -> nn.Module:
    torch._dynamo.reset()
    module: nn.Module = torch.compile(model, backend="eager", fullgraph=True)
    return module


def in_place(model: nn.Module) -> nn.Module:
    torch._dynamo.reset()
    model.compile(backend="eager")
    return model


LIVE: dict[str, Wrap] = {
    "DataParallel": nn.DataParallel,
    "AveragedModel": AveragedModel,
    "compile": compiled,
    "m.compile()": in_place,
    "script": scripted,
    "fx": torch.fx.symbolic_trace,
    "quantized": quantized,
}
"""Wrappers whose layers still follow `train()` and `eval()`."""

BAKED: dict[str, Wrap] = {"trace": traced, "freeze": frozen, "export": exported}
"""Wrappers that fix the mode."""

ALL = LIVE | BAKED

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.mark.parametrize("wrap", ALL.values(), ids=ALL.keys())
def test_a_good_model_in_eval_mode_is_quiet(wrap: Wrap) -> None:
    model = wrap(Good().eval())
    assert codes_of(model) == []
    assert codes_of(model, grad=True) == []
    assert_eval_mode(model)
    assert_no_active_dropout(model, BATCH)


@pytest.mark.parametrize("wrap", ALL.values(), ids=ALL.keys())
def test_dropout_that_ignores_eval_is_found_below_the_wrapper(wrap: Wrap) -> None:
    ((code, path),) = codes_of(wrap(Bad().eval()))
    assert code in ("DRP201", "DRP306")
    assert path == ""


@pytest.mark.parametrize("wrap", LIVE.values(), ids=LIVE.keys())
def test_paths_are_those_of_the_model_inside(wrap: Wrap) -> None:
    report = mode_report(wrap(Good().eval()))
    assert [layer.path for layer in report if layer.path] == ["part.drop", "norm"]
    assert report.model == "Good"


@pytest.mark.parametrize("wrap", LIVE.values(), ids=LIVE.keys())
def test_training_is_quiet_below_the_wrapper(wrap: Wrap) -> None:
    assert codes_of(wrap(Good().train()).train(), grad=True) == []


@pytest.mark.parametrize("name", ["DataParallel", "AveragedModel", "compile", "script", "quantized"])
def test_eval_reaches_the_layers_through_the_wrapper(name: str) -> None:
    assert_eval_propagates(LIVE[name](Good()))


def test_a_graph_traced_in_train_mode_stays_on() -> None:
    model = traced(Good().train()).eval()
    assert {code for code, _ in codes_of(model)} == {"DRP306"}
    assert "graph of `Good`" in failure(assert_no_active_dropout, model, BATCH)


def test_functional_dropout_in_a_graph_of_fx_stays_on() -> None:
    model = torch.fx.symbolic_trace(Good().train()).eval()
    assert codes_of(model) == [("DRP306", "")]


def test_a_program_exported_in_train_mode_is_found_without_gradients_alone() -> None:
    model = exported(Good().train())
    assert {code for code, _ in codes_of(model)} == {"DRP306"}
    assert codes_of(model, grad=True) == []  # exported programs are trained, too
    assert "rule: DRP306" in failure(assert_eval_propagates, model)
    assert "NotImplementedError" in failure(assert_eval_propagates, exported(Good().eval()))


@pytest.mark.parametrize("wrap", [compiled, scripted], ids=["compile", "script"])
def test_a_layer_left_in_train_mode_is_named_though_no_frame_shows_it(wrap: Wrap) -> None:
    model = Good().eval()
    model.part.train()
    assert codes_of(wrap(model)) == [("DRP305", "part.drop")]


@pytest.mark.skipif(not any(map(shutil.which, ("c++", "g++", "clang++"))), reason="inductor needs a C++ compiler")
def test_what_inductor_fuses_is_seen_by_assertions_alone() -> None:
    torch._dynamo.reset()
    good, bad = (torch.compile(cls().eval(), fullgraph=True) for cls in (Good, Bad))
    assert codes_of(good) == []
    assert codes_of(bad) == []  # a known blind spot of the monitor
    assert_no_active_dropout(good, BATCH)
    assert "DRP201" in failure(assert_no_active_dropout, bad, BATCH)


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_a_new_head_may_be_trained_in_a_compiled_model(backend: str) -> None:
    torch._dynamo.reset()
    model = Good().eval()
    model.part.train()
    assert codes_of(torch.compile(model, backend=backend), grad=True) == []


def test_the_flag_of_a_wrapper_that_was_switched_past_says_nothing() -> None:
    model = nn.DataParallel(Good()).eval()
    model.module.train()
    assert codes_of(model) == []


@pytest.mark.parametrize("reentrant", [True, False])
def test_recomputation_in_training_is_quiet(reentrant: bool) -> None:
    from dropout_lint.runtime import DropoutMonitor

    model = Good().train()
    with DropoutMonitor(no_grad="report") as monitor:
        checkpoint(model, BATCH.clone().requires_grad_(), use_reentrant=reentrant).sum().backward()
    assert monitor.events == ()


def test_update_bn_is_quiet() -> None:
    from dropout_lint.runtime import DropoutMonitor

    with DropoutMonitor(no_grad="report") as monitor:
        torch.optim.swa_utils.update_bn([BATCH, BATCH], Good())
    assert monitor.events == ()


def test_a_thread_that_runs_the_model_is_watched() -> None:
    from concurrent.futures import ThreadPoolExecutor

    from dropout_lint.runtime import DropoutMonitor

    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()  # the thread is older than the monitor
        with DropoutMonitor() as monitor:
            pool.submit(Bad().eval(), BATCH).result()
    assert [event.code for event in monitor.events] == ["DRP201"]


@pytest.mark.parametrize("seen", [lambda m: paths_of(m), lambda m: events_of(m)], ids=["report", "monitor"])
def test_nested_wrappers_are_seen_through(seen: Callable[[nn.Module], object]) -> None:
    assert seen(nn.DataParallel(compiled(Good().eval()))) == seen(Good().eval())


class Doubles(Function):
    """Runs a model inside, where gradients are off."""

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        out: Tensor = Good().train()(x)
        return out

    @staticmethod
    def backward(ctx: object, *gradients: Tensor) -> Tensor:
        return gradients[0]


def test_grad_mode_inside_an_autograd_function_says_nothing() -> None:
    from dropout_lint.runtime import DropoutMonitor

    with DropoutMonitor(no_grad="report") as monitor:
        Doubles.apply(BATCH.clone().requires_grad_())  # type: ignore[no-untyped-call]
    assert monitor.events == ()
