"""Every rule, by code.  Rules are found, not listed: whatever class in ``rules/`` derives from `Rule` is one."""

from __future__ import annotations

from functools import cache

from dropout_lint.lint.rule import Rule
from dropout_lint.lint.rule_files import BrokenRule, rule_files, rules_in, rules_package

__all__ = ["BrokenRule", "all_rules", "rule_by_code", "rules_package"]


@cache
def all_rules() -> tuple[type[Rule], ...]:
    """Every rule, sorted by code.  Raises `BrokenRule`, naming the file, if one is unusable."""
    import pkgutil

    package = rules_package()
    rules: list[type[Rule]] = []
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda found: found.name):
        rules.extend(rules_in(f"{package.__name__}.{module.name}"))
    rules.sort(key=lambda rule: rule.code)
    for what in ("code", "name"):
        seen: dict[str, type[Rule]] = {}
        for rule in rules:
            other = seen.setdefault(getattr(rule, what), rule)
            if other is not rule:
                raise BrokenRule(
                    f"{what} `{getattr(rule, what)}` is taken twice: {other.__module__}, {rule.__module__}"
                )
    return tuple(rules)


def rule_by_code(code: str) -> type[Rule]:
    """The rule with this code; no other is imported.  Raises KeyError if there is none."""
    for file in rule_files():
        if file.code == code:
            return file.load()
    raise KeyError(code)
