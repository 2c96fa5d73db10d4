"""Which files to check, found as ruff finds them.

Folders are searched for ``.py`` and ``.ipynb`` files; what git ignores and the usual folders of tools are left out; a
file that is named explicitly is always checked, unless `force_exclude` says otherwise.  Each file comes with the
settings of the closest configuration.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dropout_lint.driver import config
from dropout_lint.driver.config import Settings
from dropout_lint.io.filenames import absolute, shown
from dropout_lint.io.opening import open_regular
from dropout_lint.io.repository import repository_around

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

SUFFIXES = (".py", ".ipynb")
_IGNORE_FILES = (".gitignore", ".ignore")


Place = tuple[str, str]
"""The folder of a file, by its canonical name, and the file's name in it."""


class Target(NamedTuple):
    """A file to check: its name in messages, the settings for it, and its place."""

    path: str
    settings: Settings
    place: Place

    @classmethod
    def at(cls, path: str, settings: Settings) -> Target:
        """The file at ``path``, which may be relative."""
        return cls(path, settings, os.path.split(absolute(path)))


class Ignores(NamedTuple):
    """The ignore patterns in force in a folder, the outermost first, each with the folder of its ignore file."""

    specs: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Whether git would ignore ``path``: the innermost pattern that matches decides."""
        for folder, spec in reversed(self.specs):
            place = os.path.relpath(path, folder).replace(os.sep, "/") + ("/" if is_folder else "")
            verdict = spec.check_file(place).include
            if verdict is not None:
                return verdict
        return False

    def with_file(self, folder: str, path: str, problems: list[str]) -> Ignores:
        """These, and the ones in the file at ``path``, which are meant relative to ``folder``; what cannot be read of
        them is added to ``problems``.
        """
        from dropout_lint.driver.ignore_files import (
            read_ignore_file,  # here: most trees have few such files, and some none
        )

        spec, unread = read_ignore_file(path)
        problems += unread
        return Ignores((*self.specs, (folder, spec)))

    def with_files_in(self, folder: str, problems: list[str]) -> Ignores:
        """These, and the ones in the ignore files of ``folder``."""
        ignores = self
        for path in (os.path.join(folder, name) for name in _IGNORE_FILES):
            if os.path.exists(path):
                ignores = ignores.with_file(folder, path, problems)
        return ignores

    @classmethod
    def of_repository(cls, top: str, problems: list[str]) -> Ignores:
        """Those that hold in the whole repository at ``top`` and are in no ignore file of it."""
        exclude = os.path.join(top, ".git", "info", "exclude")
        return cls().with_file(top, exclude, problems) if os.path.exists(exclude) else cls()


class SettingsFor:
    """Finds the settings that hold in a folder: ``overriding`` ones if given, else the closest configuration's, else
    ``default``.

    ``adjust`` puts on top what the command line says; folders with one configuration share the result.
    """

    def __init__(
        self,
        default: Settings,
        overriding: Settings | None = None,
        adjust: Callable[[Settings], Settings] = lambda settings: settings,
    ) -> None:
        self.default = default
        self.overriding = overriding
        self.adjust = adjust
        self._adjusted: dict[Path | None, Settings] = {}

    def around(self, folder: Path) -> Settings:
        """The settings in ``folder``, whose own configuration and those above it are looked at."""
        return self._with_options(self.overriding or config.nearest(Path(absolute(str(folder)))) or self.default)

    def inside(self, folder: str, outer: Settings) -> Settings:
        """The settings in ``folder``, which holds a configuration file, if ``outer`` are those around it."""
        own = None if self.overriding is not None else config.in_directory(Path(folder))
        return outer if own is None else self._with_options(own)

    def _with_options(self, settings: Settings) -> Settings:
        key = None if settings is self.default else settings.root
        if key not in self._adjusted:
            self._adjusted[key] = self.adjust(settings)
        return self._adjusted[key]


def discover(
    paths: Sequence[str],
    settings_for: SettingsFor,
    *,
    force_exclude: bool = False,
    gitignore: bool = True,
    no_python: list[str] | None = None,
) -> tuple[list[Target], list[str]]:
    """The files below ``paths``, each once and in a stable order; and what could not be looked at, each with its place
    and the reason: paths that do not exist, folders and settings that cannot be read.

    ``force_exclude`` leaves out excluded files although they are named, ``gitignore`` what git ignores.  Files that are
    named and are not Python are added to ``no_python``.
    """
    found: dict[Place, Target] = {}
    problems: list[str] = []
    for path in paths:
        if not os.path.exists(path):
            problems.append(f"{path}: no such file or folder")
            continue
        try:
            if os.path.isdir(path):
                for target in _below(path, settings_for, gitignore, problems):
                    found.setdefault(target.place, target)
                continue
            settings = settings_for.around(Path(absolute(path)).parent)
        except config.ConfigError as error:
            problems.append(str(error))
            continue
        skipped = path.endswith(".pyi") or (force_exclude and is_excluded(path, settings))
        if not skipped and not _is_python(path):
            if no_python is not None:
                no_python.append(path)
        elif not skipped:
            target = Target.at(path, settings)
            found.setdefault(target.place, target)
    return [found[key] for key in sorted(found, key=os.sep.join)], list(dict.fromkeys(problems))


def _is_python(path: str) -> bool:
    """Whether a file that is named says, by its name or its first line, that it is Python; or cannot be read, which is
    then said instead.
    """
    if path.endswith((*SUFFIXES, ".pyw", ".wsgi")):
        return True
    try:
        with open_regular(path) as file:
            first = file.read(200).partition(b"\n")[0]
    except OSError:
        return True
    return first.startswith(b"#!") and b"python" in first


def _below(root: str, settings_for: SettingsFor, gitignore: bool, problems: list[str]) -> Iterator[Target]:
    settings = settings_for.around(Path(root))
    top = absolute(root)
    # Links to folders are not followed, so no folder comes twice.
    name = os.path.normpath(root)
    if absolute(name) != top:  # behind a link, `..` is another folder
        name = shown(top, root)
    stack = [(name, top, settings, _ignores_above(top, problems) if gitignore else None)]
    while stack:
        folder, full, settings, ignores = stack.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=_name)
        except FileNotFoundError:
            continue  # it has gone since it was seen
        except OSError as error:
            problems.append(f"{folder}: {error.strerror or error}")
            continue
        names = {entry.name for entry in entries}
        if not names.isdisjoint(config.FILES):
            try:
                settings = settings_for.inside(folder, settings)
            except config.ConfigError as error:  # what would be checked, and how, is not known
                problems.append(f"{error}; nothing below {folder} is checked")
                continue
        if ignores is None and gitignore and ".git" in names:
            ignores = Ignores()
        before = "" if folder == "." else os.path.join(folder, "")
        for name in _IGNORE_FILES:
            if ignores is not None and name in names:
                ignores = ignores.with_file(folder, before + name, problems)
        for entry in entries:
            name = entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if not is_folder and not (name.endswith(SUFFIXES) and _is_file(entry)):
                continue
            place = before + name
            if settings.excludes(place, name):
                continue
            if ignores is not None and ignores.specs and ignores.ignores(place, is_folder=is_folder):
                continue
            if is_folder:
                stack.append((place, os.path.join(full, name), settings, ignores))
            else:
                yield Target(place, settings, (full, name))


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link to itself
        return False


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _ignores_above(folder: str, problems: list[str]) -> Ignores | None:
    """The patterns of the folders above ``folder`` in its git repository; None outside of one, where nothing is
    ignored.  What cannot be read is added to ``problems``.
    """
    top = repository_around(folder)
    if top is None:
        return None
    above, current = list[str](), folder
    while current != top:
        current = os.path.dirname(current)
        above.append(current)
    ignores = Ignores.of_repository(top, problems)
    for place in reversed(above):
        ignores = ignores.with_files_in(place, problems)
    if ignores.specs and ignores.ignores(folder, is_folder=True):
        return Ignores()  # a folder that is named is searched, as by ruff, although git ignores it
    return ignores


def is_excluded(path: str, settings: Settings) -> bool:
    """Whether a file that is named explicitly is in a folder that a search would have left out."""
    place = os.path.relpath(path, settings.root)
    parts = place.split(os.sep)
    return any(
        settings.excludes(os.path.join(settings.root, *parts[: index + 1]), part) for index, part in enumerate(parts)
    )
