"""Base classes that a file chooses: ``Base = nn.Module``, and under a condition ``Base = torch.jit.ScriptModule``."""

from __future__ import annotations

import ast

from dropout_lint.names import names_of
from dropout_lint.syntax.source import Source

_MODULES = frozenset({"torch.nn.Module", "torch.nn.modules.module.Module", "torch.jit.ScriptModule"})


def name_of_base(base: ast.expr, source: Source) -> str | None:
    """The dotted name of ``base``, None if it is not certain; ``torch.nn.Module`` also for a name that ``source`` gives
    module classes of torch and nothing else.
    """
    known = names_of(source).resolve(base)
    if known is not None or not isinstance(base, ast.Name):
        return known
    choices = names_of(source).bindings_in(source.tree).by_name.get(base.id, ())
    names = [None if choice.value is None else names_of(source).resolve(choice.value) for choice in choices]
    return "torch.nn.Module" if names and _MODULES.issuperset(names) else None


def without_subscript(base: ast.expr) -> ast.expr:
    """``Generic[T]`` is a base called ``Generic``."""
    return base.value if isinstance(base, ast.Subscript) else base
