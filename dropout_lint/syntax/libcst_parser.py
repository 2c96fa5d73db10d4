"""LibCST's parser, made safe to call on anything.

It is native code that recurses without a limit of its own: ten thousand parentheses overflow the stack and end the
process.  So it runs in a thread with a stack that is large enough for anything that Python itself accepts, and text
that is nested deeper than that is refused beforehand.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import libcst as cst

_STACK = 512 * 1024 * 1024  # bytes; only what is used is ever taken from memory
_MOST_BRACKETS = 200  # open at one time, as many as CPython's own parser allows
_MOST_TEXT = 5_000_000  # characters


def parse_module(text: str) -> cst.Module | None:
    """The concrete tree of ``text``; None if LibCST does not accept it, if it would be too deep, or without LibCST:
    it is native code, and the playground of the site runs in a browser.
    """
    from importlib.util import find_spec  # here, because most runs need it for nothing

    if find_spec("libcst") is None:
        return None
    if len(text) > _MOST_TEXT or _depth(text) > _MOST_BRACKETS:
        return None
    parsed: list[cst.Module] = []

    def work() -> None:
        import libcst as cst  # here, too

        try:
            parsed.append(cst.parse_module(text))
        except Exception:  # a syntax error, or one of the parser's own: either way there is no tree
            parsed.clear()

    before = threading.stack_size(_STACK)
    try:
        thread = threading.Thread(target=work)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    return parsed[0] if parsed else None


def _depth(text: str) -> int:
    """How many brackets are open at most.  Those in strings count too: rather too many than too few."""
    depth = most = 0
    for char in text:
        if char in "([{":
            depth += 1
            most = max(most, depth)
        elif char in ")]}":
            depth = max(depth - 1, 0)
    return most
