"""Lines as Python counts them, and how they end."""

from __future__ import annotations

import re
from collections.abc import Sequence

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
