"""Is an active operator a mistake?  Decided by the modes of the modules that are being called, and by grad mode."""

from __future__ import annotations

from typing import Any

from torch import fx, nn
from torch.nn.utils.parametrize import ParametrizationList

from dropout_lint.runtime.hooks.deliberate_modes import is_deliberate
from dropout_lint.runtime.modules.exported import is_exported, is_unflattened, refuses_modes
from dropout_lint.runtime.modules.mode_report import depends_on_mode, training_flag
from dropout_lint.runtime.modules.module_paths import wrapped_by
from dropout_lint.runtime.monitoring.event import EventKind
from dropout_lint.runtime.stack.attribution import is_registered


def kind_of(modules: tuple[nn.Module, ...], *, grad: bool, grad_tells: bool) -> EventKind | None:
    """What is wrong with an operator that is active below ``modules``, innermost first; None if nothing is.

    ``grad_tells`` is False where grad mode says nothing of training: inside `autograd.Function`, and in `update_bn`.
    """
    # A wrapper's own flag decides nothing, and often lags behind: DataParallel of a model that was switched later.
    own = [module for module in modules if not wrapped_by(module)]
    if not own:
        return None
    inner = flag_of(own[0])
    if inner is None:
        # It has no mode to switch: an exported program is trained with gradients, and used without.
        return EventKind.ACTIVE_IN_EVAL if not grad or not is_exported(own[0]) else None
    if not inner:
        return EventKind.ACTIVE_IN_EVAL
    if any(flag_of(module) is False for module in own[1:]):
        # With gradients, a part in train mode inside a model in eval mode is how a new head is trained.
        if (grad or not grad_tells) and is_registered(modules[-1], own[0]):
            return None
        # Monte Carlo dropout switches layers, and does not look for what a weight is computed by.
        computes_weight = any(isinstance(module, ParametrizationList) for module in own)
        return EventKind.MONTE_CARLO if is_deliberate(own[0]) and not computes_weight else EventKind.MIXED_MODE
    return EventKind.NO_GRAD_TRAIN_MODE if not grad and grad_tells else None


def acting(modules: tuple[nn.Module, ...], *, opaque: bool) -> tuple[nn.Module, ...]:
    """``modules`` with the layer before them that most likely ran the operator, where the innermost one is ``opaque``.

    A compiled or scripted module shows no layers.  One of them that is in train mode, below one in eval mode, ran it.
    """
    if not opaque or not modules or flag_of(modules[0]):
        return modules
    parts = (part for part in nn.Module.modules(modules[0]) if part is not modules[0])
    layer = next((part for part in parts if flag_of(part) and depends_on_mode(part)), None)
    return modules if layer is None else (layer, *modules)


def flag_of(module: nn.Module) -> bool | None:
    """The mode of ``module``, or None if its flag says nothing: an exported graph is in train mode until it is not."""
    flag = training_flag(module)
    return None if refuses_modes(module) or (flag and is_unflattened(module)) else flag


def is_frozen_graph(module: nn.Module) -> bool:
    """Whether ``module`` was traced, scripted or exported: what was active then may be active for ever."""
    names = {base.__name__ for base in type(module).__mro__}
    traced = "TopLevelTracedModule" in names or "TracedModule" in names
    return isinstance(module, fx.GraphModule) or traced or is_unflattened(module)


def imitates_instance_norm(op: str, args: tuple[Any, ...]) -> bool:
    """Whether this is batch norm over one sample whose channels hold the real batch, as adaptive instance norm does."""
    return op == "batch_norm" and args[0].shape[0] == 1
