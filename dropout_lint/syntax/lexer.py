"""The tokens of a text in the grammar of the newest Python, whichever Python runs.

`tokenize` knows the grammar of its own version only: before 3.12 it ends an f-string at a quote inside of its braces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dropout_lint.io.late_pattern import late

_SKIPPED = late(r"(?:[ \t\f\ufeff]|\\(?:\r\n|\r|\n)|#[^\r\n]*)*")
LINE_END = late(r"\r\n|\r|\n")
_STRING = late(r"(?i)(br|rb|fr|rf|tr|rt|[bruft])?(\"\"\"|'''|\"|')")
_WORD = late(r"\w+")
_CONVERSION = late(r"\s*\w*\s*")
_MOST_NESTED = 50  # f-strings in f-strings

Place = tuple[int, int]
"""Where a piece of the text begins and ends."""


class InDoubt(Exception):
    """The text is no Python, as far as its tokens show."""


class Token(NamedTuple):
    """A word, a string, or one character of an operator."""

    start: int
    end: int
    text: str
    quotes: str = ""  # of a string
    fields: tuple[Place, ...] = ()  # the expressions in the braces of an f-string or t-string

    @property
    def prefix(self) -> str:
        """The letters before the quotes of a string, in small letters."""
        return self.text[: self.text.index(self.quotes)].lower() if self.quotes else ""


def logical_lines(text: str) -> Iterator[list[Token]]:
    """The tokens of ``text``, line by line as Python counts them: brackets and backslashes join lines.

    Raises InDoubt where brackets or strings do not end.
    """
    line: list[Token] = []
    at, depth = 0, 0
    while True:
        at = _skip(text, at)
        end = LINE_END.match(text, at)
        if at == len(text) or end is not None:
            if depth and end is None:
                raise InDoubt
            if line and not depth:
                yield line
                line = []
            if end is None:
                return
            at = end.end()
            continue
        token = _token(text, at, 0)
        depth += (token.text in "([{") - (token.text in ")]}")
        if depth < 0:
            raise InDoubt
        line.append(token)
        at = token.end


def closing_of(line: Sequence[Token], opening: int) -> int:
    """The index of the bracket that closes the one at ``opening``."""
    depth = 0
    for index in range(opening, len(line)):
        depth += (line[index].text in "([{") - (line[index].text in ")]}")
        if not depth:
            return index
    raise InDoubt


def at_depth_0(line: Sequence[Token], start: int, stop: int) -> Iterator[int]:
    """The indices from ``start`` to ``stop`` that are outside of brackets, or close one."""
    depth = 0
    for index in range(start, stop):
        depth += (line[index].text in "([{") - (line[index].text in ")]}")
        if not depth:
            yield index


def index_of(texts: Sequence[str], line: Sequence[Token], start: int) -> int:
    """The index of the first of ``texts`` outside of brackets; that of the end, if there is none."""
    return next((index for index in at_depth_0(line, start, len(line)) if line[index].text in texts), len(line))


def _skip(text: str, at: int) -> int:
    found = _SKIPPED.match(text, at)
    return at if found is None else found.end()


def _token(text: str, at: int, nested: int) -> Token:
    string = _STRING.match(text, at)
    if string is None:
        word = _WORD.match(text, at)
        end = at + 1 if word is None else word.end()
        return Token(at, end, text[at:end])
    if nested > _MOST_NESTED:
        raise InDoubt
    prefix, quotes = (string[1] or "").lower(), string[2]
    fields: list[Place] = []
    has_fields = "f" in prefix or "t" in prefix
    end = _end_of_string(text, string.end(), quotes, fields if has_fields else None, nested)
    return Token(at, end, text[at:end], quotes, tuple(fields))


def _end_of_string(text: str, at: int, quotes: str, fields: list[Place] | None, nested: int) -> int:
    """Where the string ends whose quotes end at ``at``; its expressions are added to ``fields``, if it has any."""
    while at < len(text):
        if text.startswith(quotes, at):
            return at + len(quotes)
        char = text[at]
        if char == "\\":
            line_end = LINE_END.match(text, at + 1)
            is_name = fields is not None and text.startswith("N{", at + 1)
            if is_name:
                at = text.find("}", at) + 1 or len(text)
            else:
                braced = fields is not None and text[at + 1 : at + 2] in ("{", "}")
                at = line_end.end() if line_end else at + (1 if braced else 2)
        elif char in "\r\n" and len(quotes) == 1:
            raise InDoubt
        elif fields is not None and char == "{":
            at = at + 2 if text.startswith("{{", at) else _end_of_field(text, at + 1, quotes, fields, nested)
        else:
            at += 1
    raise InDoubt


def _end_of_field(text: str, at: int, quotes: str, fields: list[Place], nested: int) -> int:
    """Where the field ends whose brace ends at ``at``."""
    start, depth, equals = at, 0, None
    while at < len(text):
        skipped = LINE_END.match(text, at)
        at = skipped.end() if skipped else _skip(text, at)
        if skipped or at == len(text):
            continue
        char, after = text[at], text[at + 1 : at + 2]
        if not depth and (char in "}:" or (char == "!" and after != "=")):
            fields.append((start, at if equals is None else equals))
            if char == "!":
                found = _CONVERSION.match(text, at + 1)
                at = at + 1 if found is None else found.end()
            if text[at : at + 1] == ":":
                return _end_of_specification(text, at + 1, quotes, fields, nested)
            if text[at : at + 1] != "}":
                raise InDoubt
            return at + 1
        token = _token(text, at, nested + 1)
        depth += (token.text in "([{") - (token.text in ")]}")
        is_sign = token.text == "=" and not depth and after != "=" and text[at - 1] not in "=!<>"
        equals = at if is_sign else None
        at = token.end
    raise InDoubt


def _end_of_specification(text: str, at: int, quotes: str, fields: list[Place], nested: int) -> int:
    while at < len(text) and not text.startswith(quotes, at):
        if text[at] == "}":
            return at + 1
        at = _end_of_field(text, at + 1, quotes, fields, nested + 1) if text[at] == "{" else at + 1
    raise InDoubt
