"""Finds modules that drop by a function, `F.dropout(x, training=self.training)`, and so have no dropout layer."""

from __future__ import annotations

from types import FunctionType

from torch import nn

_DROPS = frozenset({"dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"})


def drops_by_function(module: nn.Module) -> bool:
    """Whether a method of ``module``'s class uses a dropout function and the mode together.

    A layer of the module's own that is called `dropout` is none: it is found by itself.
    """
    names = {name for name in _DROPS if name not in module._modules and name not in module.__dict__}
    return any(
        isinstance(member, FunctionType)
        and "training" in member.__code__.co_names
        and not names.isdisjoint(member.__code__.co_names)
        for cls in type(module).__mro__
        if cls not in (nn.Module, object)
        for member in vars(cls).values()
    )
