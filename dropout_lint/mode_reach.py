"""Which functions of a file can lead to a place where a mode matters?  By the words in them, without parsing.

Most functions run no model, and analysing them would find nothing.  The answer may name too many, and too few only
where a function is reached under a name that is computed.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

# What stands near a forward pass whose mode is judged: gradients are switched, a loss goes back, a module is exported.
_HAPPENS = re.compile(r"no_grad|inference_mode|set_grad_enabled|enable_grad|backward\(")
_EVALUATES = re.compile(r"(?i)eval|valid|test|infer|predict|score|accuracy")
_MAKES = re.compile(r"_*(?:init|reset_param)\w*")
_EXPORTS = re.compile(r"\btrace\w*\(|export\(|reveal_mode")
# A program that predicts without a word about gradients loads weights, and reads its results.
_LOADS = re.compile(r"load_state_dict|load_from_checkpoint|from_pretrained|torch\.load\(|pretrained\s*=|weights\s*=")
_READS = re.compile(
    r"argmax|softmax|topk|\.max\(|sigmoid|\.cpu\(|\.numpy\(|\.item\(|imwrite|save_image|decode\(|accuracy"
)
_DEFINITION = re.compile(r"(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)")
_WORD = re.compile(r"[^\W\d]\w*")
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<module>[\w.]+)[ \t]+import[ \t]*(?P<names>\([^)]*\)|[^\n#]*)"
    r"|import[ \t]+(?P<plain>[^\n#]+))",
    re.MULTILINE,
)
# A call of a plain name or of an attribute of `self`, and calls that are likely ones of a module whatever holds it.
_CALL = re.compile(r"(?<![\w.])(?:self\.)?(\w+)\(")
_RUNS = re.compile(
    r"\]\(|\.(?:forward|generate|module|\w*(?:model|net|encode|decode|backbone|predict|classif|head|embed|infer|sample)\w*)\("
)
_TORCH = re.compile(r"^[ \t]*(?:from|import)[ \t][^\n]*torch", re.MULTILINE)
_CLOSING = (" ", "\t", "#", ")", "]", "}", "\n", "\r", "\f")


@dataclass(frozen=True, slots=True)
class Unit:
    """A function, a method, or what stands outside of them (``name`` is then empty)."""

    name: str
    owner: str  # the class of a method
    line: int  # of its ``def``
    text: str

    @property
    def called(self) -> str:
        """The word with which others call it: a special method is called through its class."""
        return self.owner if self.name.startswith("__") and self.owner else self.name


@dataclass(frozen=True, slots=True)
class Reach:
    """What in one file leads to where a mode matters."""

    lines: frozenset[int]  # of ``def`` statements; 0 stands for the code outside of functions
    names: frozenset[str]  # the words with which others get there
    runs: frozenset[str]  # the words with which others get to a call that may be one of a module


NOTHING = Reach(frozenset(), frozenset(), frozenset())


def units(text: str) -> tuple[Unit, ...]:
    """The functions and methods of ``text``, and one unit for all the rest."""
    found: list[Unit] = []
    rest: list[str] = []
    lines = text.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if not line.startswith(_CLOSING) and not line.startswith("@")]
    tops = [_with_decorators(start, lines) for start in starts]
    for start, top, end in zip(starts, tops, [*tops[1:], len(lines)]):
        definition = _DEFINITION.match(lines[start])
        block = lines[start:end]
        if definition is None:
            rest += block
        elif lines[start].startswith("class"):
            found += _methods(definition[1], block, start, rest)
        else:
            found.append(Unit(definition[1], "", start + 1, "".join(lines[top:end])))
    return (*found, Unit("", "", 0, "".join(rest)))


def _methods(owner: str, block: list[str], first: int, rest: list[str]) -> Iterator[Unit]:
    """The methods of one class; what stands around them goes to ``rest``."""
    indent = next((line[: len(line) - len(line.lstrip())] for line in block[1:] if line.strip()), "    ")
    starts = [
        number
        for number, line in enumerate(block)
        if number and line.startswith(indent) and _DEFINITION.match(line, len(indent))
    ]
    tops = [_with_decorators(start, block) for start in starts]
    rest += block[: tops[0] if tops else len(block)]
    for start, top, end in zip(starts, tops, [*tops[1:], len(block)]):
        definition = _DEFINITION.match(block[start], len(indent))
        assert definition is not None  # it was found above
        yield Unit(definition[1], owner, first + start + 1, "".join(block[top:end]))


def _with_decorators(start: int, lines: list[str]) -> int:
    """Where the decorators of the definition on line ``start`` begin, if each stands on one line."""
    while start > 0 and lines[start - 1].lstrip().startswith("@"):
        start -= 1
    return start


def reach(text: str, imported: Iterable[Reach]) -> Reach:
    """What leads to where a mode matters, in ``text`` itself or through what it imports from ``imported`` files."""
    known = units(text)
    words = {unit: frozenset(_WORD.findall(unit.text)) - {unit.called} for unit in known}
    others = tuple(imported)
    familiar = _familiar(text, known)
    run_elsewhere = {name for other in others for name in other.runs}
    runs = _closed({unit for unit in known if _may_run(unit, familiar)}, words, run_elsewhere)
    loads = _LOADS.search(text) is not None and "backward(" not in text
    happens: set[Unit] = set()
    if _TORCH.search(text):
        happens |= {unit for unit in runs if _happens(unit, loads)}
        happens |= {unit for unit in known if _EXPORTS.search(unit.text)}
    leads = _closed(happens, words, {name for other in others for name in other.names})
    taken = {name for _, names in imports(text) for name in names}
    hands_on = not any(unit.name for unit in known)  # an `__init__` that gathers what its package offers
    passed = [other for other in others if hands_on or "*" in taken]
    return Reach(
        frozenset(unit.line for unit in leads),
        frozenset(unit.called for unit in leads if unit.called).union(*(other.names for other in passed)),
        frozenset(unit.called for unit in runs if unit.called).union(*(other.runs for other in passed)),
    )


def _closed(found: set[Unit], words: Mapping[Unit, frozenset[str]], wanted: set[str]) -> set[Unit]:
    """``found``, and the units that speak of one of them, or of a name that is ``wanted``, directly or not."""
    wanted = wanted | {unit.called for unit in found}
    wanted.discard("")
    todo = [unit for unit in words if unit not in found]
    while True:
        new = {unit for unit in todo if not wanted.isdisjoint(words[unit]) and unit.name != "forward"}
        if not new:
            return found
        found = found | new
        wanted |= {unit.called for unit in new if unit.called}
        todo = [unit for unit in todo if unit not in new]


def _familiar(text: str, known: Iterable[Unit]) -> frozenset[str]:
    """Names that stand for something else than a module, as they are defined or imported."""
    defined = {name for unit in known for name in (unit.name, unit.owner)}
    return frozenset(
        defined.union(dir(builtins), keyword.kwlist, (name for _, names in imports(text) for name in names))
    )


def _may_run(unit: Unit, familiar: frozenset[str]) -> bool:
    """Whether ``unit`` calls something that may be a module: a local name, an attribute, a part."""
    if _RUNS.search(unit.text):
        return True
    return any(name not in familiar for name in _CALL.findall(unit.text))


def _happens(unit: Unit, loads: bool) -> bool:
    if unit.name == "forward" or _MAKES.fullmatch(unit.name):
        return False  # a forward pass is one thing, whatever it does inside; what is being made has no weights yet
    reads = loads or _EVALUATES.search(unit.name) is not None
    return _HAPPENS.search(unit.text) is not None or (reads and _READS.search(unit.text) is not None)


def imports(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The modules that ``text`` imports, each with the names that it takes from there."""
    for found in _IMPORT.finditer(text):
        if found["module"]:
            names = re.split(r"[\s,()]+", re.sub(r"\bas\s+\w+|#[^\n]*", "", found["names"]))
            yield found["module"], tuple(name for name in names if name)
        else:
            for part in found["plain"].split(","):
                name = part.strip().partition(" ")[0]
                if name:
                    yield name, ()
