"""The source of a notebook's cell, edited inside of the JSON: no other character of the file changes.

Reading the JSON and writing it anew would lose what JSON does not mean: indentation, line ends, the spelling of numbers
and of characters, keys that come twice.  So the source is looked for in the text, and only pieces of its strings are
replaced.  The text must be JSON; the caller has read it as such.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from dropout_lint.finding import Edit
from dropout_lint.syntax.splicing import located

_BLANKS = re.compile(r"[ \t\r\n]*")
_PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_CHARACTER = re.compile(_PAIR + r"|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_DECODER = json.JSONDecoder()


def edited(text: str, number: int, edits: Sequence[Edit]) -> str:
    """The notebook ``text`` with ``edits``, which must not overlap, made in the source of cell ``number`` (from 1)."""
    if not edits:
        return text
    notebook = _BLANKS.match(text).end()  # type: ignore[union-attr]  # it matches everywhere
    cell = list(_elements(text, _value_of("cells", text, notebook)))[number - 1]
    place = _value_of("source", text, cell)
    strings = list(_elements(text, place)) if text[place] == "[" else [place]
    source = "".join(_DECODER.raw_decode(text, start)[0] for start in strings)
    places = [place for start in strings for place in _characters(text, start)]
    end = _end_of(text, strings[-1]) - 1 if strings else place
    separator = _between(text, place, strings) if text[place] == "[" else None
    escapes = text.isascii() and "\\u" in text
    for start, stop, content in reversed(located(source, edits)):
        first = places[start] if start < len(places) else end
        last = first if start == stop else places[stop - 1] + _length(text, places[stop - 1])
        as_ascii = escapes or _SURROGATE.search(content) is not None
        lines = [json.dumps(line, ensure_ascii=as_ascii)[1:-1] for line in content.split("\n")]
        if separator is None:
            written = "\\n".join(lines)
        else:
            ends_string = lines[-1] == "" and text[last] == '"'  # nothing follows for which a string would be opened
            written = f'\\n"{separator}"'.join(lines[:-1]) + "\\n" if ends_string else f'\\n"{separator}"'.join(lines)
        text = text[:first] + written + text[last:]
    return text


def _between(text: str, place: int, strings: Sequence[int]) -> str:
    """What separates the lines of the list at ``place``: a comma, and the blanks before the first one."""
    if len(strings) > 1:
        return text[_end_of(text, strings[0]) : strings[1]]
    return "," + text[place + 1 : strings[0]] if strings else ","


def _value_of(key: str, text: str, start: int) -> int:
    """Where the value of ``key`` begins in the object at ``start``: of the last one, as JSON is read."""
    return [value for name, value in _members(text, start) if name == key][-1]


def _members(text: str, start: int) -> Iterator[tuple[str, int]]:
    """The keys of the object at ``start``, and where the value of each begins."""
    at = _after_blanks(text, start + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        value = _after_blanks(text, _after_blanks(text, at) + 1)  # behind the colon
        yield key, value
        at = _after_comma(text, _end_of(text, value))


def _elements(text: str, start: int) -> Iterator[int]:
    """Where the elements of the list at ``start`` begin."""
    at = _after_blanks(text, start + 1)
    while text[at] != "]":
        yield at
        at = _after_comma(text, _end_of(text, at))


def _end_of(text: str, start: int) -> int:
    return _DECODER.raw_decode(text, start)[1]


def _after_blanks(text: str, at: int) -> int:
    return _BLANKS.match(text, at).end()  # type: ignore[union-attr]  # it matches everywhere


def _after_comma(text: str, at: int) -> int:
    at = _after_blanks(text, at)
    return _after_blanks(text, at + 1) if text[at] == "," else at


def _characters(text: str, start: int) -> Iterator[int]:
    """Where each character of the string at ``start`` is written."""
    return (found.start() for found in _CHARACTER.finditer(text, start + 1, _end_of(text, start) - 1))


def _length(text: str, at: int) -> int:
    found = _CHARACTER.match(text, at)
    assert found is not None
    return found.end() - at
