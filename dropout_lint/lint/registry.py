"""Every rule, by code.  Rules are found, not listed: whatever class in ``rules/`` derives from `Rule` is one."""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from types import ModuleType

from dropout_lint.lint.rule import Rule

_CODE = re.compile(r"DRP[0-9]{3}")


class BrokenRule(Exception):
    """A rule file that cannot be used: it does not import, or its code or name is malformed or taken."""


def rules_package() -> ModuleType:
    """The package that holds the rules.  Imported by name: type checkers do not know where it is mapped from."""
    return importlib.import_module("dropout_lint.rules")


@cache
def all_rules() -> tuple[type[Rule], ...]:
    """Every rule, sorted by code.  Raises `BrokenRule`, naming the file, if one is unusable."""
    package = rules_package()
    rules: list[type[Rule]] = []
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda found: found.name):
        rules.extend(_rules_in(f"{package.__name__}.{module.name}"))
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
    """The rule with this code.  Raises KeyError if there is none."""
    return _by_code()[code]


@cache
def _by_code() -> dict[str, type[Rule]]:
    return {rule.code: rule for rule in all_rules()}


def _rules_in(module_name: str) -> list[type[Rule]]:
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise BrokenRule(f"{module_name} does not import: {type(error).__name__}: {error}") from error
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module_name
    ]
    for rule in found:
        if not _CODE.fullmatch(getattr(rule, "code", "")) or not getattr(rule, "name", ""):
            raise BrokenRule(f"{module_name}: {rule.__name__} needs a `code` such as DRP123, and a `name`")
    return found
