"""The functions of a file in which a mode may matter, by the words in them."""

from __future__ import annotations

import builtins
import keyword
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from dropout_lint.knowledge.vocabulary import LIBRARIES
from dropout_lint.syntax.outline import Outline, Unit
from dropout_lint.typestate.domain.library_facts import HARMLESS_LIBRARIES

# What is near a forward pass whose mode is judged: gradients are switched, a loss goes back, a module is exported.
# Words are found many times faster than patterns that begin with none.
_SWITCHES = ("no_grad", "inference_mode", "set_grad_enabled", "enable_grad", "backward(")
_EXPORTS = ("export(", "reveal_mode")
_TRACE = re.compile(r"\btrace\w*\(")
_PREDICTS = (
    *("argmax", "softmax", "topk", ".max(", "sigmoid", ".cpu(", ".numpy(", ".item("),
    *("imwrite", "save_image", "decode(", "accuracy"),
)
# In a file that loads weights and trains nothing, what reads numbers may read a prediction; what reads anything, in one
# that is run, and beside the loading: a library prints and compares much else.
_READS = (*_PREDICTS, ".tolist(", ".data)", ".data,", ".data[", ".data\n")
_SHOWS = (*_READS, "print(", "torch.save(", ") > ", ") < ", ") >= ", ") <= ")
_DEFINES_EVALUATION = re.compile(r"def[ \t]+\w*(?i:eval|valid|test|infer|predict|score|accuracy)")
_EVALUATES = re.compile(r"(?i)eval|valid|test|infer|predict|score|accuracy")
# What is being made has no weights yet: torch ends the names of what fills tensors as in `normal_`.
_MAKES = re.compile(r"_*(?:init|reset_param)\w*|\w*[^\W_]_")
# A program that predicts and says nothing about gradients loads weights, and reads its results.
_LOADS = ("load_state_dict", "load_from_checkpoint", "from_pretrained", "torch.load(")
_GIVEN = re.compile(r"(?:pretrained|weights)\s*=")
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
_TOP_LEVEL_CODE = re.compile(r"\n(?:[A-Za-z_][\w.]*\(|for |while |with )")  # `\n` is found faster than `^`


def sinks_in(outline: Outline) -> frozenset[Unit]:
    """The functions of a file, and the code outside of them, in which a mode may matter."""
    if not mentions(outline.text, LIBRARIES):
        return frozenset()
    code = outline.code
    switches, exports, loads = mentions(code, _SWITCHES), _exports(code), _loads(code)
    predicts = mentions(code, _SHOWS) if loads else mentions(code, _PREDICTS) and bool(_DEFINES_EVALUATION.search(code))
    if not (switches or exports or predicts) or not _imports_torch(outline):
        return frozenset()
    units = (*outline.functions, outline.rest)
    found: set[Unit] = set()
    if exports:
        found.update(unit for unit in units if _exports(unit.text))
    # A forward pass is one thing, whatever it does inside.
    followed = [unit for unit in units if unit.name != "forward" and _MAKES.fullmatch(unit.name) is None]
    if switches:
        found.update(unit for unit in followed if mentions(unit.text, _SWITCHES))
    if predicts:
        if not loads:
            found.update(unit for unit in followed if _EVALUATES.search(unit.name) and mentions(unit.text, _PREDICTS))
        else:
            shown = frozenset(units if is_script(outline.text) else _beside_loading(units))
            found.update(unit for unit in followed if mentions(unit.text, _SHOWS if unit in shown else _READS))
    calls = _Calls(outline, units)
    return frozenset(unit for unit in found if calls.may_run_a_model(unit))


def _beside_loading(units: Sequence[Unit]) -> Iterator[Unit]:
    """Those of ``units`` that load weights, and all methods of classes in which one does."""
    loading = {(unit.owner, "" if unit.owner else unit.name) for unit in units if mentions(unit.text, _LOADS)}
    return (unit for unit in units if (unit.owner, "" if unit.owner else unit.name) in loading)


def is_script(text: str) -> bool:
    """Whether ``text`` does something when it is run or imported, beside defining things."""
    return "__main__" in text or _TOP_LEVEL_CODE.search("\n" + text) is not None


def _imports_torch(outline: Outline) -> bool:
    """Whether a file imports something of torch, or of what hides it, or all names of some module."""
    return any(each.name == "*" or mentions(f"{each.module} {each.name}", LIBRARIES) for each in outline.imports)


def _loads(code: str) -> bool:
    """Whether ``code`` loads weights, and trains nothing."""
    return "backward(" not in code and (mentions(code, _LOADS) or _fits(code, ("pretrained", "weights"), _GIVEN))


def _exports(code: str) -> bool:
    """Whether ``code`` exports a module."""
    return mentions(code, _EXPORTS) or _fits(code, ("trace",), _TRACE)


def _fits(code: str, words: tuple[str, ...], pattern: re.Pattern[str]) -> bool:
    """Whether ``pattern``, which begins with one of ``words``, fits somewhere in ``code``."""
    for word in words:
        at = code.find(word)
        while at >= 0:
            if pattern.match(code, at) is not None:
                return True
            at = code.find(word, at + 1)
    return False


def mentions(text: str, words: tuple[str, ...]) -> bool:
    """Whether one of ``words`` is in ``text``, perhaps as a part of a longer one."""
    return any(word in text for word in words)


class _Calls:
    """What the functions of a file call."""

    def __init__(self, outline: Outline, units: Iterable[Unit]) -> None:
        self._outline = outline
        self._defined: dict[str, list[Unit]] = {}
        for unit in units:
            self._defined.setdefault(unit.name, []).append(unit)
        self._methods = self._defined.keys()  # `model.get_loss(x)`

    def may_run_a_model(self, unit: Unit) -> bool:
        """Whether ``unit``, or a function that it reaches, calls what is no function of the file, no class, and
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
            or _ABSTRACT.search(unit.text) is not None  # what runs is in a class that derives from this one
            or _exports(unit.text)
        )

    def _is_from_elsewhere(self, name: str) -> bool:
        return name not in self._defined and name not in self._foreign and _CLASS.match(name) is None

    @cached_property
    def _foreign(self) -> frozenset[str]:
        """The names of Python, and what other packages define."""
        from_others = (each.name for each in self._outline.imports if each.module.partition(".")[0] in FOREIGN)
        return _PLAIN.union(from_others)
