"""The code around a line of a text, found without parsing: for what a trigger has to know before a file is parsed.

Offsets are those of `trigger.Confirm`: ``end`` is where the line ends, or where the next one begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dropout_lint.io.late_pattern import late

_BEHIND_NAME = late(r"[ \t]*(?:,[\w.*, \t]*)?(?::[^=\n]+)?=(?!=)[ \t]*")
_CALLED = late(r"[\w\])]\(")
_DEFINITION = late(r"\bdef[ \t]+(\w+)")
_INNER_CLASS = late(r"\n[ \t]+class\b")


class Definition(NamedTuple):
    """A function, by its name, and whether it is at the top level."""

    name: str
    is_outermost: bool


def start_of_line(text: str, end: int) -> int:
    """Where the line begins that ends at ``end``."""
    return text.rfind("\n", 0, max(end - 1, 0)) + 1


def definition_above(text: str, end: int) -> Definition | None:
    """The function whose ``def`` is the last above ``end``; it may be over already."""
    at = text.rfind("def ", 0, end)
    found = None if at < 0 else _DEFINITION.match(text, at)
    return None if found is None else Definition(found[1], text[at - 1 : at] in ("", "\n"))


def class_around(text: str, end: int) -> int:
    """Where the class at the top level begins that is the last above ``end``, before its ``\\nclass``; -1 if there is
    none, or if an inner class begins between the two.
    """
    start = text.rfind("\nclass ", 0, end)
    return -1 if start >= 0 and _INNER_CLASS.search(text, start + 1, end) is not None else start


def assigned(name: str, text: str) -> Iterator[tuple[str, int]]:
    """For each ``name =`` in ``text``, also in an unpacking or with an annotation: what is before the name in its
    line, and the offset behind the equals sign.  A search for the name first is many times faster than a regular
    expression alone.
    """
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        before = text[at - 1] if at else "\n"
        if not (before.isalnum() or before in "_."):
            behind = _BEHIND_NAME.match(text, end)
            if behind is not None:
                before_it = text[text.rfind("\n", 0, at) + 1 : at]
                if not ("," in behind[0] and _CALLED.search(before_it)):  # ``run(x, name, other=1)`` assigns nothing
                    yield before_it, behind.end()
        at = text.find(name, end)
