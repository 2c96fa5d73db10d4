"""How what classes hold and define shows in a line of text."""

from __future__ import annotations

import builtins
import re
from functools import cache, lru_cache

from dropout_lint.io.late_pattern import late
from dropout_lint.knowledge.vocabulary import RETURN_THE_MODULE
from dropout_lint.lint.trigger import Trigger
from dropout_lint.syntax.line_context import assigned, class_around, start_of_line

_PUT = late(r"\bself\.(\w+)(?:\.(?:append|extend|insert)\(|\[.*\]\s*=(?!=)|\s*\+=)")
_APPENDED = late(
    r"\bself\.\w+\.append\((?:(\w+)(?:\)\s*(?:#.*)?$|\.(?:" + "|".join(sorted(RETURN_THE_MODULE)) + r")\())?"
)
_CALLED_NAME = late(r"\b(\w+)\(")
_OPEN = late(r"[(\\]?[ \t]*(?:#.*)?\r?$")
_NO_FACTORIES = frozenset(dir(builtins))
_PLAIN = late(r"(?:self\.\w+\s*=\s*)*(?:[\[({\\]|(?:list|dict|set|tuple)\()")
_COMMA = late(r",\s*(?:#.*)?$")
_NAME = late(r"\s*\w+,?\s*(?:#.*)?")
_MOST_LINES = 60  # of one literal to look through


def _may_hold_module(line: str, text: str, end: int) -> bool:
    """Whether something may be built where ``line`` appends a name or opens a bracket; most lists that a class keeps
    hold no modules.
    """
    if _stands_in_plain_class(text, end):
        return False
    put = _PUT.search(line)
    if put is not None:
        stores = list(assigned(f"self.{put[1]}", text))
        if stores and not any(_PLAIN.match(text, at) for _, at in stores):
            return False  # torch's own container, or something else again
    appended = _APPENDED.search(line)
    if appended is not None and appended[1]:
        values = (text[at : _end_of_line(text, at)] for _, at in assigned(appended[1], text))
        return any(_OPEN.match(value) or _may_build(value, text) for value in values)
    opened = line.partition("#")[0].rstrip()
    if not opened.endswith(("[", "(", "{")):
        is_one = "= (" in line and opened.endswith(")") and "," not in line
        return not is_one and _may_build(opened, text)
    if _may_build(opened, text):
        return True
    indent = len(line) - len(line.lstrip())
    inside: list[str] = []
    for row in text[end : end + 120 * _MOST_LINES].splitlines()[:_MOST_LINES]:
        if row.lstrip()[:1] in ("]", ")", "}") and len(row) - len(row.lstrip()) <= indent:
            if opened.endswith("= (") and not any(_COMMA.search(found) for found in _outermost(inside)):
                return False  # parentheses around one expression
            may_be_name = appended is not None and any(_NAME.fullmatch(found) for found in inside)
            return may_be_name or any(_may_build(found, text) for found in inside)
        inside.append(row)
    return True


def _may_build(code: str, text: str) -> bool:
    """Whether ``code`` calls a class, by its capital letter, or a function that ``text`` defines or imports."""
    for name in _CALLED_NAME.findall(code):
        if name[0].isupper():
            return True
        if name not in _NO_FACTORIES and _is_own_function(name, text):
            return True
    return False


@lru_cache(maxsize=256)
def _is_own_function(name: str, text: str) -> bool:
    return f"def {name}(" in text or re.search(rf"\bimport\b[^\n;]*\b{name}\b", text) is not None


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


_PLAIN_CLASS = late(r"\nclass[ \t]+\w+[ \t]*(?:\([ \t]*(?:object|ABC|abc\.ABC)?[ \t]*\))?[ \t]*:")


def _stands_in_plain_class(text: str, end: int) -> bool:
    """Whether the class around the offset ``end`` derives from nothing, so that it is no module."""
    start = class_around(text, end)
    return start >= 0 and _PLAIN_CLASS.match(text, start) is not None


def _outermost(lines: list[str]) -> list[str]:
    """Those of ``lines`` that are indented no further than others."""
    filled = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    least = min((len(line) - len(line.lstrip()) for line in filled), default=0)
    return [line for line in filled if len(line) - len(line.lstrip()) == least]


_END = r"\s*(?:#.*)?$"
_PLAIN_DISPLAY = r"(?:[\[({]|(?:list|tuple|set|dict)\()"
KEPT = Trigger(
    ("self.",),
    rf"\bself\.\w+(?:\s*:[^=]+)?\s*(?:=\s*{_PLAIN_DISPLAY}(?:{_END}|.*\w\()"
    rf"|\.(?:append|extend|insert)\((?:{_END}|.*\w\(|\w+\){_END})"
    r"|\+=\s*\[.*\w\(|\[.*\]\s*=\s*.*\w\()",
    confirm=_may_hold_module,
    anchor=rf"self\.\w+\b(?:[^\S\n]*:[^=\n]+)?[^\S\n]*(?:\+?=[^\S\n]*{_PLAIN_DISPLAY}|\.(?:append|extend|insert)\(|\[[^\n]*\][^\S\n]*=)",
)
"""Every way to put a module into a list or dict that a class keeps."""

_CLASS_ENDS = late(r"^[^\s#)\]}]", re.MULTILINE)

DROPS = r"\w*(?:Drop(?:out|Out|Path|Block|Connect)|StochasticDepth)\w*"
"""What classes that draw a mask are called."""

_DRAW = late(r"\.(?:bernoulli_?|uniform_|rand|rand_like|random|uniform|binomial|random_sample)\(")


def _may_draw(line: str, text: str, end: int) -> bool:
    """Whether the class that ``line`` begins draws something, and does not say ``training``."""
    after = _CLASS_ENDS.search(text, min(end + 1, len(text)))
    stop = len(text) if after is None else after.start()
    return text.find("self.training", end, stop) < 0 and _DRAW.search(text, end, stop) is not None


HOME_MADE = Trigger(("class ",), rf"^class\s+{DROPS}\s*\(", confirm=_may_draw)
"""A class that is called so, and draws something."""

NAMED_LAYER = r"\b\w*Drop(?:out|Out|Path)(?:[123]d)?"
"""What classes that drop are called; it only counts for classes of the project that are certainly modules."""

_STORED_LAYER = late(r"^\s*self\.(\w+)\s*=")
_ALONE = late(rf"^\s*[\w.]*{NAMED_LAYER}\([^()]*\)(,?)\s*(?:#|$)")
_GOES_ON = late(r"(?:=\s*\(|\\)\s*(?:#.*)?$|^\s*(?:#.*)?$")
_CLASS_ENDS = late(r"^[^\s#)\]}]", re.MULTILINE)


def _is_element(line: str, text: str, end: int) -> bool:
    """Whether a layer that stands alone on ``line`` is one of a list, or an argument, not a value that is stored."""
    alone = _ALONE.match(line)
    if alone is None or alone[1]:
        return alone is not None
    above = max(start_of_line(text, end) - 1, 0)  # where the line above ends
    return _GOES_ON.search(text[text.rfind("\n", 0, above) + 1 : above]) is None


def _may_be_unused(line: str, text: str, end: int) -> bool:
    """Whether the text of the class may not name the attribute again: nearly always it does."""
    stored = _STORED_LAYER.match(line)
    if stored is None and _is_element(line, text, end):
        return False
    start = class_around(text, end)
    if stored is None or start < 0:
        return True
    after = _CLASS_ENDS.search(text, end)
    body = text[start : len(text) if after is None else after.start()]
    return not mentions(stored[1]).search(body)


@cache
def mentions(attribute: str) -> re.Pattern[str]:
    """A line that names ``self.<attribute>`` other than to assign it."""
    return re.compile(rf"^[^#\n]*\bself\.{attribute}\b(?!\s*=[^=])", re.MULTILINE)


UNUSED_LAYER = Trigger(
    ("Drop",),
    rf"^\s*(?:self\.\w+\s*=\s*)?[\w.]*{NAMED_LAYER}\s*\(|{NAMED_LAYER}\s+as\b|^(?:\s*\w+\s*=\s*)?[\w.]*{NAMED_LAYER}\s*(?:#|$)",
    confirm=_may_be_unused,
)
"""A dropout layer that its class may never call."""

_HEADER = late(r"class[ \t]+\w+[ \t]*\([^)]")


def _stands_in_class(line: str, text: str, end: int) -> bool:
    """Whether the last definition above the line is that of a class with bases."""
    start = max(text.rfind("def ", 0, end), text.rfind("class ", 0, end))
    return start >= 0 and _HEADER.match(text, start) is not None


CLASS_ATTRIBUTE = Trigger(
    ("nn.", "Dropout", "Norm"),
    r"^[ \t]+\w+\s*(?::[^=]+)?=\s*(?:torch\.)?(?:nn\.[A-Z]|\w*(?:Dropout|Norm)\w*\()",
    confirm=_stands_in_class,
)
"""A layer in the body of a class."""

RATE_PARAMETER = Trigger(("drop",), r"\b\w*drop\w*\s*(?::[^=]+)?(?:=|,|\))")
"""A parameter, or an argument, that is called like a rate."""

OVERRIDES = Trigger(("def train", "def eval"), r"^\s+def\s+(?:train|eval)\b")
"""Every method called ``train`` or ``eval``."""
