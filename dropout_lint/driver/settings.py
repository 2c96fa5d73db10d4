"""What is set for the files of one directory tree, as a value: rules, files, fixes, output."""

from __future__ import annotations

import fnmatch
import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from dropout_lint.finding import Confidence
from dropout_lint.knowledge import Knowledge, extended
from dropout_lint.lint.file_check import Shown
from dropout_lint.lint.registry import all_rules
from dropout_lint.lint.rule import Rule
from dropout_lint.lint.selection import Selection, chosen, expand

DEFAULT_EXCLUDE = (
    ".bzr .direnv .dropout_lint_cache .eggs .git .git-rewrite .hg .ipynb_checkpoints .mypy_cache .nox .pants.d .pyenv "
    ".pytest_cache .pytype .ruff_cache .svn .tox .venv .vscode __pypackages__ _build buck-out build dist node_modules "
    "site-packages venv"
)
"""What is never looked into, as in ruff, unless it is named on the command line."""


_IS_PATTERN = re.compile(r"[/*?\[]")


class ConfigError(Exception):
    """A mistake in the configuration or in an option: the message names the thing, the place and the valid choices."""


@dataclass(frozen=True)
class Settings:
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
    _by_path: dict[tuple[str, ...], tuple[type[Rule], ...]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def knowledge(self) -> Knowledge:
        """What is known of libraries: what we know, and what the project adds."""
        return extended(self.knowledge_files)

    @cached_property
    def rules(self) -> tuple[type[Rule], ...]:
        """The rules for files that no per-file ignore names."""
        return chosen(self.selections)

    @cached_property
    def shown(self) -> Shown:
        """Which findings are shown, and which of them with their fix."""
        if not self.fixables:
            return Shown(self.min_confidence)
        fixable = chosen(self.fixables, at_first=lambda rule: True)
        return Shown(self.min_confidence, frozenset(rule.code for rule in all_rules() if rule not in fixable))

    def rules_for(self, path: Path | str) -> tuple[type[Rule], ...]:
        """The rules for one file."""
        if not self.per_file_ignores:
            return self.rules
        ignored = tuple(
            code for pattern, codes in self.per_file_ignores if self.matches(path, pattern) for code in codes
        )
        if not ignored:
            return self.rules
        if ignored not in self._by_path:
            out = {rule for code in ignored for rule in expand(code)[1]}
            self._by_path[ignored] = tuple(
                rule for rule in self.rules if rule not in out or rule.code in ("DRP000", "DRP001")
            )
        return self._by_path[ignored]

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
        names, patterns = self._exclusions
        return name in names or any(self.matches(path, pattern) for pattern in patterns)

    @cached_property
    def _exclusions(self) -> tuple[frozenset[str], tuple[str, ...]]:
        """The plain names among the excluded, and the patterns: a file is compared with many, and most are names."""
        names = frozenset(pattern for pattern in self.exclude if not _IS_PATTERN.search(pattern))
        return names, tuple(pattern for pattern in self.exclude if pattern not in names)
