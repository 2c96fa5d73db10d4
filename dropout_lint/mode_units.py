"""The functions and methods of a file, and what it imports, as text: found without parsing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

# Where a line begins is told by the line end before it, not by `^`: a pattern is looked for much faster from a letter.
_COMMENT = re.compile(r"\n[ \t]*#[^\n]*")
_DEFINITION = r"(?:async[ \t]+)?(?:def|(?P<kind>class))[ \t]+(?P<name>\w+)"
_STATEMENT = re.compile(rf"\n(?=[^ \t#)\]}}\n\r\f@])(?:{_DEFINITION})?")  # at the top level
_BODY = re.compile(r"\n([^\S\n]*)\S")
_IMPORT = re.compile(
    r"[ \t]*(?:from[ \t]+(?P<module>[\w.]+)[ \t]+import[ \t]*(?P<names>\([^)]*\)|[^\n#]*)"
    r"|import[ \t]+(?P<plain>[^\n#]+))"
)
_NO_NAME = re.compile(r"\bas\s+\w+|#[^\n]*")


class Unit(NamedTuple):
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
    text = f"\n{text}"
    found: list[Unit] = []
    rest: list[str] = []
    statements = list(_STATEMENT.finditer(text))
    tops = [_with_decorators(each.start() + 1, text) if each["name"] else each.start() + 1 for each in statements]
    line = at = 0
    for each, top, end in zip(statements, tops, [*tops[1:], len(text)]):
        start = each.start() + 1
        line, at = line + text.count("\n", at, start), start
        if not each["name"]:
            rest.append(text[start:end])
        elif each["kind"]:
            found += _methods(each["name"], text, start, end, line, rest)
        else:
            found.append(Unit(each["name"], "", line, text[top:end]))
    return (*found, Unit("", "", 0, "".join(rest)))


def _methods(owner: str, text: str, first: int, last: int, line: int, rest: list[str]) -> Iterator[Unit]:
    """The methods of the class from ``first`` to ``last``, which begins on ``line``; what stands around them goes to
    ``rest``.
    """
    body = _BODY.search(text, first, last)
    methods = [] if body is None else list(_definitions(body[1]).finditer(text, first, last))
    tops = [_with_decorators(each.start() + 1, text) for each in methods]
    rest.append(text[first : tops[0] if tops else last])
    at = first
    for each, top, end in zip(methods, tops, [*tops[1:], last]):
        start = each.start() + 1
        line, at = line + text.count("\n", at, start), start
        yield Unit(each["name"], owner, line, text[top:end])


@cache
def _definitions(indent: str) -> re.Pattern[str]:
    return re.compile(rf"\n{re.escape(indent)}{_DEFINITION}")


def _with_decorators(start: int, text: str) -> int:
    """Where the decorators of the definition at ``start`` begin, if each stands on one line."""
    while start > 1:
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above:start].lstrip().startswith("@"):
            break
        start = above
    return start


def code_of(text: str) -> str:
    """``text`` without long strings and lines of comment: they speak of models, and run none."""
    for quotes in ('"""', "'''"):
        pieces = text.split(quotes)
        if len(pieces) % 2:  # else one is not what it looks like
            pieces[1::2] = ["\n" * piece.count("\n") + " " for piece in pieces[1::2]]  # lines stay, and begin nothing
            text = "".join(pieces)
    return _COMMENT.sub("\n", f"\n{text}")[1:] if "#" in text else text


def imports(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The modules that ``text`` imports, each with the names that it takes from there."""
    at = end = 0
    while (at := text.find("import", at)) >= 0:
        start = text.rfind("\n", end, at) + 1
        found = _IMPORT.match(text, start) if start or not end else None  # else the line belongs to the last one
        if found is None:
            at += 1
            continue
        at = end = found.end()
        if found["module"]:
            names = found["names"]
            if "#" in names or "as" in names:
                names = _NO_NAME.sub("", names)
            yield found["module"], tuple(names.replace(",", " ").replace("(", " ").replace(")", " ").split())
        else:
            for part in found["plain"].split(","):
                name = part.strip().partition(" ")[0]
                if name:
                    yield name, ()
