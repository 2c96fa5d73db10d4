"""Can any rule find something here at all?  Cheap answers that may say "maybe" too often, but never hide a finding.

Each rule promises, by its ``triggers``, a pattern that stands in every statement where it finds something.  So bytes are
searched first, and only the statements with a match are walked.  A name can be bound to another (``import Dropout as Drop``,
``Drop = nn.Dropout``); such aliases become triggers too.  A test checks whole corpora with and without the scout.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dropout_lint.rule import Rule

_ALIAS = r"\w*(?:{0})\w*\s+as\s+(\w+)"
_ASSIGNED = r"^[ \t]*(\w+)(?:\s*:[^=\n]+)?\s*=\s*[\w.]*(?:{0})\w*[ \t]*(?:#.*)?$"


@lru_cache(maxsize=64)
def _pattern(triggers: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{trigger})" for trigger in triggers), re.MULTILINE)


@lru_cache(maxsize=64)
def _bytes_pattern(triggers: tuple[str, ...]) -> re.Pattern[bytes]:
    return re.compile("|".join(f"(?:{trigger})" for trigger in triggers).encode(), re.MULTILINE)


def triggers_of(rules: Sequence[type[Rule]]) -> tuple[str, ...]:
    """The distinct triggers of ``rules``, in order."""
    return tuple(dict.fromkeys(rule.triggers for rule in rules if rule.triggers))


def may_find(data: bytes, rules: Sequence[type[Rule]]) -> bool:
    """Whether any of ``rules`` may find something in the file whose content is ``data``; False is certain.

    Misuse of torch needs torch: a file that never says so is dismissed at the speed of a substring search.
    """
    if b"torch" not in data:
        return False
    triggers = triggers_of(rules)
    return bool(triggers) and _bytes_pattern(triggers).search(data) is not None


def lines_to_visit(text: str, line_starts: Sequence[int], rules: Sequence[type[Rule]]) -> list[int]:
    """The lines of ``text``, counted from 1 and sorted, at which some trigger of ``rules`` matches.

    ``line_starts`` holds the offset at which each line begins.
    """
    triggers = triggers_of(rules)
    if not triggers:
        return []
    pattern = _pattern(triggers)
    aliases = _aliases(text, [match.group() for match in pattern.finditer(text)])
    if aliases:
        pattern = _pattern((*triggers, rf"\b(?:{'|'.join(aliases)})\b"))
    return sorted({bisect_right(line_starts, match.end() - 1) for match in pattern.finditer(text)})


def _aliases(text: str, matched: Sequence[str]) -> list[str]:
    """Other names that the file gives to what the triggers matched, aliases of aliases included."""
    words = sorted({word for match in matched for word in re.findall(r"\w+", match)})
    found: list[str] = []
    while words:
        alternatives = "|".join(map(re.escape, words))
        named = re.findall(_ALIAS.format(alternatives), text)
        named += re.findall(_ASSIGNED.format(alternatives), text, re.MULTILINE)
        words = sorted(set(named) - set(found))
        found += words
    return sorted(found)
