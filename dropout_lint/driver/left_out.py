"""Why a search would leave a file out: exclusions, what git ignores, stubs."""

from __future__ import annotations

import os
from collections.abc import Iterator

from dropout_lint.driver.discovery import SUFFIXES, Ignores
from dropout_lint.driver.settings import DEFAULT_EXCLUDE, Settings
from dropout_lint.io.filenames import absolute
from dropout_lint.io.repository import repository_around


def reason_to_leave_out(path: str, settings: Settings) -> str | None:
    """Why `check` of a folder around the file at ``path`` does not check it, in words; None if it does."""
    path = absolute(path)
    if not path.endswith(SUFFIXES):
        return "a search of folders finds files named `*.py` and `*.ipynb` only"
    for place, name in _places(path, str(settings.root)):
        if settings.excludes(place, name):
            usual = (
                "one of the usual folders of tools" if name in DEFAULT_EXCLUDE.split() else "excluded by the settings"
            )
            return f"`{os.path.relpath(place, settings.root)}` is {usual}"
    if settings.respect_gitignore is not False:
        ignored = _ignored(path)
        if ignored is not None:
            return f"git ignores `{os.path.relpath(ignored, settings.root)}`"
    return None


def _places(path: str, top: str) -> Iterator[tuple[str, str]]:
    """``path`` and the folders around it that are below ``top``, the outermost first, each with its name."""
    place = top
    for name in os.path.relpath(path, top).split(os.sep):
        place = os.path.join(place, name)
        yield place, name


def _ignored(path: str) -> str | None:
    """The file at ``path``, or the outermost folder around it, that git ignores."""
    top = repository_around(os.path.dirname(path))
    if top is None:
        return None
    ignores, folder = Ignores.of_repository(top, []), top
    for place, _ in _places(path, top):
        ignores = ignores.with_files_in(folder, [])
        if ignores.ignores(place, is_folder=place != path):
            return place
        folder = place
    return None
