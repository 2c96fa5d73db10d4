"""What the knowledge files say, entry by entry: frozen values, and the checks that a table from a TOML file passes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from dropout_lint.io.interchange import quoted
from dropout_lint.io.late_pattern import late
from dropout_lint.knowledge.errors import KnowledgeError
from dropout_lint.knowledge.limits import LONGEST


class Factory(NamedTuple):
    """Something in a library that returns a model."""

    pattern: re.Pattern[str]  # of its dotted name
    when: tuple[re.Pattern[str], ...]  # of the first arguments, which must be strings
    mode: str  # "train" or "eval": how the model comes
    layers: tuple[str, ...]  # what in it depends on the mode: keys of LAYERS; none if nothing does
    part: str  # the part that all of them are in; empty if they are anywhere
    loaded: bool  # whether it comes with trained weights
    first_loads: bool  # whether the first positional argument says so
    depends_on: tuple[str, ...]  # keywords of which one must be given, and not be zero, for the mode to matter
    in_tuple: bool  # whether the model is the first item of what is returned
    source: str  # the library, its version, and where this was read

    def speaks_of(self, name: str) -> bool:
        """Whether this is about what is called ``name``, whatever it is given."""
        return len(name) <= LONGEST and self.pattern.fullmatch(name) is not None

    def fits(self, arguments: Sequence[str | None]) -> bool:
        """Whether this is about a call with ``arguments``, as far as they are known to be strings."""
        return len(arguments) >= len(self.when) and all(
            argument is not None and len(argument) <= LONGEST and wanted.fullmatch(argument) is not None
            for wanted, argument in zip(self.when, arguments)
        )


class Call(NamedTuple):
    """Something in a library that takes models as arguments."""

    effect: str  # a key of EFFECTS
    returns: str  # a key of RETURNS
    trains: bool  # whether it trains them
    when_given: tuple[str, ...]  # keywords of which one must be given for the effect to hold
    when_at: int  # the position, from 1, at which the first of them may be given without its name; 0: nowhere
    otherwise: str  # the effect if none of them is given
    source: str


LAYERS = ("dropout", "batch norm", "stochastic depth")
EFFECTS = {
    "keeps": "leaves every model in the mode it found it in",
    "train": "leaves it in train mode",
    "eval": "leaves it in eval mode",
    "flat": "puts every part in the mode that the whole was in: one that was in another comes back changed",
    "either": "leaves it in the one or the other",
}
RETURNS = {
    "nothing": "no model",
    "first": "its first argument, or a wrapper around it in the same mode",
    "all": "its arguments: the one that there is, or all of them in a tuple",
    "copy": "a deep copy of its first argument, in the same modes",
    "holder": "an object that holds its arguments, whose methods have entries of their own",
}


class Base(NamedTuple):
    """A class of a library that is a module, for projects to derive from."""

    entries: frozenset[str]  # methods that run at inference, beside `forward`
    in_eval: frozenset[str]  # methods that the library calls while the module is in eval mode
    source: str


_MODES = ("train", "eval")
_FLAG: tuple[object, ...] = (True, False)
_PROOF = ("source", "examples", "needs", "unchecked")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "factory": (
        "names", "pattern", "when", "mode", "layers", "part", "loaded", "first_loads", "depends_on", "in_tuple",
        *_PROOF,
    ),
    "call": ("names", "effect", "returns", "trains", "when_given", "when_at", "otherwise", *_PROOF),
    "module": ("names", "entries", "in_eval", *_PROOF),
}  # fmt: skip
KINDS = tuple(_KEYS)


class Entry(NamedTuple):
    """One table of a knowledge file, and where it stands, for messages."""

    table: Mapping[str, object]
    place: str  # the file, the kind, and which one of that kind
    is_ours: bool = False  # from a file that this package comes with

    def text(self, key: str, default: str | None = None) -> str:
        """The string under ``key``."""
        value = self.table.get(key, default)
        if not isinstance(value, str):
            raise KnowledgeError(f"{self.place}: `{key}` must be a string" + self._got(key))
        return value

    def choice(self, key: str, choices: Collection[object], default: object = None) -> object:
        """The value under ``key``, which must be one of ``choices``."""
        value = self.table.get(key, default)
        if value not in choices or isinstance(value, bool) != (True in choices):
            valid = " or ".join(
                str(choice).lower() if isinstance(choice, bool) else f'"{choice}"' for choice in choices
            )
            raise KnowledgeError(f"{self.place}: `{key}` must be {valid}" + self._got(key))
        return value

    def flag(self, key: str, default: bool | None = None) -> bool:
        """The boolean under ``key``."""
        return bool(self.choice(key, _FLAG, default))

    def number(self, key: str, default: int) -> int:
        """The whole number, from 0, under ``key``."""
        value = self.table.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise KnowledgeError(f"{self.place}: `{key}` must be a whole number, from 0" + self._got(key))
        return value

    def strings(self, key: str, default: Sequence[str] | None = None) -> tuple[str, ...]:
        """The list of strings under ``key``."""
        value = self.table.get(key, default)
        if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
            raise KnowledgeError(f"{self.place}: `{key}` must be a list of strings" + self._got(key))
        return tuple(value)

    def _got(self, key: str) -> str:
        return f", not {quoted(self.table[key])}" if key in self.table else ", and is missing"


def entry(kind: str, table: object, file: str, number: int, *, is_ours: bool = False) -> Entry:
    """``table`` as entry ``number`` of ``kind`` in ``file``.  Raises `KnowledgeError` for unknown keys."""
    place = f"{file}: [[{kind}]] number {number}"
    if not isinstance(table, Mapping):
        raise KnowledgeError(f"{place} must be a table")
    named = table.get("pattern") or table.get("names")
    if named:
        name = named[0] if isinstance(named, list) else named
        place += f" ({name if isinstance(name, str) else quoted(name)})"
    for key in table:
        check_key(key, _KEYS[kind], place)
    return Entry(table, place, is_ours)


def check_key(key: str, valid: Sequence[str], place: str) -> None:
    """Raise `KnowledgeError`, with the nearest valid key, if ``key`` is not one of them."""
    if key not in valid:
        import difflib  # here, because most entries are right

        close = difflib.get_close_matches(key, valid, n=1)
        hint = f", did you mean `{close[0]}`?" if close else "."
        raise KnowledgeError(f"{place}: unknown key `{key}`{hint} Valid keys: {', '.join(valid)}")


def factory(of: Entry) -> Factory:
    """The factory that ``of`` describes."""
    layers = of.strings("layers")
    for layer in layers:
        if layer not in LAYERS:
            valid = ", ".join(f'"{known}"' for known in LAYERS)
            raise KnowledgeError(f"{of.place}: unknown layer {layer!r} in `layers`. Valid layers: {valid}")
    return Factory(
        _pattern(of),
        tuple(_compiled(of, "when", text) for text in of.strings("when", ())),
        str(of.choice("mode", _MODES)),
        layers,
        of.text("part", ""),
        of.flag("loaded", False),
        of.flag("first_loads", False),
        of.strings("depends_on", ()),
        of.flag("in_tuple", False),
        of.text("source", ""),
    )


def call(of: Entry) -> Call:
    """The call that ``of`` describes."""
    return Call(
        str(of.choice("effect", tuple(EFFECTS))),
        str(of.choice("returns", tuple(RETURNS), "nothing")),
        of.flag("trains", False),
        of.strings("when_given", ()),
        of.number("when_at", 0),
        str(of.choice("otherwise", tuple(EFFECTS), "keeps")),
        of.text("source", ""),
    )


def base(of: Entry) -> Base:
    """The base class that ``of`` describes."""
    return Base(frozenset(of.strings("entries", ())), frozenset(of.strings("in_eval", ())), of.text("source", ""))


def _pattern(of: Entry) -> re.Pattern[str]:
    if ("names" in of.table) == ("pattern" in of.table):
        raise KnowledgeError(f"{of.place}: give either `names`, dotted names, or `pattern`, a regular expression")
    if "names" in of.table:
        return late("|".join(re.escape(name) for name in of.strings("names")))
    return _compiled(of, "pattern", of.text("pattern"))


def _compiled(of: Entry, key: str, text: str) -> re.Pattern[str]:
    if of.is_ours:
        return late(text)  # a test compiles all of them, and counts their ways
    from dropout_lint.knowledge.patterns import TooManyWays, compiled

    try:
        return compiled(text)
    except TooManyWays as error:
        raise KnowledgeError(f"{of.place}: {quoted(text)} in `{key}` may take for ever: {error}") from None
    except re.error as error:
        raise KnowledgeError(f"{of.place}: {quoted(text)} in `{key}` is no regular expression: {error}") from None
