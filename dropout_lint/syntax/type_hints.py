"""What code says about types makes nothing and calls nothing: ``def fit(model: Net)`` is handed its net."""

from __future__ import annotations

import re

_SIGNATURE = re.compile(r"\bdef[ \t]+\w+\(.*?\)\s*(?:->[^:]*)?:", re.DOTALL)
_INNERMOST = r"\[[^\[\]]*\]"
_INNER = rf"\[(?:[^\[\]]|{_INNERMOST})*\]"
_BRACKETS = rf"\[(?:[^\[\]]|{_INNER})*\]"
_TYPE = re.compile(rf"(?<=\w)[ \t]*:[ \t]*(?:[\w.|\s\"']|{_BRACKETS})+|->[^:]*")
_ASKED = re.compile(r"(?<=isinstance\()([^(),]*),\s*(?:[\w.]+|\([\w.,\s|]*\))\s*(?=\))")


def without_types(function: str) -> str:
    """The text of a ``function`` or of other code, without the types of parameters and of the result, and without
    those that ``isinstance`` asks for.  Where these cannot be told from what runs, they stay.
    """
    if "isinstance(" in function:
        function = _ASKED.sub(r"\1", function)
    found = _SIGNATURE.search(function)
    if found is None or "lambda" in found[0]:  # ``lambda x: Net(x)`` runs
        return function
    return function[: found.start()] + _TYPE.sub(" ", found[0][:-1]) + function[found.end() - 1 :]
