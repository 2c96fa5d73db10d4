"""Which layers depend on the mode, found without a list of classes, and the report on them."""

from __future__ import annotations

import functools
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from dropout_lint.runtime import LayerKind, mode_report  # noqa: E402
from dropout_lint.runtime.modules.mode_report import sensitive_modules  # noqa: E402
from dropout_lint.runtime.modules.mode_sensitivity import reads_training  # noqa: E402
from tests.runtime.nets import Bad, Good  # noqa: E402

OF_TORCH = """
    AlphaDropout BatchNorm1d BatchNorm2d BatchNorm3d Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout GRU
    InstanceNorm1d InstanceNorm2d InstanceNorm3d LSTM LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyInstanceNorm1d
    LazyInstanceNorm2d LazyInstanceNorm3d MultiheadAttention RNN RReLU SyncBatchNorm TransformerEncoder
    TransformerEncoderLayer
""".split()  # noqa: SIM905  # a list of 26 lines says less


def test_the_classes_of_torch_that_depend_on_the_mode_are_these() -> None:
    classes = {name: value for name, value in vars(nn).items() if isinstance(value, type)}
    modules = {name for name, value in classes.items() if issubclass(value, nn.Module) and reads_training(value)}
    assert sorted(modules) == sorted(OF_TORCH)


class ByMethod(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return self._step(x)

    def _step(self, x: Tensor) -> Tensor:
        return F.dropout(x, 0.1, self.training)


class Chooses(nn.Module):
    """Reads the flag for something else, beside a layer that is called like a function."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.dropout(x)
        return out if self.training else out.softmax(-1)


class ByLambda(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return (lambda y: F.dropout(y, 0.1, self.training))(x)


class BySuper(ByMethod):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + 1


class ByProperty(nn.Module):
    @property
    def rate(self) -> float:
        return 0.1 if self.training else 0.0

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.rate)


def _same(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


class ByDecorator(nn.Module):
    @_same
    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(x, 0.1, self.training)


class ByCall(nn.Module):
    def __call__(self, x: Tensor) -> Tensor:
        return F.dropout(x, 0.1, self.training)


@pytest.mark.parametrize("cls", [ByMethod, ByLambda, BySuper, ByProperty, ByDecorator, ByCall])
def test_a_load_of_the_flag_is_found_wherever_forward_leads(cls: type[nn.Module]) -> None:
    assert reads_training(cls)


class Stores(nn.Module):
    """Sets the flag, and reads it only where no forward comes by."""

    def train(self, mode: bool = True) -> Stores:
        self.training = mode
        return self

    def summary(self) -> str:
        return f"training: {self.training}"

    def forward(self, x: Tensor) -> Tensor:
        return x


class Replaces(ByMethod):
    """Has another forward than its base, which never reads the flag."""

    def forward(self, x: Tensor) -> Tensor:
        return x


@pytest.mark.parametrize("cls", [Stores, Replaces, nn.Linear, nn.Sequential])
def test_a_class_whose_forward_reads_no_flag_does_not_depend_on_it(cls: type[nn.Module]) -> None:
    assert not reads_training(cls)


def test_a_forward_set_on_the_instance_is_looked_at() -> None:
    module = nn.Identity()
    module.forward = lambda x: F.dropout(x, 0.1, module.training)  # type: ignore[assignment,method-assign]
    assert [layer.path for layer in sensitive_modules(module)] == [""]


class GraphLayer(nn.Module):
    """Keeps its rate as a number, as torch_geometric does."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)


@pytest.mark.parametrize(
    ("module", "kind", "inert"),
    [
        (nn.Dropout(0.2), LayerKind.STOCHASTIC, False),
        (nn.Dropout(0.0), LayerKind.STOCHASTIC, True),
        (nn.LSTM(2, 2, 2, dropout=0.1), LayerKind.STOCHASTIC, False),
        (nn.LSTM(2, 2, 1), LayerKind.STOCHASTIC, True),
        (nn.MultiheadAttention(2, 1), LayerKind.STOCHASTIC, True),
        (nn.BatchNorm2d(2), LayerKind.BATCH_STATS, False),
        (nn.InstanceNorm2d(2), LayerKind.BATCH_STATS, True),
        (nn.InstanceNorm2d(2, track_running_stats=True), LayerKind.BATCH_STATS, False),
        (GraphLayer(0.6), LayerKind.STOCHASTIC, False),
        (GraphLayer(0.0), LayerKind.MODE_DEPENDENT, True),
        (ByMethod(), LayerKind.STOCHASTIC, False),
        (Chooses(), LayerKind.MODE_DEPENDENT, False),
    ],
    ids=lambda value: str(value).replace("\n", "")[:30],
)
def test_a_layer_has_a_kind_and_may_be_inert(module: nn.Module, kind: LayerKind, inert: bool) -> None:
    (layer,) = sensitive_modules(module)
    assert (layer.kind, layer.inert) == (kind, inert)


def test_a_report_prints_as_a_table() -> None:
    model = Bad().eval()
    model.part.train()
    assert str(mode_report(model)).splitlines() == [
        "Bad: mixed, 2 layers depend on the mode",
        "path       type         kind         mode   p",
        "part.drop  Dropout      stochastic   train  0.5",
        "norm       BatchNorm1d  batch_stats  eval",
    ]


def test_a_report_is_data() -> None:
    report = mode_report(Good().train())
    assert report.mode == "train"
    assert [(layer.path, layer.training, layer.p) for layer in report] == [
        ("", True, None),
        ("part.drop", True, 0.5),
        ("norm", True, None),
    ]
    assert mode_report(nn.Linear(1, 1)).mode == "independent"
