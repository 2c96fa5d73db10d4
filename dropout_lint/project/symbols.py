"""What the functions, methods and top-level names of a file mention: by words, without parsing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from dropout_lint.syntax.outline import code_of, import_statements, pieces
from dropout_lint.syntax.type_hints import without_types

# Translating and splitting finds words several times faster than a regular expression; beyond ASCII all is of a word.
_NO_WORD = "".join(sign if sign.isalnum() or sign in "_." else " " for sign in map(chr, range(128)))
_WORD = re.compile(r"[A-Za-z_]\w*")
# A statement gives values to the names before its `=`; the name before a dot or a bracket may get something put in.
_FILLED = re.compile(r"\n[ \t]*(?:([A-Za-z_][^=\n]*?)[ \t]*(?::[^=\n]+)?[-+|]?=(?!=)|([A-Za-z_]\w*)[.\[])")
_NOISE = re.compile(r"#[^\n]*|[()\\]")


class CodeUnit:
    """A piece of code, and what it mentions."""

    def __init__(
        self, home: FileSymbols, text: str, name: str, line: int, owner: str = "", *, is_class: bool = False
    ) -> None:
        self.home = home
        self.name = name
        self.line = line  # of its ``def`` or ``class``; 0 for what stands outside of them
        self.owner = owner  # the class of a method
        self.is_class = is_class  # what stands in a class around its methods
        self.text = text

    @property
    def names(self) -> frozenset[str]:
        """The plain words that it says: names, and what is none and does no harm."""
        return self._words[0]

    @property
    def attributes(self) -> frozenset[str]:
        """The words behind a dot: attributes of something."""
        return self._words[1]

    @cached_property
    def _words(self) -> tuple[frozenset[str], frozenset[str]]:
        words = set(without_types(self.text).replace(".", " .").translate(_NO_WORD).split())
        behind = [word for word in words if word[0] == "."]
        return frozenset(words.difference(behind)), frozenset([word[1:] for word in behind])


class ClassUnit:
    """A class: the code from its bases on, and its methods."""

    def __init__(self, body: CodeUnit) -> None:
        self.body = body
        self.methods: dict[str, CodeUnit] = {}


class FileSymbols:
    """What the code of one file mentions."""

    def __init__(self, filename: str, text: str) -> None:
        self.filename = filename
        self.functions: dict[str, CodeUnit] = {}
        self.classes: dict[str, ClassUnit] = {}
        self.assigned: dict[str, CodeUnit] = {}  # names of the top level that are no functions
        self.top: CodeUnit  # what runs when the file does, beside its imports
        self.imported: dict[str, tuple[str, str]] = {}  # a module and a name in it; no name: the module itself
        self.stars: list[str] = []
        text = "\n" + code_of(text)
        self._read_imports(text)
        self._read_code(text)
        self.known = frozenset((*self.functions, *self.classes, *self.assigned, *self.imported))

    def body_at(self, name: str, line: int, owner: str = "") -> CodeUnit | None:
        """The function called ``name`` on ``line``, or the method of the class called ``owner``; None if it stands
        somewhere else than at the top.
        """
        known = self.functions
        if owner:
            known = self.classes[owner].methods if owner in self.classes else {}
        body = known.get(name)
        return body if body is not None and body.line == line else None

    def release(self) -> None:
        """Let go of all code."""
        self.functions.clear()
        self.classes.clear()
        self.assigned.clear()
        del self.top

    def _read_imports(self, text: str) -> None:
        for found in import_statements(text):
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

    def _read_code(self, text: str) -> None:
        filled: dict[str, list[str]] = {}
        run: list[str] = []
        for piece in pieces(text):
            code = text[piece.start : piece.end]
            if piece.kind == "class":
                self.classes[piece.name] = ClassUnit(CodeUnit(self, code, piece.name, piece.line, is_class=True))
            elif piece.owner:
                method = CodeUnit(self, code, piece.name, piece.line, piece.owner)
                self.classes[piece.owner].methods[piece.name] = method
            elif piece.kind:
                self.functions[piece.name] = CodeUnit(self, code, piece.name, piece.line)
            elif not code.startswith(("import ", "from ", "__all__")):
                run.append(code)
                for name in _names_filled(code):
                    filled.setdefault(name, []).append(code)
        self.top = CodeUnit(self, "".join(run), "", 0)
        for name, codes in filled.items():
            self.assigned[name] = CodeUnit(self, "".join(codes), name, 0)


def _names_filled(statement: str) -> frozenset[str]:
    """The names that a statement of the top level may give a value, or put something in."""
    found = _FILLED.findall(f"\n{statement}")
    return frozenset([name for targets, called in found for name in (called, *_WORD.findall(targets)) if name])


def _alternating(text: str) -> Iterator[list[str]]:
    """The words between the commas of ``text``."""
    for part in _NOISE.sub(" ", text).split(","):
        words = part.split()
        if words:
            yield words
