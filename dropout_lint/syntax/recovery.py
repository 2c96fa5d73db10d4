"""Files that this Python's own parser refuses, but that may be fine: LibCST's second opinion.

What `newer_syntax` knows is read anyway.  LibCST reads more: where it accepts a file, only the statements that this
Python cannot read are lost; each is replaced by a call that passes all that it names to an unknown function.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from keyword import iskeyword

from dropout_lint.syntax.lazy_parse import parse
from dropout_lint.syntax.lexer import LINE_END, InDoubt, Token, logical_lines
from dropout_lint.syntax.libcst_parser import parse_module
from dropout_lint.syntax.newer_syntax import blank
from dropout_lint.syntax.unread import stand_in

_LETTER = "0"  # a statement of one letter, in the place of one that is lost
_CLAUSES = frozenset({"elif", "else", "except", "finally"})
_AROUND = ("{}", "if 1: pass\n{}", "try: pass\n{}", "match 1:\n {}", "{}\ndef f(): pass")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as Python counts them: a statement, the head of one, or several statements."""

    number: int
    indent: str
    tokens: Sequence[Token]

    @property
    def start(self) -> int:
        return self.tokens[0].start

    @property
    def end(self) -> int:
        return self.tokens[-1].end

    @property
    def word(self) -> str:
        return self.tokens[0].text

    @property
    def opens_block(self) -> bool:
        return self.tokens[-1].text == ":"

    @property
    def depth(self) -> int:
        return len(self.indent.expandtabs())


def readable_part(text: str) -> ast.Module | None:
    """The tree of the statements of ``text`` that this Python can read, at their places, with stand-ins for the others;
    None if the text is no Python.
    """
    if parse_module(text) is None:
        return None
    try:
        lines = list(_lines(text))
    except InDoubt:
        return None
    lost = _unreadable(text, lines)
    kept, at = [], 0
    for first, last in lost:
        start, end = lines[first].start, lines[last].end
        kept += [text[at:start], _LETTER, blank(text[start + 1 : end])]
        at = end
    try:
        tree = parse("".join([*kept, text[at:]]))
    except (SyntaxError, RecursionError, MemoryError):
        return None
    places = {lines[first].number: (first, last) for first, last in lost}
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if not isinstance(block, list):
                continue
            for index, statement in enumerate(block):
                if statement.lineno in places and isinstance(statement, ast.Expr):
                    first, last = places[statement.lineno]
                    block[index] = _stand_in(text, lines[first : last + 1], statement)
    return tree


def _lines(text: str) -> Iterator[_Line]:
    number, at = 1, 0
    for tokens in logical_lines(text):
        start = tokens[0].start
        number, at = number + len(LINE_END.findall(text, at, start)), start
        begin = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
        yield _Line(number, text[begin:start], tokens)


def _unreadable(text: str, lines: Sequence[_Line]) -> list[tuple[int, int]]:
    """The first and the last of the lines that are lost together: a statement, with its block if it has one."""
    lost: list[tuple[int, int]] = []
    index = 0
    while index < len(lines):
        first = last = index
        if not _is_readable(text, lines[index]):
            first = _start_of_statement(lines, index)
            while last + 1 < len(lines) and _belongs(lines[last + 1], lines[first], lines[last]):
                last += 1
            lost = [*(piece for piece in lost if piece[1] < first), (first, last)]
        index = last + 1
    return lost


def _start_of_statement(lines: Sequence[_Line], index: int) -> int:
    """The line at which the statement begins that the line at ``index`` is a piece of."""
    line = lines[index]
    if line.word in _CLAUSES:
        index = next(
            (at for at in range(index, -1, -1) if lines[at].depth == line.depth and lines[at].word not in _CLAUSES),
            index,
        )
    elif line.word == "case" and line.opens_block:
        index = next((at for at in range(index, -1, -1) if lines[at].depth < line.depth), index)
    while index and lines[index - 1].word == "@" and lines[index - 1].depth == lines[index].depth:
        index -= 1
    return index


def _belongs(line: _Line, first: _Line, last: _Line) -> bool:
    """Whether ``line`` is a part of the statement that begins with ``first``, and of which ``last`` is known."""
    if line.depth != first.depth:
        return line.depth > first.depth
    return line.word in _CLAUSES or last.word == "@"


def _is_readable(text: str, line: _Line) -> bool:
    written = text[line.start : line.end] + (" pass" if line.opens_block else "")
    for around in _AROUND:
        try:
            parse(around.format(written))
        except (SyntaxError, RecursionError, MemoryError):
            continue
        return True
    return False


def _stand_in(text: str, lines: Sequence[_Line], place: ast.stmt) -> ast.stmt:
    """What takes the place of ``lines``: it binds what they bind, and ends the function if they do."""
    value = stand_in(text[lines[0].start : lines[-1].end])
    bound = list(dict.fromkeys(name for line in lines for name in _bound(line.tokens)))
    if lines[0].word in ("return", "raise"):
        (statement,) = parse(f"{lines[0].word} {value}").body
    else:
        (statement,) = parse(f"{', '.join(bound)} = {value}" if bound else value).body
    place.end_lineno = lines[-1].number + len(LINE_END.findall(text, lines[-1].start, lines[-1].end))
    for part in ast.walk(statement):
        ast.copy_location(part, place)
    return statement


def _bound(tokens: Sequence[Token]) -> Iterator[str]:
    """The names that a line may bind, rather too many."""
    texts = [token.text for token in tokens]
    signs = [index for index, text in enumerate(texts) if text == "=" and texts[index - 1] not in "=!<>"]
    names = [index for index, text in enumerate(texts) if text.isidentifier() and not iskeyword(text)]
    for index in names:
        before = texts[index - 1] if index else ""
        after = texts[index + 1] if index + 1 < len(texts) else ""
        is_target = index < max(signs, default=0) and before != "." and after not in (".", "[", "(")
        if is_target or before in ("for", "as", "def", "class") or texts[0] in ("import", "from"):
            yield texts[index]
