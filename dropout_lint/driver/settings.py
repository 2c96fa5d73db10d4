"""What is set for the files of one directory tree, as a value: rules, files, fixes, output."""

from __future__ import annotations

import fnmatch
import os
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from dropout_lint.finding import Confidence
from dropout_lint.knowledge import Knowledge, extended
from dropout_lint.lint.file_result import Shown
from dropout_lint.lint.rule_files import RuleFile, rule_files
from dropout_lint.lint.selection import ALWAYS, Selection, chosen, expand

DEFAULT_EXCLUDE = (
    ".bzr .direnv .dropout_lint_cache .eggs .git .git-rewrite .hg .ipynb_checkpoints .mypy_cache .nox .pants.d .pyenv "
    ".pytest_cache .pytype .ruff_cache .svn .tox .venv .vscode __pypackages__ _build buck-out build dist node_modules "
    "site-packages venv"
)
"""What is never looked into, as in ruff, unless it is named on the command line."""


_IS_PATTERN = re.compile(r"[/*?\[]")


class ConfigError(Exception):
    """A mistake in the configuration or in an option: the message names the thing, the place and the valid choices."""


class Settings(NamedTuple):
    """How the files of one directory tree are checked.

    Where a value may be None, None means that nothing is said.  From `force_exclude` on, all is about a whole run, for
    which what holds in the current folder counts.
    """

    root: Path  # patterns are relative to it
    selections: tuple[Selection, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    fixables: tuple[Selection, ...] = ()  # the same for the rules whose fixes may be applied
    exclude: tuple[str, ...] = tuple(DEFAULT_EXCLUDE.split())
    min_confidence: Confidence = Confidence.MEDIUM
    knowledge_files: tuple[Path, ...] = ()
    unsafe_fixes: bool | None = None
    force_exclude: bool | None = None
    respect_gitignore: bool | None = None
    output_format: str | None = None
    cache_dir: Path | None = None
    baseline: Path | None = None
    sources: tuple[str, ...] = ()  # where all this was said, for people

    @property
    def knowledge(self) -> Knowledge:
        """What is known of libraries: what we know, and what the project adds."""
        return extended(self.knowledge_files)

    @property
    def rules(self) -> tuple[RuleFile, ...]:
        """The rules for files that no per-file ignore names."""
        return _rules(self.selections, ())

    @property
    def shown(self) -> Shown:
        """Which findings are shown, and which of them with their fix."""
        return _shown(self.min_confidence, self.fixables)

    def rules_for(self, path: Path | str) -> tuple[RuleFile, ...]:
        """The rules for one file."""
        if not self.per_file_ignores:
            return self.rules
        ignored = tuple(
            code for pattern, codes in self.per_file_ignores if self.matches(path, pattern) for code in codes
        )
        return _rules(self.selections, ignored)

    def matches(self, path: Path | str, pattern: str) -> bool:
        """Whether ``pattern`` names ``path``: by its last part, or by its place below the root."""
        name = os.path.basename(path)
        if fnmatch.fnmatch(name, pattern):
            return True
        if "/" not in pattern:
            return False
        place = os.path.relpath(path, self.root).replace(os.sep, "/")
        return fnmatch.fnmatch(place, pattern.rstrip("/")) or fnmatch.fnmatch(place, pattern.rstrip("/") + "/*")

    def excludes(self, path: str, name: str) -> bool:
        """Whether ``path``, whose last part is ``name``, is not to be looked into."""
        names, patterns = _exclusions(self.exclude)
        return name in names or any(self.matches(path, pattern) for pattern in patterns)


@cache
def _rules(selections: tuple[Selection, ...], ignored: tuple[str, ...]) -> tuple[RuleFile, ...]:
    """The rules that ``selections`` choose, without those that ``ignored`` names."""
    out = {rule for code in ignored for rule in expand(code)[1]}
    return tuple(rule for rule in chosen(selections) if rule not in out or rule.code in ALWAYS)


@cache
def _shown(least: Confidence, fixables: tuple[Selection, ...]) -> Shown:
    """What is shown of the findings that are as certain as ``least``; fixes are those that ``fixables`` choose."""
    if not fixables:
        return Shown(least)
    fixable = chosen(fixables, at_first=lambda rule: True)
    return Shown(least, frozenset(rule.code for rule in rule_files() if rule not in fixable))


@cache
def _exclusions(exclude: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The plain names among the excluded, and the patterns: a file is compared with many, and most are names."""
    names = frozenset(pattern for pattern in exclude if not _IS_PATTERN.search(pattern))
    return names, tuple(pattern for pattern in exclude if pattern not in names)
