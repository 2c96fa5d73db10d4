"""The functions and methods of a file, and what it imports, as text: found without parsing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_DEFINITION = re.compile(r"(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)")
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<module>[\w.]+)[ \t]+import[ \t]*(?P<names>\([^)]*\)|[^\n#]*)"
    r"|import[ \t]+(?P<plain>[^\n#]+))",
    re.MULTILINE,
)
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


def code_of(text: str) -> str:
    """``text`` without long strings and lines of comment: they speak of models, and run none."""
    for quotes in ('"""', "'''"):
        pieces = text.split(quotes)
        if len(pieces) % 2:  # else one is not what it looks like
            pieces[1::2] = ["\n" * piece.count("\n") + " " for piece in pieces[1::2]]  # lines stay, and begin nothing
            text = "".join(pieces)
    return _COMMENT.sub("", text) if "#" in text else text


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
