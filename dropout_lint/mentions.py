"""What the functions, methods and top-level names of a file mention: by words, without parsing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dropout_lint.mode_units import code_of

_TOKEN = re.compile(r"\.?[^\W\d]\w*\(?")
_DEFINITION = re.compile(r"(?:async[ \t]+)?(def|class)[ \t]+(\w+)")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)[ \t]*(?::[^=\n]+)?=(?!=)")
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<module>[\w.]+)[ \t]+import[ \t]*(?P<names>\([^)]*\)|[^\n#]*)"
    r"|import[ \t]+(?P<plain>[^\n#]+))",
    re.MULTILINE,
)
_SWITCHES = (".train(", ".eval(")
# As against ``index.train(vectors)`` and ``frame.eval("a + b")``.
_SWITCH = re.compile(r"\.(?:train|eval)\(\s*(?:\)|(?:mode\s*=\s*)?(?:True|False|not|self\.|\w*mode|\w*train))")
_RATES = ("dropout", "drop_rate", "drop_prob", "drop_path")
_SCOPED = re.compile(r"(?:with[ \t]+|@)(?:torch\.)?(?:no_grad|inference_mode|enable_grad)\b")
_NOISE = re.compile(r"#[^\n]*|[()\\]")
_CLOSING = (" ", "\t", "#", ")", "]", "}", "\n", "\r", "\f", "@")


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A piece of code: what it mentions by plain names, and what by attribute."""

    home: Mentions = field(repr=False)
    name: str
    line: int  # of its ``def`` or ``class``; 0 for a top-level statement
    owner: str  # the class of a method
    names: frozenset[str]
    attributes: frozenset[str]
    switches: bool  # whether it calls ``train()`` or ``eval()`` of something
    rates: bool  # whether it may set a rate of dropout
    is_class: bool = False  # what stands in a class around its methods


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class: its methods, and the code around them, from its bases on."""

    body: Body
    methods: Mapping[str, Body]


class Mentions:
    """What the code of one file mentions."""

    def __init__(self, filename: str, text: str) -> None:
        self.filename = filename
        self.functions: dict[str, Body] = {}
        self.classes: dict[str, Class] = {}
        self.assigned: dict[str, Body] = {}  # names of the top level that are no functions
        self.imported: dict[str, tuple[str, str]] = {}  # a module and a name in it; no name: the module itself
        self.stars: list[str] = []
        text = code_of(text)
        if "no_grad" in text or "inference_mode" in text:
            text = _SCOPED.sub("", text)  # over when the function returns
        self._read_imports(text)
        self._read_code(text.splitlines(keepends=True))
        self.known = frozenset((*self.functions, *self.classes, *self.assigned, *self.imported))

    def body_at(self, name: str, line: int, owner: str = "") -> Body | None:
        """The function called ``name`` on ``line``, or the method of the class called ``owner``; None if it stands
        somewhere else than at the top.
        """
        known: Mapping[str, Body] = self.functions
        if owner:
            known = self.classes[owner].methods if owner in self.classes else {}
        body = known.get(name)
        return body if body is not None and body.line == line else None

    def _read_imports(self, text: str) -> None:
        for found in _IMPORT.finditer(text):
            if found["module"]:
                for words in _alternating(found["names"]):
                    if words[0] == "*":
                        self.stars.append(found["module"])
                    else:
                        self.imported[words[-1]] = (found["module"], words[0])
                continue
            for words in _alternating(found["plain"]):
                if len(words) == 3:
                    self.imported[words[2]] = (words[0], "")
                else:
                    package = words[0].partition(".")[0]
                    self.imported[package] = (package, "")

    def _read_code(self, lines: Sequence[str]) -> None:
        starts = [number for number, line in enumerate(lines) if not line.startswith(_CLOSING)]
        tops = [_with_decorators(start, lines) for start in starts]
        for start, top, end in zip(starts, tops, [*tops[1:], len(lines)]):
            definition = _DEFINITION.match(lines[start])
            if definition is None:
                assignment = _ASSIGNMENT.match(lines[start])
                if assignment is not None:
                    self.assigned[assignment[1]] = self._body(assignment[1], 0, lines[start:end])
            elif definition[1] == "def":
                self.functions[definition[2]] = self._body(definition[2], start + 1, lines[top:end])
            else:
                self.classes[definition[2]] = self._class(definition[2], start, lines[start:end])

    def _class(self, name: str, first: int, lines: Sequence[str]) -> Class:
        indent = next((line[: len(line) - len(line.lstrip())] for line in lines[1:] if line.strip()), "    ")
        starts = [number for number, line in enumerate(lines) if number and _starts(line, indent)]
        tops = [_with_decorators(start, lines) for start in starts]
        around = lines[: tops[0]] if tops else lines
        methods: dict[str, Body] = {}
        for start, top, end in zip(starts, tops, [*tops[1:], len(lines)]):
            definition = _DEFINITION.match(lines[start], len(indent))
            if definition is None:
                around = [*around, *lines[top:end]]
            else:
                methods[definition[2]] = self._body(definition[2], first + start + 1, lines[top:end], name)
        return Class(replace(self._body(name, first + 1, around), is_class=True), methods)

    def _body(self, name: str, line: int, lines: Sequence[str], owner: str = "") -> Body:
        text = "".join(lines)
        words = set(_TOKEN.findall(text))
        attributes = frozenset(word[1:].rstrip("(") for word in words if word[0] == ".")
        names = frozenset(word.rstrip("(") for word in words if word[0] != ".")
        switches = not words.isdisjoint(_SWITCHES) and _SWITCH.search(text) is not None
        rates = any(word in text for word in _RATES)
        return Body(self, name, line, owner, names, attributes, switches, rates)


def _with_decorators(start: int, lines: Sequence[str]) -> int:
    """Where the decorators of the definition on line ``start`` begin, if each stands on one line."""
    while start > 0 and lines[start - 1].lstrip().startswith("@"):
        start -= 1
    return start


def _starts(line: str, indent: str) -> bool:
    """Whether a statement of a class body begins on ``line``."""
    return line.startswith(indent) and not line.startswith(_CLOSING, len(indent))


def _alternating(text: str) -> Iterator[list[str]]:
    """The words between the commas of ``text``."""
    for part in _NOISE.sub(" ", text).split(","):
        words = part.split()
        if words:
            yield words
