"""What the functions, methods and top-level names of a file mention: by words, without parsing."""

from __future__ import annotations

import re

from dropout_lint.syntax.outline import Outline, Unit, whole
from dropout_lint.syntax.type_hints import without_types

# To translate and split finds words several times faster than a regular expression; all beyond ASCII is part of a word.
_NO_WORD = "".join(sign if sign.isalnum() or sign in "_." else " " for sign in map(chr, range(128)))
_WORD = re.compile(r"[A-Za-z_]\w*")
# A statement gives values to the names before its `=`; the name before a dot or a bracket may get something put in.
_FILLED = re.compile(r"\n[ \t]*(?:([A-Za-z_][^=\n]*?)[ \t]*(?::[^=\n]+)?[-+|]?=(?!=)|([A-Za-z_]\w*)[.\[])")


class CodeUnit:
    """A function, a method, or other code, and what it mentions."""

    __slots__ = ("_unit", "_words", "home")

    def __init__(self, home: FileSymbols, unit: Unit) -> None:
        self.home = home
        self._unit = unit
        self._words: tuple[frozenset[str], frozenset[str]] | None = None

    @property
    def name(self) -> str:
        """What it is called; empty for the top level."""
        return self._unit.name

    @property
    def line(self) -> int:
        """The line of its ``def`` or ``class``; 0 for code outside of them."""
        return self._unit.line

    @property
    def owner(self) -> str:
        """The class of a method."""
        return self._unit.owner

    @property
    def is_class(self) -> bool:
        """Whether it is the code of a class around its methods."""
        return self._unit.kind == "class"

    @property
    def text(self) -> str:
        """What it says."""
        return self._unit.text

    @property
    def names(self) -> frozenset[str]:
        """The plain words in it: names, and words that are none and do no harm."""
        return (self._words or self._find_words())[0]

    @property
    def attributes(self) -> frozenset[str]:
        """The words behind a dot: attributes of something."""
        return (self._words or self._find_words())[1]

    def _find_words(self) -> tuple[frozenset[str], frozenset[str]]:
        words = set(without_types(self.text).replace(".", " .").translate(_NO_WORD).split())
        behind = [word for word in words if word[0] == "."]
        self._words = frozenset(words.difference(behind)), frozenset([word[1:] for word in behind])
        return self._words


class ClassUnit:
    """A class: the code from its bases on, and its methods."""

    def __init__(self, body: CodeUnit) -> None:
        self.body = body
        self.methods: dict[str, CodeUnit] = {}


class FileSymbols:
    """What the code of one file mentions."""

    def __init__(self, filename: str, outline: Outline) -> None:
        self.filename = filename
        self.functions: dict[str, CodeUnit] = {}
        self.classes: dict[str, ClassUnit] = {}
        self.assigned: dict[str, CodeUnit] = {}  # names of the top level that are no functions
        self.top: CodeUnit  # what runs when the file does, beside its imports
        self.imported: dict[str, tuple[str, str]] = {}  # a module and a name in it; no name: the module itself
        self.stars: list[str] = []
        self._read_imports(outline)
        self._read_code(outline)
        self.known = frozenset((*self.functions, *self.classes, *self.assigned, *self.imported))

    def body_at(self, name: str, line: int, owner: str = "") -> CodeUnit | None:
        """The function called ``name`` on ``line``, or the method of the class called ``owner``; None if it is not at
        the top level.
        """
        known = self.functions
        if owner:
            known = self.classes[owner].methods if owner in self.classes else {}
        body = known.get(name)
        return body if body is not None and body.line == line else None

    def release(self) -> None:
        """Release all code."""
        self.functions.clear()
        self.classes.clear()
        self.assigned.clear()
        del self.top

    def _read_imports(self, outline: Outline) -> None:
        for module, name, alias in outline.imports:
            if name == "*":
                self.stars.append(module)
            elif name or alias:
                self.imported[alias or name] = (module, name)
            else:
                package = module.partition(".")[0]
                self.imported[package] = (package, "")

    def _read_code(self, outline: Outline) -> None:
        filled: dict[str, list[str]] = {}
        run: list[str] = []
        for unit in outline.units:
            if unit.kind == "class":
                self.classes[unit.name] = ClassUnit(CodeUnit(self, unit))
            elif unit.owner:
                self.classes[unit.owner].methods[unit.name] = CodeUnit(self, unit)
            elif unit.kind:
                self.functions[unit.name] = CodeUnit(self, unit)
            elif not outline.code.startswith(("import ", "from ", "__all__"), unit.start):
                text = unit.text
                if "(" in text:  # else nothing runs: ``MODELS = {"net": Net}`` makes none
                    run.append(text)
                for name in _names_filled(text):
                    filled.setdefault(name, []).append(text)
        self.top = CodeUnit(self, whole("", run))
        for name, texts in filled.items():
            self.assigned[name] = CodeUnit(self, whole(name, texts))


def _names_filled(statement: str) -> frozenset[str]:
    """The names that a statement of the top level may give a value, or put something in."""
    found = _FILLED.findall(f"\n{statement}")
    return frozenset([name for targets, called in found for name in (called, *_WORD.findall(targets)) if name])
