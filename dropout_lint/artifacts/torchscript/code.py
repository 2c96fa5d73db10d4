"""The code in a TorchScript file, parsed: its classes and functions by their qualified names.

It is printed by torch in a small subset of Python, so `ast` reads it.  `ast` recurses, and a text can be made that
exhausts its stack or its memory; so the text is measured first.
"""

from __future__ import annotations

import ast
import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

from dropout_lint.artifacts.readers.limits import CODE_BYTES, CODE_DEPTH, CODE_TOKENS, STRING_BYTES, Unreadable

_TOKEN = re.compile(rb'"(?:[^"\\\n]|\\.)*"?|\'(?:[^\'\\\n]|\\.)*\'?|[\w.]+|\n|\S')


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method: its parameters and body, and its file."""

    parameters: tuple[str, ...]
    defaults: dict[str, ast.expr]
    body: tuple[ast.stmt, ...]
    entry: str  # the name of the zip's entry


@dataclass(frozen=True, slots=True)
class Class:
    """A class: its methods, and the attributes that are constants."""

    methods: dict[str, Function] = field(default_factory=dict)
    constants: dict[str, ast.expr] = field(default_factory=dict)


@dataclass(slots=True)
class Code:
    """All classes and functions of a file, by qualified name (``__torch__.net.Net``)."""

    classes: dict[str, Class] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    tokens: int = 0  # words, in all files

    def add(self, entry: str, data: bytes) -> None:
        """Parse ``data``, the content of the zip's ``entry``, and add what it defines.  Raises `Unreadable`."""
        prefix = module_name(entry) or "__torch__"
        self.tokens += measure(entry, data)
        if self.tokens > CODE_TOKENS:
            raise Unreadable(f"holds code of more than {CODE_TOKENS} words")
        for node in _parse(entry, data).body:
            if isinstance(node, ast.FunctionDef):
                self.functions[f"{prefix}.{node.name}"] = _function(node, entry)
            elif isinstance(node, ast.ClassDef):
                cls = self.classes.setdefault(f"{prefix}.{node.name}", Class())
                for item in node.body:
                    if isinstance(item, ast.FunctionDef):
                        cls.methods[item.name] = _function(item, entry)
                    elif isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and item.value:
                        cls.constants[item.target.id] = item.value


def code_entries(names: tuple[str, ...]) -> Iterator[str]:
    """Those of a zip's entries that hold TorchScript code."""
    return (name for name in names if module_name(name) is not None)


def module_name(entry: str) -> str | None:
    """The dotted name of the module that a zip's entry holds: ``__torch__.net`` for ``x/code/__torch__/net.py``."""
    before, found, after = entry.partition("code/__torch__")
    if not found or not after.endswith(".py") or not (after[:1] in ("/", ".") and before[-1:] in ("", "/")):
        return None
    return "__torch__" + after.removesuffix(".py").replace("/", ".")


def _function(node: ast.FunctionDef, entry: str) -> Function:
    parameters = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    defaults = dict(zip(reversed(parameters), reversed(node.args.defaults)))
    for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults):
        parameters.append(argument.arg)
        if default is not None:
            defaults[argument.arg] = default
    return Function(tuple(parameters), defaults, tuple(node.body), entry)


def _parse(entry: str, data: bytes) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in other people's strings
            return ast.parse(data, os.devnull)  # to quote a line, CPython opens the file that it thinks it parses
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"{entry[:80]!r} is not the code that torch writes: {error}") from None


def measure(entry: str, data: bytes) -> int:
    """The number of words in ``data``.  Raises `Unreadable` if it could take more memory or stack to parse than torch's
    own output ever does.

    The depth of an expression is at most the number of tokens since the last comma or bracket, summed over the open
    brackets; that holds for chains of operators and attributes, too, which nest without brackets.
    """
    if len(data) > CODE_BYTES:
        raise Unreadable(f"{entry[:80]!r} is longer than {CODE_BYTES} bytes of code")
    open_brackets: list[int] = []
    run, total, branches, tokens = 0, 0, 0, 0
    for tokens, match in enumerate(_TOKEN.finditer(data), 1):
        token = match[0]
        if tokens > CODE_TOKENS:
            raise Unreadable(f"{entry[:80]!r} is code of more than {CODE_TOKENS} words")
        if token in (b"(", b"[", b"{"):
            open_brackets.append(run)
            total += run + 1
            run = 0
        elif token in (b")", b"]", b"}"):
            if open_brackets:
                run = open_brackets.pop()
                total -= run + 1
            run += 1  # what follows, `(x)(y)(z)`, nests outside of it
        elif token == b"," or (token == b"\n" and not open_brackets):
            run = 0
        elif token[:1] not in b"\"'\n":
            run += 1 + token.count(b".")
            branches += token == b"elif"
            if len(token) > STRING_BYTES:
                raise Unreadable(f"{entry[:80]!r} holds a word of {len(token)} characters")
        if total + run > CODE_DEPTH * 8 or len(open_brackets) > CODE_DEPTH or branches > CODE_DEPTH:
            raise Unreadable(f"{entry[:80]!r} holds code that is nested too deeply")
    return tokens
