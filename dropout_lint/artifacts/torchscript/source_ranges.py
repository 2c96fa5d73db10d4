"""From a place in TorchScript code back to the line of Python that it was made from (``*.debug_pkl``)."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence

from dropout_lint.artifacts.readers.inert import Instance, Value
from dropout_lint.artifacts.readers.limits import Unreadable
from dropout_lint.artifacts.readers.pickle_reader import read_pickle
from dropout_lint.artifacts.readers.stack_traces import of_torch, traced_place
from dropout_lint.artifacts.values.evidence import Place

_FORMAT = "FORMAT_WITH_STRING_TABLE"
_MOST_STRINGS = 2000  # of the table, that make up one range
_LONGEST_TEXT = 64_000


class SourceRanges:
    """The ranges of one file of code."""

    def __init__(self, data: bytes) -> None:
        self._strings: Sequence[Value] = ()
        self._starts: list[int] = []
        self._ranges: list[Value] = []
        try:
            root = read_pickle(io.BytesIO(data))
        except Unreadable:
            return  # places are a service: a file without them is judged all the same
        if type(root) is not tuple or len(root) != 3 or root[0] != _FORMAT or type(root[1]) is not tuple:
            return
        self._strings = root[1]
        for entry in root[2] if type(root[2]) is tuple else ():
            if type(entry) is tuple and len(entry) >= 2 and type(entry[0]) is int:
                if not self._starts or entry[0] >= self._starts[-1]:
                    self._starts.append(entry[0])
                    self._ranges.append(entry[1])

    def place(self, offset: int) -> Place | None:
        """The user's line that the code at ``offset`` (in bytes) was made from; None if it is torch's or unknown."""
        number = bisect_right(self._starts, offset) - 1
        if number < 0:
            return None
        try:
            (pieces, filename, first), start, _ = self._ranges[number]
            text = self._text(pieces)
            name = self._strings[filename]
        except (TypeError, ValueError, IndexError):
            return None
        if type(name) is not str or type(first) is not int or type(start) is not int:
            return None
        if text.startswith(f"{name}({first}): "):  # a trace keeps the whole stack where a script keeps its source
            return traced_place(text)
        if not name or of_torch(name):
            return None
        return Place(name, first + text.count("\n", 0, max(start, 0)))

    def _text(self, pieces: Value) -> str:
        numbers = pieces.arguments[0] if type(pieces) is Instance else ()
        strings = [self._strings[number] for number in numbers[:_MOST_STRINGS]]
        return "".join(string for string in strings if type(string) is str)[:_LONGEST_TEXT]
