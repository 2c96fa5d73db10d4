"""How calls that drop, and the layers and functions that they call, show in a line of text."""

from __future__ import annotations

import re
from functools import lru_cache

from dropout_lint.io.late_pattern import late
from dropout_lint.lint.trigger import Confirm, Trigger
from dropout_lint.lint.trivial_calls import FUNCTIONS, LAYER_NAME, builds_properly, drops_properly, passes_no_rate
from dropout_lint.syntax.line_context import start_of_line

_FUNCTION_NAME = (
    rf"(?<!self\.)\b{FUNCTIONS}\b(?=\s*(?:\(|as\b|\\))"  # called, or renamed by an import
    rf"|^(?:\s*\w+\s*(?::[^=]+)?=\s*)?[\w.]*\b{FUNCTIONS}\s*(?:#|$)"  # or given another name
)
_FOLLOWED = r"\b(?=\s*(?:\(|as\b|\\|#|$))"
_RECURRENT = r"(?:LSTM|GRU|RNN)"
_ATTENTION = r"(?:MultiheadAttention|Transformer(?:(?:En|De)coderLayer)?)"


def _names_layer(names: str, most: int | None = None) -> Confirm:
    """Dismisses lines that name a layer without a dot before it, as prose does, if nothing imports it by name from
    ``torch.nn``; and calls with at most so many arguments without a name, and without a rate (None: no call).
    """
    dotted = late(rf"\.\s*{names}\b")
    imported = late(
        rf"from\s+torch\.nn\b[\w.]*\s+import\b(?:\s*\([^)]*\b{names}\b|(?:[^\n(\\]|\\\r?\n)*(?:\b{names}\b|\*))"
    )
    name = late(rf"\b{names}\b")

    def confirm(line: str, text: str, end: int) -> bool:
        if dotted.search(line) is None and imported.search(text) is None:
            return False
        return most is None or not passes_no_rate(name, most, line, text, end)

    return confirm


def _may_misuse(line: str, text: str, end: int) -> bool:
    return not drops_properly(line, text)


FUNCTIONAL = Trigger(("dropout",), _FUNCTION_NAME, confirm=_may_misuse)
"""Every way to name a dropout function.  ``self.dropout(x)`` is none."""

_KEPT = late(r"\b(?:(\w+)\.|partial\(\s*)dropout(?:[123]d)?\b(?!\s*[(=.\[])")


def _is_kept_function(line: str, text: str, end: int) -> bool:
    """Whether the name before the dot is that of torch's functions: `config.dropout` is a rate."""
    return not _names_of_functional(text).isdisjoint(_KEPT.findall(line))


@lru_cache(maxsize=8)
def _names_of_functional(text: str) -> frozenset[str]:
    """What ``text`` calls `torch.nn.functional`, and the empty name: each line of a file asks for its own."""
    return frozenset(("", "functional", *re.findall(r"\bfunctional\s+as\s+(\w+)", text)))


KEPT_FUNCTION = Trigger(("dropout",), _KEPT.pattern, confirm=_is_kept_function)
"""A dropout function that is not called but kept: ``partial(F.dropout, p=0.3)``, ``{"drop": F.dropout}``."""

_IS_TORCHS_LAYER = _names_layer(LAYER_NAME)


def _may_misbuild(line: str, text: str, end: int) -> bool:
    return _IS_TORCHS_LAYER(line, text, end) and not builds_properly(line, text, end)


ANY_LAYER = Trigger(("Dropout",), rf"{LAYER_NAME}{_FOLLOWED}", confirm=_IS_TORCHS_LAYER)
"""Every way to name a dropout layer."""

LAYERS = ANY_LAYER._replace(confirm=_may_misbuild)
"""The same for rules that judge the call: not ``self.drop = nn.Dropout(config.rate)``."""

RECURRENT = Trigger(("LSTM", "GRU", "RNN"), rf"\b{_RECURRENT}{_FOLLOWED}", confirm=_names_layer(_RECURRENT, 3))
"""Every way to name a recurrent layer."""


_OF_TORCH = late(r"\bscaled_dot_product_attention\b")
_OF_OTHERS = late(r"\b(?:memory_efficient_attention|flash_attn\w*_func)\b")


def _may_attend(line: str, text: str, end: int) -> bool:
    return not all(passes_no_rate(names, most, line, text, end) for names, most in ((_OF_TORCH, 4), (_OF_OTHERS, 1)))


RAW_ATTENTION = Trigger(
    ("scaled_dot_product_attention", "memory_efficient_attention", "flash_attn"),
    f"{_OF_TORCH.pattern}|{_OF_OTHERS.pattern}",
    confirm=_may_attend,
)
"""Attention that takes a rate and has no training flag."""

ATTENTION = RAW_ATTENTION | Trigger(
    ("MultiheadAttention", "Transformer"), rf"\b{_ATTENTION}{_FOLLOWED}", confirm=_names_layer(_ATTENTION, 2)
)
"""Every way to name attention that takes a rate."""

CHAINS = ANY_LAYER | FUNCTIONAL | Trigger(("drop",), r"drop\w*\(")
"""Every way to write two layers next to each other, one of which is dropout."""

_WRAPPED = late(r"\b\w*(?:LSTM|GRU|RNN)\w*(?=\()")


def _passes_rate(line: str, text: str, end: int) -> bool:
    """Whether the file speaks of dropout, and the call may: most that build something recurrent do not."""
    return "drop" in text and not passes_no_rate(_WRAPPED, 0, line, text, end)


WRAPPED_RECURRENT = Trigger(("LSTM", "GRU", "RNN"), rf"(?<!class ){_WRAPPED.pattern}", confirm=_passes_rate)
"""A call of something whose name says that it is recurrent."""

GRAPH = Trigger(
    ("dropout_", "mask_feature", "add_random_edge"),
    r"\b(?:dropout_(?:node|edge|path|adj)|mask_feature|add_random_edge)\b",
)
"""torch_geometric's helpers."""

DEPTH = Trigger(("stochastic_depth", "drop_block"), r"\b(?:stochastic_depth|drop_block[23]d)\b")
"""torchvision's stochastic depth and drop-block."""

CHECKPOINT = Trigger(("preserve_rng_state",), r"\bpreserve_rng_state\s*=\s*False\b")

_CALL = r"(?:self\.\w*drop\w*|[\w.]*\b(?:feature_)?(?:alpha_)?dropout(?:[123]d)?)\("
_BOUND = late(r"\s*(\w+)")


def _may_be_unread(line: str, text: str, end: int) -> bool:
    """Whether the name that the line binds may be read nowhere in its function: nearly always it is, a line later."""
    name = _BOUND.match(line)
    assert name is not None
    start, stop = max(text.rfind("def ", 0, end), 0), text.find("def ", end)
    read = re.compile(rf"\b{name[1]}\b(?!\s*=[^=])")
    after = read.search(text, end, len(text) if stop < 0 else stop)
    return after is None and read.search(text, start, start_of_line(text, end)) is None


DISCARDED = Trigger(("drop",), rf"^\s*{_CALL}") | Trigger(
    ("drop",), rf"^\s*[a-zA-Z]\w*\s*=\s*{_CALL}", confirm=_may_be_unread
)
"""A call that drops and whose result may go nowhere."""
