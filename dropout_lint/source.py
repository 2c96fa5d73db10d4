"""One parsed file: its text, its syntax tree, and questions about places in them.

The tree is the standard library's `ast`, which parses ten times faster than LibCST and which flake8 hands over for
free. LibCST is asked only where text is edited (`edits`) and where this Python's grammar is too old for the file
(`recovery`).
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from dropout_lint.classes import Classes
from dropout_lint.finding import Position, Span
from dropout_lint.gates import Gates
from dropout_lint.knowledge import Knowledge, standard
from dropout_lint.names import Names
from dropout_lint.parents import Parents
from dropout_lint.parsing import parse
from dropout_lint.scopes import ScopeNode
from dropout_lint.testfiles import holds_tests
from dropout_lint.training_only import TrainingOnly
from dropout_lint.values import Values

if TYPE_CHECKING:
    from dropout_lint.mode_records import Records
    from dropout_lint.project import Project
    from dropout_lint.registration import Uses
    from dropout_lint.torch_calls import TorchCall
    from dropout_lint.typestate.memory import Memory
    from dropout_lint.typestate.modes import Layers
    from dropout_lint.typestate.values import Obj

T = TypeVar("T")

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_LONE_RETURN = re.compile(r"\r(?!\n)")


def split_lines(text: str) -> list[str]:
    """The lines of ``text`` with their ends, as Python counts lines: form feeds and Unicode separators end none."""
    if "\r" in text:
        return _LINE.findall(text)
    lines = text.splitlines(keepends=True)
    if len(lines) == text.count("\n") + (not text.endswith("\n")):  # nothing else ends a line: nearly always
        return lines
    lines = [line + "\n" for line in text.split("\n")]  # several times faster than the expression above
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def with_line_feeds(text: str) -> str:
    """``text``, of the same length, in which every line ends with a line feed, as those who search in it expect: a
    carriage return alone ends a line, too.
    """
    return _LONE_RETURN.sub("\n", text) if "\r" in text else text


def line_end(lines: Sequence[str], number: int) -> str:
    """How line ``number`` of ``lines`` ends; a last line without an end takes that of the line before."""
    for line in lines[max(number - 2, 0) : number][::-1]:
        end = line[len(line.rstrip("\r\n")) :]
        if end:
            return end
    return "\n"


class Source:
    """A file under analysis.

    ``filename`` is only what findings are labelled with: nothing is read from disk.  ``tree`` may be handed in by
    whoever has parsed the text already; otherwise it is parsed here, and what `parse` raises is raised.  ``project``
    finds what the file imports, and says what is known of libraries; without one, only the file itself is known, and
    what we know of libraries.
    """

    def __init__(
        self, filename: str, text: str, tree: ast.Module | None = None, project: Project | None = None
    ) -> None:
        self.filename = filename
        self.text = with_line_feeds(text)
        self._written = text
        self.project = project
        self.knowledge: Knowledge = standard() if project is None else project.knowledge
        self.tree = parse(text) if tree is None else tree
        self._parents = Parents(self.tree)
        self.parent = self._parents.parent  # asked for each node: a method around it would cost as much again
        self.adopt = self._parents.adopt
        self.scopes: dict[ast.AST, ScopeNode | None] = {}  # kept by `scopes.scope_of`
        self.awaits_errors: dict[ast.AST, bool | None] = {}  # kept by `torch_calls.expects_error`
        self.attribute_uses: Uses | None = None  # kept by `registration`
        self.own_attributes: dict[ast.ClassDef, dict[str, list[ast.Attribute]]] = {}  # kept by `containers`
        self.gated_dropouts: dict[ast.ClassDef, ast.Call | None] = {}  # kept by `inference_paths`
        self.torch_calls: dict[ast.Call, TorchCall | None] = {}  # kept by `torch_calls.torch_call`
        self.objects: dict[Hashable, Obj] = {}  # kept by `typestate.values.made_object`
        self.layers_used: dict[ast.ClassDef, Layers | None] = {}  # kept by `typestate.dependence`
        self.mode_records: dict[bool, tuple[str, tuple[Records, ...]]] = {}  # kept by `mode_programs`
        self.mode_memory: Memory | None = None  # kept by `typestate.memory`
        self.names = Names(self)
        self.values = Values(self)

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, with their ends."""
        return split_lines(self._written)

    @cached_property
    def classes(self) -> Classes:
        """The classes of the file."""
        return Classes(self)

    @cached_property
    def training_only(self) -> TrainingOnly:
        """What in the file certainly runs in training only."""
        return TrainingOnly(self)

    @cached_property
    def gates(self) -> Gates:
        """What in the file depends on the mode."""
        return Gates(self)

    @cached_property
    def is_test(self) -> bool:
        """Whether the file holds tests.  Without a project nobody knows where one begins: a relative name counts whole,
        of an absolute one the last part.
        """
        if self.project is not None:
            return self.project.is_test(self.filename, self.text)
        return holds_tests(
            os.path.basename(self.filename) if os.path.isabs(self.filename) else self.filename, self.text
        )

    def span(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword | ast.alias) -> Span:
        """Where ``node`` stands."""
        end_line, end_byte = node.end_lineno or node.lineno, node.end_col_offset
        end = self._position(end_line, node.col_offset if end_byte is None else end_byte)
        return Span(self._position(node.lineno, node.col_offset), end)

    def segment(self, node: ast.expr) -> str:
        """The text of ``node``, as it is written."""
        span = self.span(node)
        start, end = span.start, span.end
        if start.line == end.line:
            return self.lines[start.line - 1][start.column - 1 : end.column - 1]
        inner = self.lines[start.line : end.line - 1]
        return "".join(
            [self.lines[start.line - 1][start.column - 1 :], *inner, self.lines[end.line - 1][: end.column - 1]]
        )

    def lines_of(self, node: ast.AST) -> list[str]:
        """The lines that ``node`` stands on, without those of its decorators; all lines for the module."""
        first = getattr(node, "lineno", 1)
        last = getattr(node, "end_lineno", None) or getattr(node, "lineno", len(self.lines))
        return self.lines[first - 1 : last]

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around ``node``, from the innermost to the module."""
        return self._parents.ancestors(node)

    def first_above(
        self, node: ast.AST, known: dict[ast.AST, T | None], answer: Callable[[ast.AST, ast.AST], T | None]
    ) -> T | None:
        """What ``answer(child, above)`` says first on the way up from ``node``: see `Parents.first_above`."""
        return self._parents.first_above(node, known, answer)

    def release(self) -> None:
        """Let go of everything: the parts point back at the source, and a tree that waits for the garbage collector
        makes the next parse twice as slow."""
        if "classes" in self.__dict__:
            self.classes.release()
        if self.mode_memory is not None:
            self.mode_memory.release()
        self.__dict__.clear()

    def _position(self, line: int, byte: int) -> Position:
        """`ast` counts UTF-8 bytes; people and editors count characters."""
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        if text.isascii():
            return Position(line, byte + 1)
        return Position(line, len(text.encode("utf-8", "surrogatepass")[:byte].decode("utf-8", "replace")) + 1)
