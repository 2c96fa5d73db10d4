"""Which functions of a file can lead to a place where a mode matters?  By the words in them, without parsing.

Most functions run no model, and analysing them would find nothing.  The answer may name too many, and too few only
where a function is reached under a name that is computed.
"""

from __future__ import annotations

import builtins
import keyword
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from dropout_lint.mode_units import Unit, code_of, imports, units
from dropout_lint.typestate.intent import PREDICTS
from dropout_lint.typestate.libraries import HARMLESS_LIBRARIES

# What stands near a forward pass whose mode is judged: gradients are switched, a loss goes back, a module is exported.
_HAPPENS = re.compile(r"no_grad|inference_mode|set_grad_enabled|enable_grad|backward\(")
_HAPPENS_WORDS = ("_grad", "inference_mode", "backward(")  # a substring is found much faster than a pattern
_EVALUATES = re.compile(r"(?i)eval|valid|test|infer|predict|score|accuracy")
_MAKES = re.compile(r"_*(?:init|reset_param)\w*|\w*[^\W_]_")  # torch ends the names of what fills tensors so: `normal_`
_EXPORTS = re.compile(r"\btrace\w*\(|export\(|reveal_mode")
_EXPORT_WORDS = ("trace", "export(", "reveal_mode")
# A program that predicts without a word about gradients loads weights, and reads its results.
_LOADS = re.compile(r"load_state_dict|load_from_checkpoint|from_pretrained|torch\.load\(|pretrained\s*=|weights\s*=")
_HUMPS = re.compile(r"(?<=[a-z0-9])([A-Z])")
_WORD = re.compile(r"[^\W\d]\w*")
# A call of a plain name or of an attribute of `self`, and calls that are likely ones of a module whatever holds it.
_CALL = re.compile(r"(?<![\w.])(?<!def )(?:self\.)?(\w+)\(")
_RUNS = re.compile(
    r"\]\(|\.(?!inference_mode)(?:forward|generate|module|\w*(?:model|net|encode|decode|backbone|predict|classif|head|embed|infer|sample)\w*)\("
)
_ABSTRACT = re.compile(r"NotImplemented|abstractmethod|^[ \t]+(?:pass|\.\.\.)[ \t]*$", re.MULTILINE)
_CLASS = re.compile(r"_*[A-Z]\w*[a-z]")
FOREIGN = frozenset({"torch", *HARMLESS_LIBRARIES, *sys.stdlib_module_names})
"""Packages whose functions run no model of the project."""
_PLAIN = frozenset(dir(builtins)).union(keyword.kwlist)
_TORCH = re.compile(r"^[ \t]*(?:from|import)[ \t][^\n]*torch", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """What matters of a unit: where it stands, how others call it, and the words in it."""

    line: int
    called: str
    leads_on: bool  # whether it is worth following for the sake of what it speaks of
    happens: bool  # whether a mode may matter right in it
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outline:
    """The words of one file, as far as they can lead anywhere."""

    parts: tuple[Part, ...]
    hands_on: bool  # it offers what it imports to others


@dataclass(frozen=True, slots=True)
class Reach:
    """What in one file leads to where a mode matters."""

    lines: frozenset[int]  # of ``def`` statements; 0 stands for the code outside of functions
    names: frozenset[str]  # the words with which others get there


NOTHING = Reach(frozenset(), frozenset())


def outline(text: str) -> Outline:
    """The words of ``text``, by function."""
    text = code_of(text)
    known = units(text)
    speaks_of_torch = "torch" in text and (_TORCH.search(text) is not None or "import *" in text)
    loads = speaks_of_torch and "backward(" not in text and _LOADS.search(text) is not None
    happening = {unit for unit in known if _happens(unit, loads)} if speaks_of_torch else set()
    if happening:
        happening &= _running(known, text)
    parts = tuple(
        Part(
            unit.line,
            called,
            unit.name != "forward",
            unit in happening,
            _words_of(unit, called),
        )
        for unit in known
        for called in _words_for(unit)
    )
    gathers = not any(unit.name for unit in known)  # an `__init__` that gathers what its package offers
    return Outline(parts, gathers or any("*" in names for _, names in imports(text)))


def _words_of(unit: Unit, called: str) -> frozenset[str]:
    """The words in ``unit``.  Its own name counts if it stands there again: ``predict`` may call ``model.predict``."""
    words = _WORD.findall(unit.text)
    return frozenset(words) if words.count(called) > 1 else frozenset(words) - {called}


def _words_for(unit: Unit) -> tuple[str, ...]:
    """The words with which others likely call ``unit``: ``predictor(x)`` runs ``Predictor.__call__``."""
    if unit.name != "__call__":
        return (unit.called,)
    return (unit.called, _HUMPS.sub(r"_\1", unit.called).lower())


def reach(own: Outline, imported: Iterable[Reach]) -> Reach:
    """What leads to where a mode matters, in a file itself or through what it imports from ``imported`` files."""
    others = tuple(imported)
    wanted = {name for other in others for name in other.names}
    found = [part for part in own.parts if part.happens]
    todo = [part for part in own.parts if part.leads_on and not part.happens]
    new = found
    while new or wanted:
        wanted |= {part.called for part in new}
        wanted.discard("")
        new = [part for part in todo if not wanted.isdisjoint(part.words)]
        if not new:
            break
        found = found + new
        todo = [part for part in todo if part not in new]
    passed = others if own.hands_on else ()
    return Reach(
        frozenset(part.line for part in found),
        frozenset(part.called for part in found if part.called).union(*(other.names for other in passed)),
    )


def _running(known: tuple[Unit, ...], text: str) -> frozenset[Unit]:
    """Those of ``known`` that may run a model: they call what is no function of the file that cannot, no class, and
    nothing that other packages define.
    """
    defined = {unit.name for unit in known}
    foreign = {name for module, names in imports(text) if module.partition(".")[0] in FOREIGN for name in names}
    called = {unit: frozenset(_CALL.findall(unit.text)) - _PLAIN - foreign for unit in known}
    found = {
        unit
        for unit in known
        if any(name not in defined and _CLASS.match(name) is None for name in called[unit])
        or _RUNS.search(unit.text) is not None
        or _ABSTRACT.search(unit.text) is not None  # what runs stands in a class that derives from this one
        or _exports(unit)
    }
    todo = [unit for unit in known if unit not in found]
    new = {unit.name for unit in found}
    while new:
        more = {unit for unit in todo if not new.isdisjoint(called[unit])}
        found |= more
        todo = [unit for unit in todo if unit not in more]
        new = {unit.name for unit in more}
    return frozenset(found)


def _exports(unit: Unit) -> bool:
    return any(word in unit.text for word in _EXPORT_WORDS) and _EXPORTS.search(unit.text) is not None


def _happens(unit: Unit, loads: bool) -> bool:
    if _exports(unit):
        return True
    if unit.name == "forward" or _MAKES.fullmatch(unit.name):
        return False  # a forward pass is one thing, whatever it does inside; what is being made has no weights yet
    if any(word in unit.text for word in _HAPPENS_WORDS) and _HAPPENS.search(unit.text) is not None:
        return True
    reads = loads or _EVALUATES.search(unit.name) is not None
    return reads and PREDICTS.search(unit.text) is not None
