"""The files that are open in an editor, with their unsaved text, and what is found in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dropout_lint.driver.config import Settings
from dropout_lint.io.filenames import absolute
from dropout_lint.lint.file_check import lint_bytes
from dropout_lint.lint.file_result import FileResult
from dropout_lint.lint.rule_files import AnyRule
from dropout_lint.project.facts import Facts, digest_of
from dropout_lint.project.surroundings import Surroundings
from dropout_lint.semantic.project import Project


@dataclass(frozen=True, slots=True)
class _Kept:
    """A result, and all that it rests on."""

    data: bytes
    rules: tuple[AnyRule, ...]
    result: FileResult


class Documents:
    """Open files by their canonical names.  The unsaved text of each counts for all others, too.

    Who imports whom is read from disk, and anew after `changed_on_disk`: an import that is not saved yet leads
    somewhere, but is not seen from the other side.
    """

    def __init__(self, settings_for: Callable[[Path], Settings]) -> None:
        self._settings_for = settings_for
        self._unsaved: dict[str, bytes] = {}
        self._kept: dict[str, _Kept] = {}
        self._surroundings = Surroundings()
        self.analysed = 0  # how many files were analysed, for tests and for the log

    def __iter__(self) -> Iterator[str]:
        return iter(self._unsaved)

    def name(self, path: str) -> str:
        """The canonical name of the file at ``path``."""
        return absolute(path)

    def set(self, name: str, data: bytes) -> None:
        """The file called ``name`` is open and holds ``data``."""
        self._unsaved[name] = data

    def close(self, name: str) -> None:
        """It is closed: what counts is what is on disk."""
        self._unsaved.pop(name, None)
        self._kept.pop(name, None)

    def data(self, name: str) -> bytes:
        """What the open file called ``name`` holds; nothing if it is not open."""
        return self._unsaved.get(name, b"")

    def changed_on_disk(self) -> None:
        """Files were saved, made or deleted."""
        self._surroundings = Surroundings()

    def settings(self, name: str) -> Settings:
        """The settings for the file called ``name``.  Raises `ConfigError`."""
        return self._settings_for(Path(name))

    def project(self, name: str) -> Project:
        """The project around the file called ``name``, as the editor has it now."""
        return Project(self.settings(name).knowledge, unsaved=self._unsaved, surroundings=self._surroundings)

    def check(self, name: str) -> FileResult:
        """What is found in the open file called ``name``; kept as long as all that it rests on is as it was.

        Raises `ConfigError`.
        """
        settings, data = self.settings(name), self.data(name)
        rules = settings.rules_for(name)
        kept = self._kept.get(name)
        if kept is None or kept.data != data or kept.rules != rules or not self._holds(kept.result):
            self.analysed += 1
            result = lint_bytes(name, data, rules, self.project(name))
            kept = self._kept[name] = _Kept(data, rules, result)
        return settings.shown.of(kept.result)

    def _holds(self, result: FileResult) -> bool:
        return Facts(self._digest, self._surroundings).hold(result.dependencies)

    def _digest(self, path: str) -> str | None:
        data = self._unsaved.get(path)
        return None if data is None else digest_of(data)
