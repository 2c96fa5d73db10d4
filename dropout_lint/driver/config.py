"""Configuration: the table ``[tool.dropout-lint]`` of the nearest ``pyproject.toml``, checked key by key."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from dropout_lint.finding import Confidence
from dropout_lint.io.interchange import Malformed, quoted, read_toml
from dropout_lint.io.opening import SETTINGS_BYTES, read_regular
from dropout_lint.knowledge import Knowledge, KnowledgeError, extended
from dropout_lint.lint.rule_files import RuleFile
from dropout_lint.lint.selection import ALWAYS, Selection, UnknownSelector, chosen, expand

FILE = "pyproject.toml"
TABLE = "dropout-lint"

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
    """How the files of one directory tree are checked."""

    root: Path  # patterns are relative to it
    selections: tuple[Selection, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = tuple(DEFAULT_EXCLUDE.split())
    min_confidence: Confidence = Confidence.MEDIUM
    knowledge_files: tuple[Path, ...] = ()

    @property
    def knowledge(self) -> Knowledge:
        """What is known of libraries: what we know, and what the project adds."""
        return extended(self.knowledge_files)

    @property
    def rules(self) -> tuple[RuleFile, ...]:
        """The rules for files that no per-file ignore names."""
        return _rules(self.selections, ())

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
def _exclusions(exclude: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The plain names among the excluded, and the patterns: a file is compared with many, and most are names."""
    names = frozenset(pattern for pattern in exclude if not _IS_PATTERN.search(pattern))
    return names, tuple(pattern for pattern in exclude if pattern not in names)


def nearest(directory: Path) -> Settings | None:
    """The settings that hold in ``directory``: those of the closest ``pyproject.toml`` that has the table."""
    for above in (directory, *directory.parents):
        settings = in_directory(above)
        if settings is not None:
            return settings
    return None


def in_directory(directory: Path) -> Settings | None:
    """The settings of the ``pyproject.toml`` in ``directory``, if it has the table.  Raises `ConfigError`."""
    path = directory / FILE
    try:
        data = read_regular(path, SETTINGS_BYTES)
    except OSError as error:
        if not os.path.exists(path):
            return None
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    return load(path, data) if TABLE.encode() in data else None


def load(path: Path, data: bytes | None = None, *, required: bool = False) -> Settings | None:
    """The settings in ``path``; None if it has no table and is not ``required`` to.  Raises `ConfigError`."""
    try:
        content = read_toml(read_regular(path, SETTINGS_BYTES) if data is None else data)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    except Malformed as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    tool = content.get("tool", {})
    table = tool.get(TABLE) if isinstance(tool, dict) else None
    if table is None:
        if required:
            raise ConfigError(f"{path} has no table [tool.{TABLE}]")
        return None
    return _settings(path, table)


def _settings(path: Path, table: object) -> Settings:
    if not isinstance(table, Mapping):
        raise ConfigError(f"{path}: [tool.{TABLE}] must be a table")
    unknown = sorted(set(table) - set(_KEYS))
    if unknown:
        import difflib  # here, because most configurations are right

        close = difflib.get_close_matches(unknown[0], _KEYS, n=1)
        hint = f", did you mean `{close[0]}`?" if close else "."
        raise ConfigError(f"{path}: unknown key `{unknown[0]}` in [tool.{TABLE}]{hint} Valid keys: {', '.join(_KEYS)}")
    root = path.parent.absolute()
    select = _codes(path, table, "select") if "select" in table else None
    ignore = _codes(path, table, "ignore") + _codes(path, table, "extend-ignore")
    settings = Settings(root, (Selection(select, _codes(path, table, "extend-select"), ignore),))
    exclude = _strings(path, table, "exclude") if "exclude" in table else ()
    settings = settings._replace(
        exclude=settings.exclude + exclude + _strings(path, table, "extend-exclude"),
        per_file_ignores=_per_file_ignores(path, table, "per-file-ignores")
        + _per_file_ignores(path, table, "extend-per-file-ignores"),
    )
    if "min-confidence" in table:
        settings = settings._replace(min_confidence=confidence(table["min-confidence"], f"{path}: `min-confidence`"))
    return settings._replace(knowledge_files=_knowledge(path, table))


_KEYS = (
    "select",
    "extend-select",
    "ignore",
    "extend-ignore",
    "per-file-ignores",
    "extend-per-file-ignores",
    "exclude",
    "extend-exclude",
    "min-confidence",
    "knowledge",
)


def confidence(value: object, place: str) -> Confidence:
    """The confidence called ``value``.  Raises `ConfigError`, naming ``place``."""
    try:
        return Confidence(value)
    except ValueError:
        choices = ", ".join(f"`{choice.value}`" for choice in Confidence)
        raise ConfigError(f"{place}: {quoted(value)} is not one of {choices}") from None


def valid_codes(values: tuple[str, ...], place: str) -> tuple[str, ...]:
    """``values`` if each names a rule.  Raises `ConfigError`, naming ``place``."""
    for value in values:
        try:
            expand(value)
        except UnknownSelector as error:
            raise ConfigError(f"{place}: {error}") from None
    return values


def _strings(path: Path, table: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{path}: `{key}` must be a list of strings, not {quoted(value)}")
    return tuple(value)


def _codes(path: Path, table: Mapping[str, object], key: str) -> tuple[str, ...]:
    return valid_codes(_strings(path, table, key), f"{path}: `{key}`")


def _per_file_ignores(path: Path, table: Mapping[str, object], key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    value = table.get(key, {})
    if not isinstance(value, Mapping):
        raise ConfigError(f'{path}: `{key}` must be a table such as {{ "tests/*" = ["DRP103"] }}, not {quoted(value)}')
    return tuple((pattern, valid_codes(_strings(path, value, pattern), f"{path}: `{key}`")) for pattern in value)


def _knowledge(path: Path, table: Mapping[str, object]) -> tuple[Path, ...]:
    files = tuple((path.parent / name).absolute() for name in _strings(path, table, "knowledge"))
    try:
        extended(files)
    except KnowledgeError as error:
        raise ConfigError(f"{path}: {error}") from None
    return files
