"""Files such as ``.gitignore``, read line by line: what cannot be a pattern is named, and the other lines count.

pathspec matches as git does, by regular expressions.  `re` tries every way to spread a name over the wildcards of a
pattern, and there can be more of them than anybody waits for; so patterns with several wildcards are rewritten to try
one.  That one is enough: if a name can be split at all, it can be split where each part between two wildcards comes as
early as it may.  (`fnmatch` of the standard library does the same.)
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from itertools import count
from typing import Any

from pathspec import GitIgnoreSpec

from dropout_lint.io.interchange import quoted
from dropout_lint.io.opening import SETTINGS_BYTES, read_regular

_STAR, _MANY = "[^/]*", "(?:/.+)?"  # how pathspec spells `*`, and `**` between two folders
_ANYWHERE = "^(?:.+/)?"  # and `**` at the start
_TOKEN = re.compile(
    rf"(?P<star>(?:{re.escape(_STAR)})+)|(?P<many>{re.escape(_MANY)})|(?P<slash>/)|(?P<end>\(.*)"
    r"|(?P<fixed>\\.|\[\^?\]?[^\]]*\]\+?|.)",
    re.DOTALL,
)
_FEW = (
    3  # wildcards from which on a pattern is rewritten: two have no more than 65,000 ways, in names of 255 characters
)
_LONGEST = 4096  # characters of a pattern: no path is longer


def read_ignore_file(path: str) -> tuple[GitIgnoreSpec, tuple[str, ...]]:
    """The patterns in the file at ``path``, and what cannot be read of it: place and reason, one line each."""
    try:
        text = read_regular(path, SETTINGS_BYTES).decode("utf-8-sig", "surrogateescape")
    except OSError as error:
        return _spec([]), (f"{path}: {error.strerror or error}",)
    patterns: list[Any] = []
    problems: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            patterns += _patterns(line.removesuffix("\r"))
        except (ValueError, re.error, RecursionError, OverflowError):
            problems.append(f"{path}:{number}: {quoted(line)} is no pattern, so the line is passed over")
    return _spec(patterns), tuple(problems)


def _patterns(line: str) -> Iterator[Any]:
    """What ``line`` says, as pathspec has it.  Raises what pathspec and `re` raise for lines that they refuse."""
    if len(line) > _LONGEST:
        raise ValueError
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `[[:alpha:]]` means something else in git than in `re`, now or one day
        for pattern in GitIgnoreSpec.from_lines([line]).patterns:
            regex = getattr(pattern, "regex", None)
            if regex is not None and pattern.include is not None:
                if regex.pattern.count(_STAR) + regex.pattern.count(".+") >= _FEW:
                    pattern.regex = re.compile(without_backtracking(regex.pattern))
                yield pattern


def _spec(patterns: list[Any]) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec(patterns, backend="simple")  # others compile regular expressions by themselves
    except TypeError:  # before pathspec 1.0 there was one
        return GitIgnoreSpec(patterns)


def without_backtracking(regex: str) -> str:
    """``regex``, as pathspec writes it, so that it matches the same names and tries no wildcard but the last of a
    folder, and the last `**`, in more than one way.
    """
    anywhere = regex.startswith(_ANYWHERE)
    parts, end = _taken_apart(regex.removeprefix(_ANYWHERE))
    numbers = count()
    written = ["/".join(_segment(segment, numbers) for segment in part) for part in parts]
    *firm, last = written
    if not firm:
        return (_ANYWHERE if anywhere else "") + last + end
    begin = "^" + _once(f"(?:.+?/)??{firm[0]}(?=/)", numbers) if anywhere else firm[0]
    inner = "".join(_once(f"(?:/.+?)??{part}(?=/)", numbers) for part in firm[1:])
    return begin + inner + _MANY + last + end


def _taken_apart(regex: str) -> tuple[list[list[list[str]]], str]:
    """``regex`` between its `**`; each part by folders, each of these by its `*`; and what ends the whole."""
    parts = [[[""]]]
    for token in _TOKEN.finditer(regex):
        match token.lastgroup:
            case "many":
                parts.append([[""]])
            case "slash":
                parts[-1].append([""])
            case "star":
                parts[-1][-1].append("")
            case "end":
                return parts, token[0]
            case _:
                parts[-1][-1][-1] += token[0]
    return parts, ""


def _segment(chunks: list[str], numbers: Iterator[int]) -> str:
    """The name of one folder or file: ``chunks`` with a `*` between each two."""
    first, *others = chunks
    if not others:
        return first
    *middle, last = others
    return first + "".join(_once(f"[^/]*?{chunk}", numbers) for chunk in middle) + _STAR + last


def _once(regex: str, numbers: Iterator[int]) -> str:
    """``regex``, whose first match is its only one.  (Python 3.11 has a shorter way to write that.)"""
    name = f"once{next(numbers)}"
    return f"(?=(?P<{name}>{regex}))(?P={name})"
