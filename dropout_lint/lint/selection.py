"""Which rules run: codes, prefixes and names, chosen as in ruff.

The more specific selector wins, and of two equally specific ones the one that ignores.  A ``select`` starts afresh; the
other lists change what was chosen before.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dropout_lint.lint.registry import all_rules
from dropout_lint.lint.rule import Rule

ALWAYS = ("DRP000", "DRP001")  # a run that hides its own failures proves nothing


class UnknownSelector(Exception):
    """A selector that names no rule."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What one place (the configuration, the command line) says about the rules.  ``select`` None: nothing."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


def chosen(
    selections: Sequence[Selection], *, at_first: Callable[[type[Rule]], bool] = lambda rule: rule.on
) -> tuple[type[Rule], ...]:
    """The rules that ``selections``, applied in order to those that are chosen ``at_first``, choose; sorted by code."""
    state = {rule: at_first(rule) for rule in all_rules()}
    for selection in selections:
        updates: dict[type[Rule], tuple[int, bool]] = {}
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
    return tuple(rule for rule in all_rules() if state[rule] or rule.code in ALWAYS)


def expand(selector: str) -> tuple[int, tuple[type[Rule], ...]]:
    """How specific ``selector`` is, and the rules that it names.  Raises `UnknownSelector` if there are none."""
    rules = all_rules()
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
    names = [rule.code for rule in all_rules()] + [rule.name for rule in all_rules()]
    groups = sorted({rule.code[:4] for rule in all_rules()})
    choices = {name.upper(): name for name in [*names, "ALL"]}
    close = difflib.get_close_matches(selector.upper(), choices, n=1)
    hint = f", did you mean `{choices[close[0]]}`?" if close else "."
    return f"unknown code `{selector}`{hint} Codes start with {', '.join(groups)}; `ALL` and rule names are valid too"
