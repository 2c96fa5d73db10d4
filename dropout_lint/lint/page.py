"""What a rule's page says, by its headings: for tables, reports and programs."""

from __future__ import annotations

import re

from dropout_lint.finding import Applicability
from dropout_lint.lint.rule import Rule

_CODE = re.compile(r"```python\n(.*?)```", re.S)


def sections(rule: type[Rule]) -> dict[str, str]:
    """The text under each heading of the page."""
    parts = [part.partition("\n") for part in f"\n{rule.page()}".split("\n## ")[1:]]
    return {heading.strip(): text.strip() for heading, _, text in parts}


def paragraph(rule: type[Rule], heading: str) -> str:
    """The first paragraph under ``heading``, in one line."""
    return " ".join(sections(rule).get(heading, "").partition("\n\n")[0].split())


def code(rule: type[Rule], heading: str) -> str | None:
    """The code under ``heading``; None if there is none."""
    found = _CODE.search(sections(rule).get(heading, ""))
    return None if found is None else found[1]


def summary(rule: type[Rule]) -> str:
    """The first sentence of what the rule does."""
    words = paragraph(rule, "What it does")
    for end in (": `", ".  ", ". "):
        words = words.partition(end)[0]
    return words.rstrip(".")


def fixes(rule: type[Rule]) -> tuple[str, ...]:
    """The kinds of fixes that the rule offers, in words."""
    if rule.fixable is None:
        return ()
    safe = rule.fixable is Applicability.SAFE or rule.some_fixes_safe
    return ("safe",) * safe + ("unsafe",) * (rule.fixable is Applicability.UNSAFE)
