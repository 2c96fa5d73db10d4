"""Results of earlier runs, by content.

A result holds for the bytes of a file, the rules that judged it and the code of this tool; and as long as all that it
rests on is as it was: see `facts`.  A file whose size and times are those of last time is not even read, as in git,
unless it was so new then that another change could have had the same times.  Entries sit in a few JSON files, each of
which is valid by itself: whichever of two runs writes one last, its entries are true.  One that is corrupt, foreign or
of another version is ignored and written anew.  Losing the cache costs time and nothing else.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from functools import cache
from pathlib import Path

from dropout_lint.driver.cache_format import plain, restored
from dropout_lint.driver.cache_shards import Entry, Shard
from dropout_lint.driver.discovery import Place
from dropout_lint.driver.tool_digest import tool_digest
from dropout_lint.io.atomic_write import write_atomically
from dropout_lint.io.opening import read_regular
from dropout_lint.lint.file_result import FileResult
from dropout_lint.lint.rule_files import RuleFile
from dropout_lint.project.facts import Facts, digest_of
from dropout_lint.project.limits import Limit, Spent

FOLDER = ".dropout_lint_cache"
_SHARDS = 16
_TAG = """Signature: 8a477f597d28d172789f06886806bc55
# This folder holds results of dropout-lint; it can be deleted at any time.
"""
_RACY = 2_000_000_000  # nanoseconds; no file system in use has coarser times


def default_folder(root: Path, configured: Path | None = None) -> Path:
    """The folder for the cache of the project at ``root``: what the environment names, else the settings."""
    named = os.environ.get("DROPOUT_LINT_CACHE_DIR")
    return Path(named) if named else configured or root / FOLDER


def is_cache(folder: Path) -> bool:
    """Whether ``folder`` was made by us: other tools tag their caches, too."""
    try:
        return read_regular(folder / "CACHEDIR.TAG").replace(b"\r\n", b"\n") == _TAG.encode()
    except OSError:
        return False


def stamp_of(path: str) -> str | None:
    """What changes whenever the file at ``path`` is written; None if that is not certain, or there is no file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    if time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns) < _RACY:
        return None
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"


@cache
def judge_of(rules: tuple[RuleFile, ...], knowledge: str = "") -> str:
    """A name for what judges a file: ``rules``, and what the project adds to our ``knowledge``, as a digest."""
    return digest_of(" ".join([*(rule.code for rule in rules), knowledge]).encode())[:16]


class Cache:
    """The results in one folder.  Used by one process; several may share the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shards: dict[int, Shard] = {}
        self._changed: set[int] = set()
        self._now = Facts(self._known_digest)

    def unread(self, filename: str, place: Place, judge: str) -> FileResult | None:
        """The result for a file that has not been written since; None if that is not known."""
        entry = self._entry(place)
        if entry is None or entry[0] is None or entry[2] != judge or entry[0] != stamp_of(os.sep.join(place)):
            return None
        return self._result(filename, place, entry)

    def get(self, filename: str, place: Place, data: bytes, stamp: str | None, judge: str) -> FileResult | None:
        """The result for a file whose content is ``data`` and whose stamp was ``stamp`` before it was read."""
        entry = self._entry(place)
        if entry is None or entry[2] != judge or entry[1] != digest_of(data):
            return None
        result = self._result(filename, place, entry)
        if result is not None and entry[0] != stamp:
            self._keep(place, [stamp, *entry[1:]])
        return result

    def put(self, place: Place, digest: str, stamp: str | None, judge: str, result: FileResult) -> None:
        """Keep ``result``; it is on disk after `save`.  Failures of the tool itself are not kept."""
        if result.error is not None or any(finding.code == "DRP001" for finding in result.findings):
            return
        told: object = None
        if result.findings or result.suppressed or result.limits:
            told = {
                "kept": [plain(finding) for finding in result.findings],
                "suppressed": [plain(finding) for finding in result.suppressed],
                "limits": [[limit.filename, limit.line, limit.spent.name] for limit in result.limits],
            }
        entry = [stamp, digest, judge, told, self._shard(place[0]).numbers(result.dependencies)]
        if self._entry(place) != entry:
            self._keep(place, entry)

    def save(self) -> None:
        """Write what is new.  A folder that cannot be written means no cache, and no error."""
        try:
            for number in sorted(self._changed):
                content = self._shards[number].content(tool_digest())
                self._tag()
                write_atomically(self._file(number), json.dumps(content, separators=(",", ":")).encode())
        except OSError:
            pass
        self._changed.clear()

    def _tag(self) -> None:
        if not (self._folder / "CACHEDIR.TAG").exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / "CACHEDIR.TAG").write_text(_TAG, "utf-8")
            (self._folder / ".gitignore").write_text("*\n", "utf-8")

    def _file(self, number: int) -> Path:
        return self._folder / f"results-{number:02}.json"

    def _entry(self, place: Place) -> Entry | None:
        return self._shard(place[0]).entry(*place)

    def _keep(self, place: Place, entry: Entry) -> None:
        self._shard(place[0]).keep(*place, entry)
        self._changed.add(_number(place[0]))

    def _shard(self, folder: str) -> Shard:
        number = _number(folder)
        if number not in self._shards:
            self._shards[number] = Shard.read(self._file(number), tool_digest())
        return self._shards[number]

    def _result(self, filename: str, place: Place, entry: Entry) -> FileResult | None:
        """The result of ``entry``, if all that it rests on is as it was."""
        try:
            dependencies = self._shard(place[0]).facts(entry[4])
            if not self._now.hold(dependencies):
                return None
            told = {"kept": (), "suppressed": (), "limits": ()} if entry[3] is None else entry[3]
            kept = tuple(restored(filename, item) for item in told["kept"])
            suppressed = tuple(restored(filename, item) for item in told["suppressed"])
            limits = tuple(Limit(str(name), int(line), Spent[spent]) for name, line, spent in told["limits"])
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            return None
        return FileResult(filename, kept, suppressed, None, dependencies, limits)

    def _known_digest(self, path: str) -> str | None:
        """The digest of another file now, from its own entry, if it was not written since."""
        entry = self._entry(os.path.split(path))
        if entry is not None and entry[1] and entry[0] is not None and entry[0] == stamp_of(path):
            return str(entry[1])
        return None


@cache
def _number(folder: str) -> int:
    return zlib.crc32(os.fsencode(folder)) % _SHARDS
