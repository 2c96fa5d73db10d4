"""Calls that cannot be wrong, recognised by their text: a file that holds no others need not be parsed.

Most layers are built with a small number, or with a name to which the whole file assigns nothing else.  Nothing is
reported here: every other call is shown to the rules, which judge it by its tree.
"""

from __future__ import annotations

import re
from functools import lru_cache

from dropout_lint.io.late_pattern import late
from dropout_lint.syntax.line_context import assigned, definition_above, start_of_line

FUNCTIONS = r"(?:feature_)?(?:alpha_)?dropout(?:[123]d)?_?"
_LAYERS = r"(?:Feature)?(?:Alpha)?Dropout(?:[123]d)?"
LAYER_NAME = rf"\b{_LAYERS}"

_PASSED_ON = late(
    r"\bdropout\(\s*\w+,\s*(?:p=)?(?:self\.)?(?!\w*(?:train|keep|retain))([a-z]\w*),\s*"
    r"training=[\w.]*\.training\)(?:\.to\([\w.]+\))?\s*(?:#.*)?$"
)
_DESCRIBED = late(r"^\s*(?:[-*#]\s*)?\w*dropout\s*\(`*(?:float|int|number|bool|str|optional)\b(?!\()")
_UNPACKED = late(r"[ \t]*(?:\w+[ \t]*,[ \t]*)+")
_VALUE = late(r"[^,)\n]*")
_ELSEWHERE = r"(?!math\b|np\b|numpy\b|torch\b|cls\b)[A-Za-z_][\w.]*\.\w+"
_PROPER = late(rf"0(?:\.\d*)?(?: if .*)?|{_ELSEWHERE}(?: (?:if|and|or) .*)?")
"""A rate below 1, or something that is read from elsewhere."""

_CHOSEN = late(rf"\(\s*{_ELSEWHERE}\s+if\b")
_NAME = late(r"[A-Za-z_]\w*")
_OWN = late(r"self\.(\w+)")

_READ = (
    r"(?!self\b|cls\b|math\b|np\b|numpy\b|torch\b|\w*(?:keep|retain))[a-z]\w*(?:\.(?!\w*(?:keep|retain|training))\w+)+"
)
"""``config.rate``"""

_RATE = (
    r"(?:0(?:\.\d*)?"
    r"|(?:self\.)?(?!\w*(?:train|keep|retain))(?P<name>[a-z]\w*)"
    rf"|{_READ}"
    r"|[a-z][\w.]*\[[^\[\]\n]*\])"
)
_BUILT = late(
    rf"\bnn\.{_LAYERS}\(\s*(?:p\s*=\s*)?{_RATE}\s*(?:,\s*inplace\s*=\s*(?:True|False|inplace)\s*)?\)(?!\s*\()"
)
"""``nn.Dropout(0.1)``, ``nn.Dropout(p=rate)``, not called right there."""

_KEPT = late(rf"\s*self\.\w+\s*=\s*(?:torch\.)?nn\.Dropout\(\s*(?:p\s*=\s*)?{_READ}\s*\)\s*(?:#.*)?\s*")
"""``self.drop = nn.Dropout(config.rate)``: nothing can be wrong with the call itself."""

_LAYER = late(LAYER_NAME)


def drops_properly(line: str, text: str) -> bool:
    """Whether the calls of a dropout function on ``line`` of ``text`` cannot be wrong: they pass the mode, and a rate
    that is a parameter or an attribute whose only values in the file are proper.  Most are of this kind; and some are
    documentation.
    """
    if _DESCRIBED.match(line):
        return True
    passed_on = _PASSED_ON.search(line)
    if passed_on is None or line.count("dropout(") > 1 or line.count("(") - line.count(".to(") > 2:
        return False
    return _is_proper(passed_on[1], text)


def builds_properly(line: str, text: str, end: int) -> bool:
    """Whether the dropout layers that ``line``, which ends at the offset ``end`` of ``text``, builds cannot be wrong:
    each gets a rate that is proper, and they are built in ``__init__`` or in a function, not where a module is called.
    """
    if _KEPT.fullmatch(line) is not None:
        return True
    built = list(_BUILT.finditer(line))
    if not built or _LAYER.search(_BUILT.sub("", line)) is not None:
        return False
    above = definition_above(text, end)
    if above is None or not (above.name == "__init__" or (above.is_outermost and above.name != "forward")):
        return False
    return all(_is_proper(name, text) for name in {found["name"] for found in built} - {None})


@lru_cache(maxsize=256)
def _is_proper(name: str, text: str) -> bool:
    """Whether all that the text assigns to ``name``, wherever that is, are proper rates, names of such included.

    Remembered: a name that is in every other line would be looked for in all of them, once for each.
    """
    todo, seen = [name], {name}
    while todo:
        names = _names_given_to(todo.pop(), text)
        if names is None:
            return False
        todo += names - seen
        seen |= names
    return True


def _names_given_to(name: str, text: str) -> set[str] | None:
    """The names that the text assigns to ``name``; None if it assigns something else that may be no proper rate."""
    names: set[str] = set()
    for before, at in assigned(name, text):
        found = _VALUE.match(text, at)
        value = "" if found is None else found[0].strip()
        if _UNPACKED.fullmatch(before) or value in ("None", "True", "False"):
            return None
        if _NAME.fullmatch(value):
            names.add(value)
        elif not (_PROPER.fullmatch(value) or _CHOSEN.match(text, at)):
            return None
        own = _OWN.match(value)
        if own is not None and any(not before.strip() for before, _ in assigned(own[1], text)):
            return None  # may be a constant of the class
    return names


_MENTIONED = late(r"\bhasattr\([^()]*\)|https?://\S+")
_HARMLESS = late(r"\bdropout(?:_p)?\s*=\s*(?:[\w.]+ if self\.training else )?0(?:\.0*)?\s*(?=,|$)")
_IS_P = late(r"\s*p\s*=")
_KEYWORD = late(r"\s*\w+\s*=(?!=)")
_COMMENT = late(r"#[^\n]*")
_MOST_ARGUMENTS = 1_500  # characters of one call to look through


def passes_no_rate(names: re.Pattern[str], most: int, line: str, text: str, end: int) -> bool:
    """Whether ``line``, which ends at the offset ``end`` of ``text``, only tests whether something called by one of
    ``names`` exists, or points at its documentation, or calls it without a rate.

    More than ``most`` arguments without a name may be one.
    """
    found = list(names.finditer(_MENTIONED.sub("", line)))
    if not found:
        return True
    places = list(names.finditer(text, start_of_line(text, end), end))
    if len(found) != 1 or len(places) != 1:
        return False
    arguments = _arguments(text, places[0].end())
    if arguments is None:
        return False
    given = [part for part in arguments if not _HARMLESS.fullmatch(part.strip())]
    if any("drop" in part or "*" in part or _IS_P.match(part) for part in given):
        return False
    return sum(1 for part in given if part.strip() and not _KEYWORD.match(part)) <= most


def _arguments(text: str, start: int) -> list[str] | None:
    """The arguments in the parentheses that open at ``start``; None if none open there, or if they hold too much."""
    code = _COMMENT.sub("", text[start : start + _MOST_ARGUMENTS])
    depth, last, found = 0, 1, []
    for at, sign in enumerate(code):
        depth += (sign in "([{") - (sign in ")]}")
        if depth == 1 and sign == ",":
            found.append(code[last:at])
            last = at + 1
        elif not depth:
            return [*found, code[last:at]] if at else None
    return None
