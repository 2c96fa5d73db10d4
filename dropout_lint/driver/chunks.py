"""Which files a worker takes together.

What it has learnt of a project serves all files of it: two workers that take turns in one folder learn all that twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from itertools import takewhile

_LEAST = 16  # files of one portion
_EACH = 6  # portions for each worker, so that none waits long for the last


def portions(paths: Sequence[str], workers: int) -> Iterator[range]:
    """Where ``paths``, which are in the order of their folders, are best cut for so many ``workers``: the positions of
    each portion.  Cuts fall between folders, the further apart the better.
    """
    size = max(_LEAST, -(-len(paths) // (workers * _EACH)))
    start = 0
    while start < len(paths):
        last = start + size + size // 2
        end = len(paths)
        if last < end:
            places = range(start + size // 2, last + 1)
            end = min(places, key=lambda place: (_shared(paths[place - 1], paths[place]), abs(place - start - size)))
        yield range(start, end)
        start = end


def _shared(one: str, other: str) -> int:
    """How many folders two files have in common."""
    pairs = zip(one.split(os.sep)[:-1], other.split(os.sep)[:-1])
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
