"""From a table of settings, checked key by key, to `Settings`: on top of those that hold already."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from dropout_lint.driver.settings import ConfigError, Settings
from dropout_lint.driver.settings_keys import NAMES
from dropout_lint.finding import Confidence
from dropout_lint.io.interchange import quoted
from dropout_lint.knowledge import KnowledgeError, extended
from dropout_lint.lint.selection import Selection, UnknownSelector, expand


class Table(NamedTuple):
    """A table as somebody wrote it: ``place`` names it in messages, file names are relative to ``folder``."""

    content: Mapping[str, object]
    place: str
    folder: Path
    title: str = "the settings"  # what its keys are in

    def has(self, key: str) -> bool:
        """Whether ``key`` is in it."""
        return key in self.content

    def strings(self, key: str) -> tuple[str, ...]:
        """The list of strings at ``key``; empty if it is not there.  Raises `ConfigError`, as all of these do."""
        return _strings(self.content, key, self.place)

    def codes(self, key: str) -> tuple[str, ...]:
        """The same for codes and names of rules, each of which must exist."""
        return valid_codes(self.strings(key), f"{self.place}: `{key}`")

    def switch(self, key: str) -> bool | None:
        """True or false; None if it is not there."""
        value = self.content.get(key)
        if value is not None and not isinstance(value, bool):
            raise ConfigError(f"{self.place}: `{key}` must be true or false, not {quoted(value)}")
        return value

    def word(self, key: str) -> str | None:
        """A string; None if it is not there."""
        value = self.content.get(key)
        if value is not None and not isinstance(value, str):
            raise ConfigError(f"{self.place}: `{key}` must be a string, not {quoted(value)}")
        return value

    def path(self, key: str) -> Path | None:
        """A file or folder, absolute; None if it is not there."""
        value = self.word(key)
        return None if value is None else (self.folder / value).absolute()

    def ignores(self, key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Patterns, each with codes."""
        value = self.content.get(key, {})
        if not isinstance(value, Mapping):
            example = '{ "tests/*" = ["DRP103"] }'
            raise ConfigError(f"{self.place}: `{key}` must be a table such as {example}, not {quoted(value)}")
        place = f"{self.place}: `{key}`"
        return tuple((pattern, valid_codes(_strings(value, pattern, self.place), place)) for pattern in value)


def with_table(settings: Settings, table: Table) -> Settings:
    """``settings`` with what ``table`` says on top: lists add up, `select` and `fixable` begin anew, all else is
    replaced.  Raises `ConfigError`.
    """
    unknown = sorted(set(table.content) - set(NAMES))
    if unknown:
        import difflib  # here, because most configurations are right

        close = difflib.get_close_matches(unknown[0].replace("_", "-"), NAMES, n=1)
        hint = f", did you mean `{close[0]}`?" if close else "."
        raise ConfigError(
            f"{table.place}: unknown key `{unknown[0]}` in {table.title}{hint} Valid keys: {', '.join(NAMES)}"
        )
    selection = Selection(
        table.codes("select") if table.has("select") else None,
        table.codes("extend-select"),
        table.codes("ignore") + table.codes("extend-ignore"),
    )
    fixable = Selection(
        table.codes("fixable") if table.has("fixable") else None,
        table.codes("extend-fixable"),
        table.codes("unfixable"),
    )
    least = settings.min_confidence
    if table.has("min-confidence"):
        least = confidence(table.content["min-confidence"], f"{table.place}: `min-confidence`")
    ignores = table.ignores("per-file-ignores") + table.ignores("extend-per-file-ignores")
    return settings._replace(
        sources=(*settings.sources, table.place),
        selections=settings.selections + _unless_empty(selection),
        fixables=settings.fixables + _unless_empty(fixable),
        per_file_ignores=settings.per_file_ignores + ignores,
        exclude=settings.exclude + table.strings("exclude") + table.strings("extend-exclude"),
        min_confidence=least,
        unsafe_fixes=_first(table.switch("unsafe-fixes"), settings.unsafe_fixes),
        force_exclude=_first(table.switch("force-exclude"), settings.force_exclude),
        respect_gitignore=_first(table.switch("respect-gitignore"), settings.respect_gitignore),
        output_format=table.word("output-format") or settings.output_format,
        cache_dir=table.path("cache-dir") or settings.cache_dir,
        baseline=table.path("baseline") or settings.baseline,
        knowledge_files=settings.knowledge_files + _knowledge(table),
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


def _strings(table: Mapping[str, object], key: str, place: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{place}: `{key}` must be a list of strings, not {quoted(value)}")
    return tuple(value)


def _knowledge(table: Table) -> tuple[Path, ...]:
    files = tuple((table.folder / name).absolute() for name in table.strings("knowledge"))
    try:
        extended(files)
    except KnowledgeError as error:
        raise ConfigError(f"{table.place}: {error}") from None
    return files


def _unless_empty(selection: Selection) -> tuple[Selection, ...]:
    return () if selection == Selection() else (selection,)


def _first(value: bool | None, otherwise: bool | None) -> bool | None:
    return otherwise if value is None else value
