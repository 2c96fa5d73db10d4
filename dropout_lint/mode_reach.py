"""Which functions of a file can lead to a place where a mode matters?  By the words in them, without parsing.

Most functions run no model, and analysing them would find nothing.  The answer may name too many, and too few only
where a function is reached under a name that is computed.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# What stands near a forward pass whose mode is judged: gradients are switched, a loss goes back, a module is exported.
_HAPPENS = re.compile(r"no_grad|inference_mode|set_grad_enabled|enable_grad|backward\(")
_HAPPENS_WORDS = ("_grad", "inference_mode", "backward(")  # a substring is found much faster than a pattern
_EVALUATES = re.compile(r"(?i)eval|valid|test|infer|predict|score|accuracy")
_MAKES = re.compile(r"_*(?:init|reset_param)\w*")
_EXPORTS = re.compile(r"\btrace\w*\(|export\(|reveal_mode")
_EXPORT_WORDS = ("trace", "export(", "reveal_mode")
# A program that predicts without a word about gradients loads weights, and reads its results.
_LOADS = re.compile(r"load_state_dict|load_from_checkpoint|from_pretrained|torch\.load\(|pretrained\s*=|weights\s*=")
_READS = re.compile(
    r"argmax|softmax|topk|\.max\(|sigmoid|\.cpu\(|\.numpy\(|\.item\(|imwrite|save_image|decode\(|accuracy"
)
_DEFINITION = re.compile(r"(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)")
_HUMPS = re.compile(r"(?<=[a-z0-9])([A-Z])")
_WORD = re.compile(r"[^\W\d]\w*")
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<module>[\w.]+)[ \t]+import[ \t]*(?P<names>\([^)]*\)|[^\n#]*)"
    r"|import[ \t]+(?P<plain>[^\n#]+))",
    re.MULTILINE,
)
# A call of a plain name or of an attribute of `self`, and calls that are likely ones of a module whatever holds it.
_CALL = re.compile(r"(?<![\w.])(?<!def )(?:self\.)?(\w+)\(")
_RUNS = re.compile(
    r"\]\(|\.(?:forward|generate|module|\w*(?:model|net|encode|decode|backbone|predict|classif|head|embed|infer|sample)\w*)\("
)
_PLAIN = frozenset(dir(builtins)).union(keyword.kwlist)
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


def outline(text: str) -> Outline:
    """The words of ``text``, by function."""
    known = units(text)
    speaks_of_torch = "torch" in text and (_TORCH.search(text) is not None or "import *" in text)
    loads = speaks_of_torch and "backward(" not in text and _LOADS.search(text) is not None
    parts = tuple(
        Part(
            unit.line,
            called,
            unit.name != "forward",
            speaks_of_torch and _happens(unit, loads),
            frozenset(_WORD.findall(unit.text)) - {called},
        )
        for unit in known
        for called in _words_for(unit)
    )
    gathers = not any(unit.name for unit in known)  # an `__init__` that gathers what its package offers
    return Outline(parts, gathers or any("*" in names for _, names in imports(text)))


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


def _happens(unit: Unit, loads: bool) -> bool:
    if any(word in unit.text for word in _EXPORT_WORDS) and _EXPORTS.search(unit.text) is not None:
        return True
    if unit.name == "forward" or _MAKES.fullmatch(unit.name):
        return False  # a forward pass is one thing, whatever it does inside; what is being made has no weights yet
    reads = loads or _EVALUATES.search(unit.name) is not None
    switches = any(word in unit.text for word in _HAPPENS_WORDS) and _HAPPENS.search(unit.text) is not None
    if not switches and not (reads and _READS.search(unit.text) is not None):
        return False
    return _RUNS.search(unit.text) is not None or any(name not in _PLAIN for name in _CALL.findall(unit.text))


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
