"""Which rules run: codes, prefixes and names, chosen as in ruff.

The more specific selector wins, and of two equally specific ones the one that ignores.  A ``select`` starts afresh; the
other lists change what was chosen before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from dropout_lint.lint.rule_files import RuleFile, rule_files

ALWAYS = ("DRP000", "DRP001")  # a run that hides its own failures proves nothing


class UnknownSelector(Exception):
    """A selector that names no rule."""


class Selection(NamedTuple):
    """What one place (the configuration, the command line) says about the rules.  ``select`` None: nothing."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


def chosen(
    selections: Sequence[Selection], *, at_first: Callable[[RuleFile], bool] = lambda rule: rule.on
) -> tuple[RuleFile, ...]:
    """The rules that ``selections``, applied in order to those that are chosen ``at_first``, choose; sorted by code."""
    state = {rule: at_first(rule) for rule in rule_files()}
    for selection in selections:
        updates: dict[RuleFile, tuple[int, bool]] = {}
        wanted = [(selector, True) for selector in (*(selection.select or ()), *selection.extend_select)]
        for selector, on in (*wanted, *((selector, False) for selector in selection.ignore)):
            weight, rules = expand(selector)
            for rule in rules:
                before = updates.get(rule, (-1, False))
                if weight > before[0] or (weight == before[0] and not on):
                    updates[rule] = (weight, on)
        if selection.select is not None:
            state = dict.fromkeys(state, False)
        state.update({rule: on for rule, (_, on) in updates.items()})
    return tuple(rule for rule in rule_files() if state[rule] or rule.code in ALWAYS)


def expand(selector: str) -> tuple[int, tuple[RuleFile, ...]]:
    """How specific ``selector`` is, and the rules that it names.  Raises `UnknownSelector` if there are none."""
    rules = rule_files()
    if selector == "ALL":
        return 0, rules
    named = tuple(rule for rule in rules if rule.name == selector)
    if named:
        return len("DRP000"), named
    found = tuple(rule for rule in rules if rule.code.startswith(selector)) if selector.startswith("DRP") else ()
    if not found:
        raise UnknownSelector(_suggest(selector))
    return len(selector), found


def _suggest(selector: str) -> str:
    names = [rule.code for rule in rule_files()] + [rule.name for rule in rule_files()]
    groups = sorted({rule.code[:4] for rule in rule_files()})
    choices = {name.upper(): name for name in [*names, "ALL"]}
    import difflib  # here, because most selectors are right

    close = difflib.get_close_matches(selector.upper(), choices, n=1)
    hint = f", did you mean `{choices[close[0]]}`?" if close else "."
    return f"unknown code `{selector}`{hint} Codes start with {', '.join(groups)}; `ALL` and rule names are valid too"
