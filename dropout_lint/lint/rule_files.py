"""What the files of the rules say by themselves: code, name and triggers, with no rule imported.

To import every rule takes longer than most files take to check, and most files need few of them.  A rule's file is
called after its code and name; whether it is on, and what triggers it, are lines of its text.  A rule that writes its
triggers in another way than as names of `dropout_lint.triggers` is imported to ask.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterable
from functools import cache, cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING, TypeAlias

from dropout_lint.io.opening import read_regular
from dropout_lint.lint.trigger import NEVER, Trigger

if TYPE_CHECKING:
    from types import ModuleType

    from dropout_lint.lint.rule import Rule

FILE = re.compile(r"(drp[0-9]{3})_([a-z0-9_]+)\.py")
"""What a file with a rule is called, after the code and the name of the rule."""

_OFF = re.compile(r"^    on\b.*= False$", re.MULTILINE)
_TRIGGERS = re.compile(r"^    triggers\b[^=\n]*= (.*)$", re.MULTILINE)
_NAMES = re.compile(r"\w+\.\w+(?: \| \w+\.\w+)*")


AnyRule: TypeAlias = "type[Rule] | RuleFile"


class BrokenRule(Exception):
    """A rule file that cannot be used: it does not import, or its code or name is malformed or taken."""


class RuleFile:
    """A rule, by its file.  `load` gives the class."""

    def __init__(self, path: str, code: str, name: str) -> None:
        self.path = path
        self.code = code
        self.name = name

    @cached_property
    def on(self) -> bool:
        """Whether the rule runs by default."""
        return _OFF.search(self._text) is None

    @cached_property
    def triggers(self) -> Trigger:
        """What a line holds before the rule is shown the statement around it."""
        found = _TRIGGERS.search(self._text)
        if found is None:
            return NEVER
        if _NAMES.fullmatch(found[1]) is None:
            return self.load().triggers
        return reduce(or_, map(_named_trigger, found[1].split(" | ")))

    def load(self) -> type[Rule]:
        """The class of the rule.  Raises `BrokenRule` if the file is unusable."""
        module = f"{rules_package().__name__}.{os.path.basename(self.path).removesuffix('.py')}"
        for rule in rules_in(module):
            return rule
        raise BrokenRule(f"{self.path} defines no rule")

    @cached_property
    def _text(self) -> str:
        return read_regular(self.path).decode()


def rules_package() -> ModuleType:
    """The package that holds the rules.  Imported by name: type checkers do not know where it is mapped from."""
    return importlib.import_module("dropout_lint.rules")


@cache
def rule_files() -> tuple[RuleFile, ...]:
    """Every rule, sorted by code."""
    found = []
    for folder in rules_package().__path__:
        for file in os.listdir(folder):
            named = FILE.fullmatch(file)
            if named is not None:
                found.append(RuleFile(os.path.join(folder, file), named[1].upper(), named[2].replace("_", "-")))
    return tuple(sorted(found, key=lambda rule: (rule.code, rule.name)))


def loaded(rules: Iterable[type[Rule] | RuleFile]) -> list[type[Rule]]:
    """The classes of ``rules``, in their order."""
    return [rule.load() if isinstance(rule, RuleFile) else rule for rule in rules]


def _named_trigger(spelling: str) -> Trigger:
    module, _, name = spelling.partition(".")
    found = getattr(importlib.import_module(f"dropout_lint.triggers.{module}"), name)
    assert isinstance(found, Trigger)
    return found


@cache
def rules_in(module_name: str) -> tuple[type[Rule], ...]:
    """The rules that a module of the rules defines.  Raises `BrokenRule` if it is unusable."""
    from dropout_lint.lint.rule import Rule  # here, because it imports what every rule needs

    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise BrokenRule(f"{module_name} does not import: {type(error).__name__}: {error}") from error
    found = tuple(
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module_name
    )
    for rule in found:
        code, name = getattr(rule, "code", ""), getattr(rule, "name", "")
        file = f"{code.lower()}_{name.replace('-', '_')}.py"
        if FILE.fullmatch(file) is None or file != f"{module_name.rpartition('.')[2]}.py":
            raise BrokenRule(
                f"{module_name}: {rule.__name__} needs a `code` such as DRP123 and a `name`, and a file that is called"
                " after both, such as drp123_some_bad_pattern.py"
            )
    return found
