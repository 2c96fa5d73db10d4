"""Types in code, which make nothing and call nothing: ``def fit(model: Net)`` makes no `Net`, it is passed one."""

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
    those that ``isinstance`` tests for.  Types that cannot be distinguished from code that runs are kept.
    """
    if "isinstance(" in function:
        function = _ASKED.sub(r"\1", function)
    found = _SIGNATURE.search(function)
    if found is None or "lambda" in found[0]:  # ``lambda x: Net(x)`` runs
        return function
    return function[: found.start()] + _TYPE.sub(" ", found[0][:-1]) + function[found.end() - 1 :]
