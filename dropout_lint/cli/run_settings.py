"""What holds for a run: options, then environment variables, then the settings of the project."""

from __future__ import annotations

import argparse
import os
from collections.abc import Container, Mapping, Sequence
from pathlib import Path

from dropout_lint import render
from dropout_lint.driver import config
from dropout_lint.driver.config import ConfigError, Settings
from dropout_lint.driver.discovery import SettingsFor
from dropout_lint.driver.settings_table import Table, with_table
from dropout_lint.lint.selection import Selection

_APART = (
    ("--add-noqa", "--fix"),
    ("--add-noqa", "--fix-only"),
    ("--add-noqa", "--diff"),
    ("--add-noqa", "--statistics"),
    ("--add-noqa", "--ignore-noqa"),
    ("--fix-only", "--diff"),
    ("--fix-only", "--statistics"),
    ("--update-baseline", "--add-noqa"),
    ("--update-baseline", "--diff"),
    ("--update-baseline", "--no-baseline"),
    ("--baseline", "--no-baseline"),
    ("--quiet", "--verbose"),
)

VARIABLES = {
    "DROPOUT_LINT_CONFIG": ("config", "a file or KEY=VALUE, as for `--config`"),
    "DROPOUT_LINT_OUTPUT_FORMAT": ("output_format", "as for `--output-format`"),
    "DROPOUT_LINT_OUTPUT_FILE": ("output_file", "as for `--output-file`"),
    "DROPOUT_LINT_NO_CACHE": ("no_cache", "1 or 0"),
    "DROPOUT_LINT_CACHE_DIR": ("cache_dir", "as for `--cache-dir`"),
}
"""Environment variables, each with the option that it stands for where that is not given, and what it holds."""

_YES_OR_NO = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def conflict(arguments: argparse.Namespace) -> str | None:
    """What is wrong with the options that were given, in words: two do not go together; None if all is well."""
    for pair in _APART:
        values = [getattr(arguments, name.strip("-").replace("-", "_")) for name in pair]
        if all(value is not None and value is not False for value in values):
            return f"{pair[0]} and {pair[1]} do not go together"
    if arguments.with_runtime and "-" in arguments.paths:
        return "--with-runtime needs files: a run knows no text on stdin"
    changes = arguments.fix or arguments.fix_only or arguments.diff or arguments.add_noqa is not None
    if arguments.with_runtime and changes:
        return "--with-runtime only reports: a fix would move the lines that the run has seen"
    return None


def from_environment(
    arguments: argparse.Namespace, options: Container[str] | None = None, environment: Mapping[str, str] = os.environ
) -> None:
    """Put into ``arguments`` what was not given and has an environment variable; of all ``options`` that the command
    has, if None are named.  Raises `ConfigError`.
    """
    for name, (option, _) in VARIABLES.items():
        value = environment.get(name)
        known = hasattr(arguments, option) if options is None else option in options
        if not value or not known or getattr(arguments, option):
            continue
        if option == "no_cache":
            if value.lower() not in _YES_OR_NO:
                raise ConfigError(f"{name}: {value!r} is not 1 or 0")
            arguments.no_cache = _YES_OR_NO[value.lower()]
        elif option == "config":
            arguments.config = None if arguments.isolated and _is_file(value) else [value]
        elif option == "output_format":
            arguments.output_format = valid_format(value, name)
        else:
            setattr(arguments, option, value)


def valid_format(value: str, place: str) -> str:
    """``value`` if it is an output format.  Raises `ConfigError`, naming ``place``."""
    formats = render.formats()
    if value in formats:
        return value
    import difflib  # here, because most are right

    close = difflib.get_close_matches(value, formats, n=1)
    hint = f", did you mean `{close[0]}`?" if close else "."
    raise ConfigError(f"{place}: unknown output format {value!r}{hint} There are {', '.join(formats)}")


def settings_for(arguments: argparse.Namespace) -> SettingsFor:
    """Where the settings of a file come from, as the options say.  Raises `ConfigError`."""
    default = Settings(Path.cwd())
    overriding = default if arguments.isolated else None
    files = [value for value in arguments.config or [] if _is_file(value)]
    tables = [config.one_setting(value) for value in arguments.config or [] if not _is_file(value)]
    if len(files) > 1:
        raise ConfigError(f"--config names {len(files)} files, {' and '.join(files)}: it can be one, beside KEY=VALUE")
    if files and arguments.isolated:
        raise ConfigError("--isolated reads no configuration file: pass no --config FILE beside it")
    if files:
        overriding = config.load(Path(files[0]), required=True)
    given = argparse.Namespace(**vars(arguments))  # as they are now, before `complete`
    return SettingsFor(default, overriding, lambda settings: _refine(settings, tables, given))


def complete(arguments: argparse.Namespace, settings: Settings) -> None:
    """Put into ``arguments`` what ``settings`` say of the whole run, where no option does.  Raises `ConfigError`."""
    if arguments.output_format is None:
        said = settings.output_format
        place = f"{', '.join(settings.sources)}: `output-format`"
        arguments.output_format = "full" if said is None else valid_format(said, place)
    if arguments.force_exclude is None:
        arguments.force_exclude = bool(settings.force_exclude)
    if arguments.respect_gitignore is None:
        arguments.respect_gitignore = settings.respect_gitignore is not False
    if arguments.unsafe_fixes is None:
        arguments.unsafe_fixes = bool(settings.unsafe_fixes)
    if arguments.cache_dir is None and settings.cache_dir is not None:
        arguments.cache_dir = str(settings.cache_dir)
    if arguments.cache_dir is not None and not arguments.no_cache:
        _refuse_other_files(arguments.cache_dir)


def _refuse_other_files(folder: str) -> None:
    """Raise `ConfigError` if ``folder`` holds what no cache does: a cache has a `.gitignore` for all that is beside it,
    and the settings of a repository must not be able to put that anywhere.
    """
    from dropout_lint.driver.cache import is_cache

    try:
        names = os.listdir(folder)
    except OSError:  # it is not there yet, or cannot be used, which means no cache
        return
    if names and not is_cache(Path(folder)):
        inner = os.path.join(folder, "dropout-lint")
        raise ConfigError(f"the cache folder {folder} holds other files: name one of its own, such as {inner}")


def _is_file(value: str) -> bool:
    """Whether ``value`` of `--config` names a file, existing or mistyped, and no setting."""
    return "=" not in value or os.path.exists(value)


def _refine(settings: Settings, tables: Sequence[Table], arguments: argparse.Namespace) -> Settings:
    """``settings`` with ``tables`` on top, and on top of these what the other options say.  Raises `ConfigError`."""
    for table in tables:
        settings = with_table(settings, table)
    if not hasattr(arguments, "select"):  # a command with these two options only
        return settings

    def codes(name: str) -> tuple[str, ...]:
        values = getattr(arguments, name.replace("-", "_")) or []
        return config.valid_codes(tuple(code for value in values for code in value), f"--{name}")

    select = codes("select") if arguments.select is not None else None
    selection = Selection(select, codes("extend-select"), codes("ignore"))
    fix_select = codes("fixable") if arguments.fixable is not None else None
    fixable = Selection(fix_select, codes("extend-fixable"), codes("unfixable"))
    if fixable != Selection():
        settings = settings._replace(fixables=(*settings.fixables, fixable))
    if arguments.unsafe_fixes is not None:
        settings = settings._replace(unsafe_fixes=arguments.unsafe_fixes)
    if arguments.min_confidence:
        settings = settings._replace(min_confidence=config.confidence(arguments.min_confidence, "--min-confidence"))
    excluded = tuple(pattern for value in arguments.exclude or [] for pattern in value)
    ignores = tuple(_per_file_ignore(value) for value in arguments.per_file_ignores or [])
    return settings._replace(
        selections=(*settings.selections, selection),
        exclude=settings.exclude + excluded,
        per_file_ignores=settings.per_file_ignores + ignores,
    )


def _per_file_ignore(value: str) -> tuple[str, tuple[str, ...]]:
    pattern, colon, codes = value.rpartition(":")
    if not colon or not pattern:
        raise ConfigError(f"--per-file-ignores: {value!r} is not of the form PATTERN:CODE,CODE")
    return pattern, config.valid_codes(
        tuple(code.strip() for code in codes.split(",") if code.strip()), "--per-file-ignores"
    )
