"""Which layers of a model depend on the mode, in which mode each is, and the report that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from torch import nn

from dropout_lint.io.printable import printable
from dropout_lint.runtime.modules.exported import FixedLayer, fixed_layers
from dropout_lint.runtime.modules.mode_sensitivity import function_reads_training, names_beside_training, reads_training
from dropout_lint.runtime.modules.module_paths import is_script, type_name, unwrapped, user_path
from dropout_lint.runtime.modules.unregistered import find_unregistered_modules


class LayerKind(str, Enum):
    """What train mode changes in a layer."""

    STOCHASTIC = "stochastic"  # it draws random numbers: dropout, stochastic depth, attention with dropout
    BATCH_STATS = "batch_stats"  # it uses, and updates, the statistics of its batch
    MODE_DEPENDENT = "mode_dependent"  # something else: losses of a detector, gradient checkpointing, ...


@dataclass(frozen=True)
class LayerState:
    """One layer whose forward depends on the mode."""

    path: str  # as the user writes it: "encoder.drop"; "" is the model itself
    type: str
    kind: LayerKind
    training: bool | None  # None: the layer keeps no mode (a frozen script module)
    p: float | None  # its drop probability, if it has one
    registered: bool  # False: `train()` and `eval()` of the model do not reach it
    inert: bool  # its settings make both modes equal: p=0, an LSTM of one layer, a norm without running statistics
    fixed: bool = False  # in an exported graph, where no call of `train()` or `eval()` changes it

    @property
    def mode(self) -> str:
        """``train``, ``eval`` or ``none``."""
        return "none" if self.training is None else "train" if self.training else "eval"


@dataclass(frozen=True)
class ModeReport:
    """The mode of every layer of one model that depends on it; ``print(report)`` shows a table."""

    model: str  # the class of the model
    layers: tuple[LayerState, ...]  # in the order of `named_modules`, then unregistered ones, then exported graphs

    @property
    def effective(self) -> tuple[LayerState, ...]:
        """The layers where the mode makes a difference."""
        return tuple(layer for layer in self.layers if not layer.inert)

    @property
    def mode(self) -> str:
        """``train``, ``eval``, ``mixed``, or ``independent`` if no layer depends on the mode."""
        modes = sorted({layer.mode for layer in self.effective if layer.training is not None})
        if len(modes) > 1:
            return "mixed"
        return modes[0] if modes else "independent"

    def __iter__(self) -> Iterator[LayerState]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def __str__(self) -> str:
        rows = [("path", "type", "kind", "mode", "p", "")]
        for layer in self.effective:
            rate = "" if layer.p is None else f"{layer.p:g}"
            note = "exported so" if layer.fixed else "" if layer.registered else "unregistered"
            rows.append((layer.path or "(itself)", layer.type, layer.kind.value, layer.mode, rate, note))
        table = [[printable(cell) for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(*table)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in table]
        inert = len(self.layers) - len(self.effective)
        head = f"{printable(self.model)}: {self.mode}, {len(self.effective)} layers depend on the mode"
        if inert:
            head += f" ({inert} more do by their class, and not with their settings)"
        return "\n".join([head, *lines] if len(rows) > 1 else [head])


@dataclass(frozen=True, eq=False)
class SensitiveModule:
    """A module whose forward depends on its mode, with what `LayerState` says of it except the mode."""

    path: str
    module: nn.Module
    kind: LayerKind
    p: float | None
    registered: bool = True
    inert: bool = False


def sensitive_modules(root: nn.Module, *, unregistered: bool = False) -> tuple[SensitiveModule, ...]:
    """The modules in ``root`` that depend on the mode, inert ones too; with ``unregistered``, also those it hides."""
    found = [_judged(user_path(root, path), module) for path, module in nn.Module.named_modules(root)]
    if unregistered:
        found += [_judged(path, module, registered=False) for path, module in find_unregistered_modules(root)]
    return tuple(layer for layer in found if layer is not None)


def mode_report(model: nn.Module) -> ModeReport:
    """In which mode each layer of ``model`` is that depends on it, those included that `eval()` does not reach."""
    layers = sensitive_modules(model, unregistered=True)
    return ModeReport(
        model=type_name(unwrapped(model)),
        layers=tuple(
            LayerState(
                path=layer.path,
                type=type_name(layer.module),
                kind=layer.kind,
                training=training_flag(layer.module),
                p=layer.p,
                registered=layer.registered,
                inert=layer.inert,
            )
            for layer in layers
        )
        + tuple(map(_fixed, fixed_layers(model))),
    )


def _fixed(layer: FixedLayer) -> LayerState:
    kind = LayerKind.BATCH_STATS if "norm" in layer.op else LayerKind.STOCHASTIC
    return LayerState(layer.path, layer.type, kind, layer.training, layer.p, registered=True, inert=False, fixed=True)


def training_flag(module: nn.Module) -> bool | None:
    """``module.training`` as a bool, or None where there is none: frozen script modules raise for it."""
    flag = module.__dict__.get("training")
    if flag is None:
        flag = getattr(module, "training", None)
    return flag if isinstance(flag, bool) else None


def _judged(path: str, module: nn.Module, *, registered: bool = True) -> SensitiveModule | None:
    if not depends_on_mode(module):
        return None
    p = drop_probability(module)
    kind = layer_kind(module, p)
    return SensitiveModule(path, module, kind, p, registered, inert=_is_inert(module, kind, p))


def depends_on_mode(module: nn.Module) -> bool:
    """Whether the forward of ``module`` itself, not of its children, reads its mode."""
    graph = _script_graph(module)
    if graph is not None:
        return 'name="training"' in graph
    own = module.__dict__.get("forward")
    return reads_training(type(module)) or (own is not None and function_reads_training(own))


def _script_graph(module: nn.Module) -> str | None:
    """The graph of a TorchScript module, which has no Python forward to look at; None for others."""
    if not is_script(module):
        return None
    try:
        return str(module.graph)
    except (AttributeError, RuntimeError):  # no forward: a container
        return ""


_DROPS = re.compile(r"drop|stochastic_?depth", re.IGNORECASE)
_NORM = re.compile(r"norm|^bn|evo", re.IGNORECASE)
_FUNCTIONS = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout")
_RATES = ("p", "dropout", "drop_prob", "drop_rate", "dropout_p", "dropout_prob", "attn_drop", "attention_dropout")
"""Attributes that hold a drop probability, in torch and in the libraries on top of it."""


def layer_kind(module: nn.Module, p: float | None) -> LayerKind:
    """What train mode changes in ``module``, which depends on it and has the drop probability ``p``."""
    stochastic = (nn.modules.dropout._DropoutNd, nn.RReLU, nn.RNNBase, nn.MultiheadAttention)
    if isinstance(module, stochastic) or _DROPS.search(type_name(module)):
        return LayerKind.STOCHASTIC
    if isinstance(module, nn.modules.batchnorm._NormBase) or _NORM.search(type_name(module)):
        return LayerKind.BATCH_STATS
    return LayerKind.STOCHASTIC if p or _drops_by_function(module) else LayerKind.MODE_DEPENDENT


def _drops_by_function(module: nn.Module) -> bool:
    """Whether `F.dropout` is called in a function that reads the flag.  A layer of its own that is called `dropout` is
    found by itself.
    """
    beside = names_beside_training(type(module))
    return any(name in beside and name not in module._modules and name not in module.__dict__ for name in _FUNCTIONS)


def drop_probability(module: nn.Module) -> float | None:
    """The first drop probability among the attributes of ``module`` that is not zero, or 0.0, or None without any."""
    rates = []
    for name in _RATES:
        value = module.__dict__.get(name)
        if value is None and _script_graph(module) is not None:
            value = getattr(module, name, None)  # script modules keep their constants elsewhere
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            rates.append(float(value))
    return next((rate for rate in rates if rate), 0.0) if rates else None


def _is_inert(module: nn.Module, kind: LayerKind, p: float | None) -> bool:
    if isinstance(module, (nn.TransformerEncoder, nn.TransformerEncoderLayer)):
        return True  # they read the mode only to choose the fast path
    if isinstance(module, nn.RNNBase):
        return not module.dropout or module.num_layers == 1
    if isinstance(module, nn.modules.batchnorm._NormBase):
        return module.running_mean is None and module.running_var is None
    return p == 0.0
