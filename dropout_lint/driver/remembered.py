"""The cache as one run uses it: asked before a file is read and after, told of results at the end."""

from __future__ import annotations

from collections.abc import Mapping

from dropout_lint.driver.cache import Cache, judge_of, stamp_of
from dropout_lint.driver.discovery import Target
from dropout_lint.lint.file_result import FileResult
from dropout_lint.project.facts import digest_of


class Remembered:
    """What earlier runs found in the files of this one."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._asked: dict[str, tuple[str, str | None]] = {}  # by path: who judges, and the stamp
        self._new: dict[str, tuple[Target, str]] = {}  # by path: the digest of what was read

    def unread(self, target: Target) -> FileResult | None:
        """The result for ``target`` if it has not been written since.  To be asked before the file is read."""
        settings = target.settings
        judge = judge_of(settings.rules_for(target.path), settings.knowledge.digest)
        known = self._cache.unread(target.path, target.place, judge)
        if known is None:
            self._asked[target.path] = judge, stamp_of(target.path)  # before it is read: what changes later is seen
        return known

    def read(self, target: Target, data: bytes) -> FileResult | None:
        """The result for ``target``, whose content is ``data`` now."""
        judge, stamp = self._asked[target.path]
        known = self._cache.get(target.path, target.place, data, stamp, judge)
        if known is None:
            self._new[target.path] = target, digest_of(data)
        return known

    def dismiss(self, target: Target) -> None:
        """Note that nothing can be found in ``target``, as it was read."""
        self._new[target.path] = target, ""

    def digest(self, target: Target) -> str:
        """The digest of what ``target`` held when it was read."""
        return self._new[target.path][1]

    def save(self, results: Mapping[str, FileResult]) -> None:
        """Keep ``results``, by path, of all that was not known."""
        for path, (target, digest) in self._new.items():
            judge, stamp = self._asked[path]
            self._cache.put(target.place, digest, stamp, judge, results[path])
        self._cache.save()
