"""The functions and methods of a file, and what it imports, as text: found without parsing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

# The patterns find the beginning of a line by the line end before it, not by `^`: a search that begins with a fixed
# character is much faster.
_COMMENT = re.compile(r"\n[ \t]*#[^\n]*")
_DEFINITION = r"(?:async[ \t]+)?(?:def|(?P<kind>class))[ \t]+(?P<name>\w+)"
_STATEMENT = re.compile(rf"\n(?=[^ \t#)\]}}\n\r\f@])(?:{_DEFINITION})?")  # at the top level
_BODY = re.compile(r"\n([^\S\n]*)\S")
_IMPORT = re.compile(
    r"[ \t]*(?:from[ \t]+(?P<module>[\w.]+)[ \t]+import[ \t]*(?P<names>\([^)]*\)|[^\n#]*)"
    r"|import[ \t]+(?P<plain>[^\n#]+))"
)
_BASES = re.compile(r"(?<=\nclass )\w+\([^()]*\)[ \t]*:")
_NAMES = re.compile(r"\[\s*(?:[\"'][\w.]+[\"'][\s,]*)+\]")
_NO_NAME = re.compile(r"\bas\s+\w+|#[^\n]*")


class Unit(NamedTuple):
    """A function, a method, or the code outside of them (``name`` is then empty)."""

    name: str
    owner: str  # the class of a method
    line: int  # of its ``def``
    text: str

    @property
    def called(self) -> str:
        """The word with which others call it: a special method is called through its class, what looks up attributes by
        no word.
        """
        if self.name in ("__getattr__", "__getattribute__"):
            return ""
        return self.owner if self.name.startswith("__") and self.owner else self.name


class Piece(NamedTuple):
    """A function or method, the part of a class before its methods, or a statement of the top level."""

    kind: str  # "function", "class", or ""
    name: str
    owner: str  # the class of a method
    line: int  # of its ``def`` or ``class``
    start: int  # where it begins in the text, with its decorators
    end: int


def pieces(text: str) -> Iterator[Piece]:
    """What ``text``, which begins with a line end, consists of."""
    statements = list(_STATEMENT.finditer(text))
    tops = [_with_decorators(each.start() + 1, text) if each["name"] else each.start() + 1 for each in statements]
    line = at = 0
    for each, top, end in zip(statements, tops, [*tops[1:], len(text)]):
        start = each.start() + 1
        line, at = line + text.count("\n", at, start), start
        if each["kind"]:
            yield from _of_class(each["name"], text, top, start, end, line)
        elif each["name"]:
            yield Piece("function", each["name"], "", line, top, end)
        else:
            yield Piece("", "", "", line, start, end)


def _of_class(name: str, text: str, top: int, first: int, last: int, line: int) -> Iterator[Piece]:
    """The class from ``first`` to ``last``, which begins on ``line``, and its methods."""
    body = _BODY.search(text, first, last)
    methods = [] if body is None else list(_definitions(body[1]).finditer(text, first, last))
    tops = [_with_decorators(each.start() + 1, text) for each in methods]
    yield Piece("class", name, "", line, top, tops[0] if tops else last)
    at = first
    for each, above, end in zip(methods, tops, [*tops[1:], last]):
        start = each.start() + 1
        line, at = line + text.count("\n", at, start), start
        yield Piece("function", each["name"], name, line, above, end)


def units(text: str) -> tuple[Unit, ...]:
    """The functions and methods of ``text``, and one unit for all the rest."""
    text = f"\n{text}"
    found: list[Unit] = []
    rest: list[str] = []
    for piece in pieces(text):
        if piece.kind == "function":
            found.append(Unit(piece.name, piece.owner, piece.line, text[piece.start : piece.end]))
        else:
            rest.append(text[piece.start : piece.end] if not text.startswith("__all__", piece.start) else "\n")
    return (*found, Unit("", "", 0, _that_runs("".join(rest))))


def _that_runs(text: str) -> str:
    """``text``, code outside of functions, without what only names things: imports, bases of classes, lists of names.

    An import under another name is kept: code that uses the new name mentions the original one only here.
    """
    kept, at = [], 0
    for found in import_statements(text):
        if " as " not in found[0]:
            kept.append(text[at : found.start()])
            at = found.end()
    return _NAMES.sub("[]", _BASES.sub(":", "".join([*kept, text[at:]])))


@cache
def _definitions(indent: str) -> re.Pattern[str]:
    return re.compile(rf"\n{re.escape(indent)}{_DEFINITION}")


def _with_decorators(start: int, text: str) -> int:
    """Where the decorators of the definition at ``start`` begin, if each is on one line."""
    while start > 1:
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above:start].lstrip().startswith("@"):
            break
        start = above
    return start


def code_of(text: str) -> str:
    """``text`` without long strings and lines of comment: they mention models, and run none."""
    for quotes in ('"""', "'''"):
        pieces = text.split(quotes)
        if len(pieces) % 2:  # else one is not what it looks like
            pieces[1::2] = ["\n" * piece.count("\n") + " " for piece in pieces[1::2]]  # lines stay, and begin nothing
            text = "".join(pieces)
    return _COMMENT.sub("\n", f"\n{text}")[1:] if "#" in text else text


def import_statements(text: str) -> Iterator[re.Match[str]]:
    """What ``text`` imports: the ``names`` that it takes from a ``module``, or ``plain`` modules."""
    at = end = 0
    while (at := text.find("import", at)) >= 0:
        start = text.rfind("\n", end, at) + 1
        found = _IMPORT.match(text, start) if start or not end else None  # else the line belongs to the last one
        if found is None:
            at += 1
            continue
        at = end = found.end()
        yield found


def imports(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The modules that ``text`` imports, each with the names that it takes from there."""
    for found in import_statements(text):
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
