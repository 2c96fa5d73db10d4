"""The functions of a file in which a mode may matter, by the words in them."""

from __future__ import annotations

import builtins
import keyword
import re
import sys
from functools import cached_property

from dropout_lint.knowledge.vocabulary import PREDICTS
from dropout_lint.syntax.outline import Unit, imports
from dropout_lint.typestate.domain.library_facts import HARMLESS_LIBRARIES

# What stands near a forward pass whose mode is judged: gradients are switched, a loss goes back, a module is exported.
# Each pattern matches only where one of its words stands: a word is found much faster than a pattern.
_SWITCHES = re.compile(r"no_grad|inference_mode|set_grad_enabled|enable_grad|backward\(")
_SWITCH_WORDS = ("no_grad", "inference_mode", "set_grad_enabled", "enable_grad", "backward(")
_EXPORTS = re.compile(r"\btrace\w*\(|export\(|reveal_mode")
_EXPORT_WORDS = ("trace", "export(", "reveal_mode")
_PREDICT_WORDS = (
    *("argmax", "softmax", "topk", ".max(", "sigmoid", ".cpu(", ".numpy(", ".item("),
    *("imwrite", "save_image", "decode(", "accuracy"),
)
# In a file that loads weights and trains nothing, whatever reads numbers may read a prediction.
_READ_WORDS = (*_PREDICT_WORDS, "print(", "tolist(", "torch.save(", ".data", "> ", "< ")
_READS = re.compile(rf"{PREDICTS.pattern}|\bprint\(|\.tolist\(|torch\.save\(|\.data\b|\) [<>]=? ")
_DEFINES_EVALUATION = re.compile(r"def[ \t]+\w*(?i:eval|valid|test|infer|predict|score|accuracy)")
_EVALUATES = re.compile(r"(?i)eval|valid|test|infer|predict|score|accuracy")
# What is being made has no weights yet: torch ends the names of what fills tensors as in `normal_`.
_MAKES = re.compile(r"_*(?:init|reset_param)\w*|\w*[^\W_]_")
# A program that predicts without a word about gradients loads weights, and reads its results.
_LOADS = re.compile(r"load_state_dict|load_from_checkpoint|from_pretrained|torch\.load\(|pretrained\s*=|weights\s*=")
_LOAD_WORDS = ("load", "pretrained", "weights")
# A call of a plain name or of an attribute of `self`, and calls that are likely ones of a module whatever holds it.
_CALL = re.compile(r"(?<![\w.])(?<!def )(?:self\.)?(\w+)\(")
_METHOD = re.compile(r"\.(\w+)\(")
_RUNS = re.compile(
    r"\]\(|\.(?!inference_mode)(?:forward|generate|module|\w*(?:model|net|encode|decode|backbone|predict|classif|head|embed|infer|sample)\w*)\("
)
_ABSTRACT = re.compile(r"NotImplemented|abstractmethod|^[ \t]+(?:pass|\.\.\.)[ \t]*$", re.MULTILINE)
_CLASS = re.compile(r"_*[A-Z]\w*[a-z]")
FOREIGN = frozenset({"torch", *HARMLESS_LIBRARIES, *sys.stdlib_module_names})
"""Packages whose functions run no model of the project."""
_PLAIN = frozenset(dir(builtins)).union(keyword.kwlist)
_TORCH = re.compile(r"\n[ \t]*(?:from|import)[ \t][^\n]*torch")


def may_hold_sinks(text: str) -> bool:
    """Whether a mode may matter anywhere in ``text``; most files are dismissed so, before more is asked of them."""
    if "torch" not in text:
        return False
    if _mentions(text, _SWITCH_WORDS) or (_mentions(text, _EXPORT_WORDS) and _EXPORTS.search(text) is not None):
        return True
    if not _mentions(text, _READ_WORDS):
        return False
    return _DEFINES_EVALUATION.search(text) is not None or _LOADS.search(text) is not None


def sinks_in(known: tuple[Unit, ...], text: str) -> frozenset[Unit]:
    """Those of ``known``, the functions of ``text``, in which a mode may matter."""
    if not ("torch" in text and ("import *" in text or _TORCH.search(f"\n{text}") is not None)):
        return frozenset()
    found: set[Unit] = set()
    if _mentions(text, _EXPORT_WORDS):
        found.update(filter(_exports, known))
    # A forward pass is one thing, whatever it does inside.
    followed = [unit for unit in known if unit.name != "forward" and _MAKES.fullmatch(unit.name) is None]
    if _mentions(text, _SWITCH_WORDS):
        found.update(filter(_switches, followed))
    if _mentions(text, _READ_WORDS) and _loads(text):
        found.update(unit for unit in followed if _READS.search(unit.text) is not None)
    elif _mentions(text, _PREDICT_WORDS):
        readers = [unit for unit in followed if _EVALUATES.search(unit.name) is not None]
        found.update(unit for unit in readers if PREDICTS.search(unit.text) is not None)
    calls = _Calls(known, text)
    return frozenset(unit for unit in found if calls.may_run_a_model(unit))


def _loads(text: str) -> bool:
    """Whether ``text`` loads weights, and trains nothing."""
    return "backward(" not in text and _mentions(text, _LOAD_WORDS) and _LOADS.search(text) is not None


def _mentions(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)


def _exports(unit: Unit) -> bool:
    return _mentions(unit.text, _EXPORT_WORDS) and _EXPORTS.search(unit.text) is not None


def _switches(unit: Unit) -> bool:
    return _mentions(unit.text, _SWITCH_WORDS) and _SWITCHES.search(unit.text) is not None


class _Calls:
    """What the functions of a file call."""

    def __init__(self, known: tuple[Unit, ...], text: str) -> None:
        self._text = text
        self._defined: dict[str, list[Unit]] = {}
        for unit in known:
            self._defined.setdefault(unit.name, []).append(unit)
        self._methods = self._defined.keys()  # `model.get_loss(x)`

    def may_run_a_model(self, unit: Unit) -> bool:
        """Whether ``unit``, or a function that it leads to, calls what is no function of the file, no class, and
        nothing that other packages define.
        """
        seen = {unit}
        todo = [unit]
        while todo:
            each = todo.pop()
            if self._runs(each):
                return True
            names = set(_CALL.findall(each.text)) - self._foreign
            names |= set(_METHOD.findall(each.text)) & self._methods
            new = {other for name in names for other in self._defined.get(name, ())}
            todo += new - seen
            seen |= new
        return False

    def _runs(self, unit: Unit) -> bool:
        return (
            any(self._is_from_elsewhere(call[1]) for call in _CALL.finditer(unit.text))
            or _RUNS.search(unit.text) is not None
            or _ABSTRACT.search(unit.text) is not None  # what runs stands in a class that derives from this one
            or _exports(unit)
        )

    def _is_from_elsewhere(self, name: str) -> bool:
        return name not in self._defined and name not in self._foreign and _CLASS.match(name) is None

    @cached_property
    def _foreign(self) -> frozenset[str]:
        """The names of Python, and what other packages define."""
        from_others = (names for module, names in imports(self._text) if module.partition(".")[0] in FOREIGN)
        return _PLAIN.union(*from_others)
