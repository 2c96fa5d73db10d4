"""The text of a file without the bodies of its functions: it parses several times faster.

Each body is replaced by one letter, at the place where its last statement ends, so that all other code keeps its
position and everything around the function ends where it did.

The result is certain for every text that Python accepts.  Strings in triple quotes are recognised as Python does it;
outside of them a line that begins with ``def`` begins a statement, because no expression may hold that word; and if the
line that seems to end a body were part of a longer line, a bracket would be left over in the skeleton, which then does
not parse.  For a text that Python does not accept, the skeleton may say less than is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from dropout_lint.io.late_pattern import late

LETTER = 0
"""What replaces a body: a statement of one letter."""
_LEAST = 120  # characters of a body: it takes no longer to parse shorter ones at once
_ODD = late("[\t\r\f\0]")  # Python has rules of its own for indentation with these
_TRIPLE = ('"""', "'''")
_TOKEN = late(
    r'#[^\n]*|"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""|"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
    r"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''|'[^'\\\n]*(?:\\.[^'\\\n]*)*'",
    re.DOTALL,
)
_DEFINITION = late(r"\n( *)(?:async +)?def ")
_END_OF_SIGNATURE = late(r": *(?:#[^\n]*)?\n")


class Body(NamedTuple):
    """The body of a function."""

    text: str  # from the beginning of its first line to the end of its last statement
    line: int  # on which the text begins
    last: int  # on which it ends, and on which the letter is


class InDoubt(Exception):
    """The text is not cut: it is no Python, or only Python itself can decide where its strings end."""


def skeleton(text: str) -> tuple[str, list[Body]]:
    """``text`` without the bodies of its longer functions, and these; raises `InDoubt`."""
    if _ODD.search(text):
        raise InDoubt
    text = f"\n{text}"
    code = _without_long_strings(text)
    kept: list[str] = []
    bodies: list[Body] = []
    at = counted = line = 0
    for indent, begin, stop in _bodies(code):
        end = _end_of_code(code, begin, stop)
        start_of_last = code.rfind("\n", 0, end) + 1
        width = len(text[start_of_last:end].encode())
        if width - 1 <= indent or code[end - 1] in ";\\" or code[start_of_last - 2] == "\\":
            continue  # the letter would be too far left, or not at the end
        line, counted = line + code.count("\n", counted, begin), begin
        height = code.count("\n", begin, end)
        kept += (text[at:begin], "\n" * height, " " * (width - 1), str(LETTER))
        bodies.append(Body(text[begin:end], line, line + height))
        at = end
    kept.append(text[at:])
    return "".join(kept)[1:], bodies


def _bodies(code: str) -> Iterator[tuple[int, int, int]]:
    """The bodies of functions in ``code`` that are worth cutting: the indentation of ``def``, and where each begins and
    ends.
    """
    found = _DEFINITION.search(code)
    while found is not None:
        indent = len(found[1])
        after = _no_deeper(indent).search(code, found.end())
        stop = len(code) if after is None else after.start() + 1
        if code[found.start() - 1] == "\\" or code[stop - 2] == "\\":
            raise InDoubt  # the line is a piece of a longer one, or of a string
        signature = _END_OF_SIGNATURE.search(code, found.end(), stop)
        if signature is not None and stop - signature.end() >= _LEAST:
            yield indent, signature.end(), stop
        found = _DEFINITION.search(code, stop - 1)


@cache
def _no_deeper(indent: int) -> re.Pattern[str]:
    """Where a line begins that is indented no deeper, and is no comment and no end of a longer one."""
    return re.compile(rf"\n {{0,{indent}}}[^\s#)\]}}]")


def _end_of_code(code: str, begin: int, stop: int) -> int:
    """Where the last statement of the body between ``begin`` and ``stop`` ends, before comments and empty lines."""
    while True:
        stop = begin + len(code[begin:stop].rstrip())
        start = code.rfind("\n", 0, stop) + 1
        if "#" not in code[start:stop]:
            return stop
        comment = next((token for token in _tokens(code, start, stop) if token[0][0] == "#"), None)
        if comment is None:
            return stop
        stop = comment.start()


def _without_long_strings(text: str) -> str:
    """``text`` with every string in triple quotes blanked in such a way that none of its lines begins anything."""
    kept: list[str] = []
    at = 0
    for start, end in _long_strings(text):
        first, *others = text[start:end].split("\n")
        if others:
            kept += (text[at:start], "x" * len(first), *(f"\n{')' * len(line)}" for line in others))
            at = end
    kept.append(text[at:])
    return "".join(kept)


def _long_strings(text: str) -> Iterator[tuple[int, int]]:
    """Where the strings in triple quotes of ``text`` stand."""
    kinds = [quotes for quotes in _TRIPLE if quotes in text]
    at = 0
    while found := [place for quotes in kinds if (place := text.find(quotes, at)) >= 0]:
        place = min(found)
        begin = text.rfind("\n", at, place) + 1
        while begin > at and text[begin - 2] == "\\":  # a string may go on on the next line
            begin = text.rfind("\n", at, begin - 1) + 1
        begin = max(begin, at)
        before = text[begin:place]
        if not ('"' in before or "'" in before or "#" in before):
            begin = place
        token = next((token for token in _tokens(text, begin, len(text)) if token.end() > place), None)
        is_long = token is not None and token[0].startswith(_TRIPLE)
        if token is None or (token.start() >= place and not is_long):
            raise InDoubt  # nothing ends it
        if is_long:
            yield token.span()
        at = token.end()


def _tokens(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """The strings and comments of ``text`` from ``start`` on, where neither is open."""
    for token in _TOKEN.finditer(text, start, end):
        if token[0][0] != "#" and token[0].count("{") != token[0].count("}"):
            raise InDoubt  # since Python 3.12, an f-string may hold strings with quotes like its own
        yield token
