"""The texts of the files around those under analysis: read once, and kept within a bound."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dropout_lint.io.opening import read_regular
from dropout_lint.project.dependencies import DependencyLog
from dropout_lint.project.facts import digest_of
from dropout_lint.syntax.lines import with_line_feeds
from dropout_lint.syntax.outline import Outline

_MOST_BYTES = 2_000_000  # larger files are generated, and define no base class
_MOST_KEPT = 12_000_000  # characters; who looks at a file looks at those that import it, again and again


class FileStore:
    """What files say.  ``reads`` is told what each held when it was read.  ``unsaved`` is what some of them say in an
    editor, by their canonical names: that counts, and not what is on disk.
    """

    def __init__(self, reads: DependencyLog, unsaved: Mapping[str, bytes] | None = None) -> None:
        self._reads = reads
        self._unsaved = unsaved or {}
        self._kept: dict[str, Outline] = {}  # the one of the last query is the last
        self._size = 0

    def outline(self, path: Path) -> Outline:
        """The text of the file at ``path``, and its parts; an empty one if it cannot be read."""
        name = str(path)
        found = self._kept.pop(name, None)
        if found is None:
            found = Outline(with_line_feeds(self.read(path).decode("utf-8-sig", "replace")))
            self._size += len(found.text)
        self._kept[name] = found
        while self._size > _MOST_KEPT:
            released = self._kept.pop(next(iter(self._kept)))
            released.release_extensions()  # they refer to it: workers run without the garbage collector
            self._size -= len(released.text)
        return found

    def read(self, path: Path) -> bytes:
        """What the file at ``path`` holds; nothing if it cannot be read, or is too large."""
        data = self._unsaved.get(str(path))
        if data is None:
            try:
                data = read_regular(path)
            except OSError:
                data = b""
        if self._reads.kept:
            self._reads.seen(path, digest_of(data))
        return data if len(data) <= _MOST_BYTES else b""
