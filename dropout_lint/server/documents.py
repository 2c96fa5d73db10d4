"""The files that are open in an editor, with their unsaved text: what is found in each, and in which mode models run.

For one thread: that of the analyses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from dropout_lint.driver.config import Settings
from dropout_lint.driver.discovery import is_excluded
from dropout_lint.io.filenames import absolute
from dropout_lint.lint.file_check import lint_bytes
from dropout_lint.lint.file_result import FileResult
from dropout_lint.project.facts import Fact, Facts, digest_of
from dropout_lint.project.surroundings import Surroundings
from dropout_lint.server.cancellation import CancellableProject
from dropout_lint.server.mode_hints import Hint, mode_hints

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Answer]):
    """An answer about a file, and all that it rests on."""

    data: bytes
    settings: Settings
    knowledge: str  # what the project adds to it: its digest
    answer: Answer
    dependencies: tuple[Fact, ...]


class Documents:
    """Open files by their canonical names.  The unsaved text of each counts for all others, too.

    Who imports whom is read from disk, and anew after `changed_on_disk`: an import that is not saved yet leads
    somewhere, but is not seen from the other side.
    """

    def __init__(self, settings_for: Callable[[Path], Settings]) -> None:
        self._settings_for = settings_for
        self._unsaved: dict[str, bytes] = {}
        self._results: dict[str, _Kept[FileResult]] = {}
        self._hints: dict[str, _Kept[tuple[Hint, ...]]] = {}
        self._surroundings = Surroundings()
        self.analysed = 0  # how many files were analysed, for tests and for the log

    def __iter__(self) -> Iterator[str]:
        return iter(self._unsaved)

    def name(self, path: str) -> str:
        """The canonical name of the file at ``path``."""
        return absolute(path)

    def hold(self, unsaved: Mapping[str, bytes]) -> None:
        """These files, and no others, are open, and hold this."""
        self._unsaved = dict(unsaved)
        for known in (self._results, self._hints):
            for name in known.keys() - unsaved.keys():
                del known[name]

    def set(self, name: str, data: bytes) -> None:
        """The file called ``name`` is open and holds ``data``."""
        self.hold({**self._unsaved, name: data})

    def close(self, name: str) -> None:
        """It is closed: what counts is what is on disk."""
        self.hold({other: data for other, data in self._unsaved.items() if other != name})

    def data(self, name: str) -> bytes:
        """What the open file called ``name`` holds; nothing if it is not open."""
        return self._unsaved.get(name, b"")

    def changed_on_disk(self) -> None:
        """Files were saved, made or deleted."""
        self._surroundings = Surroundings()

    def settings(self, name: str) -> Settings:
        """The settings for the file called ``name``.  Raises `ConfigError`."""
        return self._settings_for(Path(name))

    def project(self, name: str) -> CancellableProject:
        """The project around the file called ``name``, as the editor has it now.  Raises `ConfigError`."""
        return self._project(self.settings(name))

    def check(self, name: str) -> FileResult:
        """What is found in the open file called ``name``; nothing if the settings exclude it.  Kept as long as all that
        it rests on is as it was.

        Raises `ConfigError` and `UnknownSelector`.
        """
        settings, data = self.settings(name), self.data(name)
        if is_excluded(name, settings):
            return FileResult(name)
        kept = self._results.get(name)
        if kept is None or not self._holds(kept, data, settings):
            self.analysed += 1
            rules = settings.rules_for(name)
            result = settings.shown.of(lint_bytes(name, data, rules, self._project(settings)))
            kept = _Kept(data, settings, settings.knowledge.digest, result, result.dependencies)
            self._results[name] = kept
        return kept.answer

    def hints(self, name: str) -> tuple[Hint, ...]:
        """The calls of models in the open file called ``name``, with the mode of each; kept like findings."""
        settings, data = self.settings(name), self.data(name)
        if is_excluded(name, settings):
            return ()
        kept = self._hints.get(name)
        if kept is None or not self._holds(kept, data, settings):
            project = self._project(settings)
            found = mode_hints(name, data, project)
            kept = _Kept(data, settings, settings.knowledge.digest, found, project.dependencies(name))
            self._hints[name] = kept
        return kept.answer

    def _project(self, settings: Settings) -> CancellableProject:
        return CancellableProject(settings.knowledge, unsaved=self._unsaved, surroundings=self._surroundings)

    def _holds(self, kept: _Kept[Answer], data: bytes, settings: Settings) -> bool:
        if kept.data != data or kept.settings != settings or kept.knowledge != settings.knowledge.digest:
            return False
        return Facts(self._digest, self._surroundings).hold(kept.dependencies)

    def _digest(self, path: str) -> str | None:
        data = self._unsaved.get(path)
        return None if data is None else digest_of(data)
