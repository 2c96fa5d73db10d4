"""What a text contains, found without parsing it: its functions and methods, its classes, and what it imports.

This is the only reader of that kind: the symbol table of a project, the graph of its imports and the search for places
where a mode matters are all built on it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from typing import NamedTuple

from dropout_lint.io.late_pattern import late
from dropout_lint.syntax.extensions import Extended

# The beginning of a line is found by the line end before it, not by `^`: a pattern is found much faster from a letter.
_COMMENT = late(r"\n[ \t]*#[^\n]*")
_DEFINITION = r"(?:async[ \t]+)?(?:def|(?P<kind>class))[ \t]+(?P<name>\w+)"
_STATEMENT = late(rf"\n(?=[^ \t#)\]}}\n\r\f@])(?:{_DEFINITION})?")  # at the top level
_FUNCTION = late(r"\n(?:async[ \t]+)?def[ \t]+\w")  # at the top level
_BODY = late(r"\n([^\S\n]*)\S")
_GAP = r"(?:[ \t]|\\\r?\n)"
_REST = r"(?:[^\n#\\;]|\\\r?\n)"
_IMPORT = late(
    rf"[ \t]*(?:from{_GAP}+(?P<module>[\w.]+){_GAP}+import\b{_GAP}*(?P<names>\([^)]*\)|{_REST}*)"
    rf"|import{_GAP}+(?P<plain>{_REST}+))"
)
_CONTINUED = ("\\\n", "\\\r\n")
_NOISE = late(r"#[^\n]*|[()\\]")
_BASES = late(r"(?<=\nclass )\w+\([^()]*\)[ \t]*:")
_NAMES = late(r"\[\s*(?:[\"'][\w.]+[\"'][\s,]*)+\]")


class Import(NamedTuple):
    """One name that an import statement binds."""

    module: str  # with the dots of a relative import
    name: str  # what is taken from the module: a name, or "*" for all; empty for the module itself
    alias: str  # behind ``as``; empty if there is none

    @property
    def dotted(self) -> str:
        """The name behind the module: the module ``b`` of ``from a import b``, if it is one."""
        if not self.name:
            return self.module
        return f"{self.module}{self.name}" if self.module.endswith(".") else f"{self.module}.{self.name}"


class Unit:
    """A function or method, the part of a class before its methods, or a statement of the top level."""

    __slots__ = ("_code", "end", "kind", "line", "name", "owner", "start")

    def __init__(self, kind: str, name: str, owner: str, line: int, code: str, start: int, end: int) -> None:
        self.kind = kind  # "function", "class", or ""
        self.name = name
        self.owner = owner  # the class of a method
        self.line = line  # of its ``def`` or ``class``
        self.start = start  # where it begins in the code, with its decorators
        self.end = end
        self._code = code

    @property
    def text(self) -> str:
        """What it says."""
        return self._code[self.start : self.end]

    @property
    def called(self) -> str:
        """The word with which others call it: a special method is called through its class, what looks up attributes by
        no word.
        """
        if self.name in ("__getattr__", "__getattribute__"):
            return ""
        return self.owner if self.name.startswith("__") and self.owner else self.name


def whole(name: str, texts: Iterable[str]) -> Unit:
    """The unit called ``name`` that consists of ``texts``: what is spread over the top level."""
    code = "".join(texts)
    return Unit("", name, "", 0, code, 0, len(code))


class Outline(Extended):
    """A text and its parts.  Each part is found at the first query: of most files, few are needed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self._mentioned: dict[str, bool] = {}

    @cached_property
    def code(self) -> str:
        """The text behind a line end, without long strings and comments."""
        return f"\n{code_of(self.text)}"

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """What the code consists of."""
        return tuple(_units(self.code))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """What the code imports."""
        return tuple(imports_in(self.code))

    @cached_property
    def functions(self) -> tuple[Unit, ...]:
        """The functions and methods, in the order of the text."""
        return tuple([unit for unit in self.units if unit.kind == "function"])

    @cached_property
    def rest(self) -> Unit:
        """The code outside of functions that runs when the file does."""
        code = self.code
        others = [unit for unit in self.units if unit.kind != "function"]
        text = _that_runs(
            "".join([each.text if not code.startswith("__all__", each.start) else "\n" for each in others])
        )
        return whole("", [text])

    @cached_property
    def has_functions(self) -> bool:
        """Whether there are functions or methods."""
        return _FUNCTION.search(self.code) is not None or ("def" in self.code and bool(self.functions))

    def mentions(self, word: str) -> bool:
        """Whether ``word`` is in the code, not as a part of another word."""
        if word not in self._mentioned:
            self._mentioned[word] = any(True for _ in occurrences(word, self.code))
        return self._mentioned[word]

    def function_at(self, offset: int) -> Unit | None:
        """The function or method around an ``offset`` in the code."""
        number = bisect_right(self._starts, offset) - 1
        if number < 0:
            return None
        found = self.functions[number]
        return found if offset < found.end else None

    @cached_property
    def _starts(self) -> list[int]:
        return [unit.start for unit in self.functions]


def _units(text: str) -> Iterator[Unit]:
    """The units of ``text``, which begins with a line end."""
    statements = list(_STATEMENT.finditer(text))
    tops = [_with_decorators(each.start() + 1, text) if each["name"] else each.start() + 1 for each in statements]
    line = at = 0
    for each, top, end in zip(statements, tops, [*tops[1:], len(text)]):
        start = each.start() + 1
        line, at = line + text.count("\n", at, start), start
        if each["kind"]:
            yield from _of_class(each["name"], text, top, start, end, line)
        elif each["name"]:
            yield Unit("function", each["name"], "", line, text, top, end)
        else:
            yield Unit("", "", "", line, text, start, end)


def _of_class(name: str, text: str, top: int, first: int, last: int, line: int) -> Iterator[Unit]:
    """The class from ``first`` to ``last``, which begins on ``line``, and its methods."""
    body = _BODY.search(text, first, last)
    methods = [] if body is None else list(_definitions(body[1]).finditer(text, first, last))
    tops = [_with_decorators(each.start() + 1, text) for each in methods]
    yield Unit("class", name, "", line, text, top, tops[0] if tops else last)
    at = first
    for each, above, end in zip(methods, tops, [*tops[1:], last]):
        start = each.start() + 1
        line, at = line + text.count("\n", at, start), start
        yield Unit("function", each["name"], name, line, text, above, end)


def _that_runs(text: str) -> str:
    """``text``, code outside of functions, without what only names things: imports, bases of classes, lists of names.

    An import under another name stays: code that uses this name mentions the original one nowhere else.
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
    """Where the decorators of the definition at ``start``, the beginning of a line, begin."""
    while start > 1:
        line = text.rfind("\n", 0, start - 1) + 1
        words = text[line:start].strip()
        above = line if words.startswith("@") else _call_that_ends(start, text) if words.endswith(")") else None
        if above is None:
            break
        start = above
    return start


def _call_that_ends(end: int, text: str) -> int | None:
    """Where the decorator of several lines begins that ends at ``end``; None if what ends there is none."""
    start = text.rfind("@", 0, end)
    line = text.rfind("\n", 0, start) + 1
    if start < 0 or text[line:start].strip():
        return None
    indent = text[line:start]
    inside = text[text.find("\n", line) + 1 : end].split("\n")
    is_whole = all(not each.strip() or each[len(indent) :][:1] in " \t)" for each in inside)
    return line if is_whole and text.count("(", line, end) == text.count(")", line, end) else None


def code_of(text: str) -> str:
    """``text`` without long strings and lines of comment: they mention models, and run none."""
    for quotes in ('"""', "'''"):
        pieces = text.split(quotes)
        if len(pieces) % 2:  # else one of them is inside of another string
            pieces[1::2] = ["\n" * piece.count("\n") + " " for piece in pieces[1::2]]  # lines stay, and begin nothing
            text = "".join(pieces)
    return _COMMENT.sub("\n", f"\n{text}")[1:] if "#" in text else text


def occurrences(word: str, text: str) -> Iterator[int]:
    """Where ``word`` is in ``text``, not as a part of another word."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not (_is_of_word(text[at - 1 : at]) or _is_of_word(text[end : end + 1])):
            yield at
        at = text.find(word, end)


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def import_statements(text: str) -> Iterator[re.Match[str]]:
    """The import statements of ``text``: the ``names`` that it takes from a ``module``, or ``plain`` modules.

    They are found by the word ``import``: a pattern that looks at each line takes several times as long.
    """
    at = end = 0
    while (at := text.find("import", at)) >= 0:
        start = text.rfind("\n", end, at) + 1
        while start > end and text.endswith(_CONTINUED, end, start):  # ``from a \`` is on the line above
            start = text.rfind("\n", end, start - 1) + 1
        found = _IMPORT.match(text, start) if start or not end else None  # else the line belongs to the last one
        if found is None:
            at += 1
            continue
        at = end = found.end()
        yield found


def imports_in(text: str) -> Iterator[Import]:
    """The names that the import statements of ``text`` bind."""
    for found in import_statements(text):
        module, names, plain = found.groups()
        said: str = names if module else plain
        if "(" in said or "\\" in said:
            said = _NOISE.sub(" ", said)
        for part in said.split(","):
            words = part.split()
            if words:
                alias = words[2] if len(words) == 3 else ""
                yield Import(module, words[0], alias) if module else Import(words[0], "", alias)
