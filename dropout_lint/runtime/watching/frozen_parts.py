"""Which layers of a root are in a part of it that is frozen: none of the part's parameters wants a gradient.

Left out are target networks (a frozen part of the same shape as a trained one, which follows it by its own means), and
dropout where parameters are frozen here and there, as adapters and the lower layers of a fine-tuned stack are: the
dropout among them is part of the training.  Batch norm that is frozen should learn no statistics, wherever it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch import nn

from dropout_lint.runtime.modules.module_paths import user_path
from dropout_lint.runtime.record.events import Kind, Layer


def frozen_parts(module: nn.Module, layers: Sequence[Layer]) -> tuple[str, ...]:
    """For each of ``layers``, the path of the largest frozen part that it is in; "" for those in none."""
    shapes = {user_path(module, name): tuple(p.shape) for name, p in module.named_parameters()}
    wants = {user_path(module, name): p.requires_grad for name, p in module.named_parameters()}
    frozen, trained = around(n for n in wants if not wants[n]), around(n for n in wants if wants[n])
    if not frozen or not trained or not frozen - trained:
        return ("",) * len(layers)
    beside = _branches(frozen | trained)
    apart = all(branch not in frozen or branch not in trained for branch in beside)
    found: dict[str, str] = {}  # a frozen part -> itself, or "" where it does not count
    parts = []
    for layer in layers:
        part = _part(layer.path, frozen, trained)
        if part and part not in found:
            found[part] = "" if _has_trained_twin(part, shapes, frozen | trained, trained) else part
        counts = layer.kind is Kind.BATCH_STATS or (apart and part in beside)
        parts.append(found.get(part, "") if counts else "")
    return tuple(parts)


def around(names: Iterable[str]) -> set[str]:
    """The paths of all modules that contain one of the parameters ``names``."""
    return {name[:end] for name in names for end in [0, *(i for i, char in enumerate(name) if char == ".")]}


def _branches(having: set[str]) -> set[str]:
    """The first modules below the root that are side by side."""
    base = ""
    while True:
        below = {path for path in having if path and path.rpartition(".")[0] == base}
        if len(below) != 1:
            return below
        (base,) = below


def _part(path: str, frozen: set[str], trained: set[str]) -> str:
    """The largest frozen module around the layer ``path``, if the smallest one that has parameters is frozen."""
    while path and path not in frozen and path not in trained:
        path = path.rpartition(".")[0]
    part = ""
    while path and path not in trained:
        part, path = path, path.rpartition(".")[0]
    return part


def _has_trained_twin(part: str, shapes: dict[str, tuple[int, ...]], having: set[str], trained: set[str]) -> bool:
    own = _inside(part, shapes)
    return any(other in trained and _inside(other, shapes) == own for other in having if other != part)


def _inside(part: str, shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    start = f"{part}." if part else ""
    return {name[len(start) :]: shape for name, shape in shapes.items() if name.startswith(start)}
