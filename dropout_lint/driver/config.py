"""Where settings are written: `.dropout-lint.toml`, `dropout-lint.toml`, or the table ``[tool.dropout-lint]`` of a
`pyproject.toml`; the nearest one holds, and of several in one folder the first of these.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from dropout_lint.driver.settings import DEFAULT_EXCLUDE, ConfigError, Settings
from dropout_lint.driver.settings_table import Table, confidence, valid_codes, with_table
from dropout_lint.io.interchange import Malformed, read_toml
from dropout_lint.io.opening import SETTINGS_BYTES, read_regular

__all__ = [
    "DEFAULT_EXCLUDE",
    "FILES",
    "ConfigError",
    "Settings",
    "confidence",
    "in_directory",
    "load",
    "nearest",
    "one_setting",
    "valid_codes",
]

FILES = (".dropout-lint.toml", "dropout-lint.toml", "pyproject.toml")
"""As ruff's: of several in one folder, the first holds."""
TABLE = "dropout-lint"
_MISTAKES = ("dropout_lint", "dropoutlint")
"""What people write in place of `TABLE`; without a word about it, nothing of such a table would count."""


def nearest(directory: Path) -> Settings | None:
    """The settings that hold in ``directory``: those of the closest file that has some."""
    for above in (directory, *directory.parents):
        settings = in_directory(above)
        if settings is not None:
            return settings
    return None


def in_directory(directory: Path) -> Settings | None:
    """The settings in ``directory``, if a file there has some.  Raises `ConfigError`."""
    for name in FILES:
        path = directory / name
        try:
            data = read_regular(path, SETTINGS_BYTES)
        except OSError as error:
            if not os.path.exists(path):
                continue
            raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
        if name != "pyproject.toml" or any(word.encode() in data for word in (TABLE, *_MISTAKES)):
            settings = load(path, data)
            if settings is not None:
                return settings
    return None


def load(path: Path, data: bytes | None = None, *, required: bool = False) -> Settings | None:
    """The settings in ``path``; None if it is a `pyproject.toml` that has no table and is not ``required`` to.

    Raises `ConfigError`.
    """
    try:
        content = read_toml(read_regular(path, SETTINGS_BYTES) if data is None else data)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    except Malformed as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    tool = content.get("tool", {})
    table = tool.get(TABLE) if isinstance(tool, dict) else None
    if table is None and isinstance(tool, dict):
        _refuse_mistakes(path, tool)
    if path.name in FILES[:2]:
        if table is not None:
            raise ConfigError(f"{path}: the keys stand at the top of this file, without [tool.{TABLE}]")
        return _settings(path, content, "the settings")
    if table is None:
        if path.name != "pyproject.toml" and "tool" not in content:
            return _settings(path, content, "the settings")
        if required:
            raise ConfigError(f"{path} has no table [tool.{TABLE}]")
        return None
    return _settings(path, table, f"[tool.{TABLE}]")


def one_setting(text: str) -> Table:
    """What ``text``, of the form KEY=VALUE, sets: the value of an option.  Raises `ConfigError`."""
    try:
        content = read_toml(text.encode("utf-8", "surrogateescape"))
    except Malformed as error:
        key = text.partition("=")[0].strip()
        raise ConfigError(
            f"--config {text!r} is no file, and no KEY=VALUE in TOML: {error}; "
            f"a string needs quotes of its own, such as --config '{key}=\"...\"', a list brackets"
        ) from None
    return Table(content, "--config", Path.cwd())


def _settings(path: Path, table: object, title: str) -> Settings:
    if not isinstance(table, Mapping):
        raise ConfigError(f"{path}: {title} must be a table")
    return with_table(Settings(path.parent.absolute()), Table(table, str(path), path.parent, title))


def _refuse_mistakes(path: Path, tool: Mapping[str, object]) -> None:
    for name in tool:
        if name.lower().replace("_", "-") == TABLE or name.lower() in _MISTAKES:
            raise ConfigError(f"{path}: [tool.{name}] is not read by anything: the table is called [tool.{TABLE}]")
