"""Results of earlier runs, by content.

A result is kept under a key made of the file's bytes, the rules that judged it, and a fingerprint of the tool itself;
where it rests on other files, under their contents too.  Entries sit in a few JSON files; one that is corrupt, foreign
or of another version is ignored and written anew.  Losing the cache costs time and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from dropout_lint.atomic import write_atomically
from dropout_lint.finding import Applicability, Confidence, Edit, Finding, Fix, Note, Position, Severity, Span
from dropout_lint.importers import listing_digest
from dropout_lint.linting import FileResult
from dropout_lint.registry import rules_package
from dropout_lint.rule import Rule
from dropout_lint.version import VERSION

FOLDER = ".dropout_lint_cache"
_SHARDS = 16
_TAG = """Signature: 8a477f597d28d172789f06886806bc55
# This folder holds results of dropout-lint; it can be deleted at any time.
"""


def default_folder(root: Path) -> Path:
    """Where the cache of the project at ``root`` lies, unless the environment names another place."""
    named = os.environ.get("DROPOUT_LINT_CACHE_DIR")
    return Path(named) if named else root / FOLDER


@cache
def _tool() -> str:
    """A digest of everything that decides results beside the file: version, Python, and the code of the tool itself."""
    digest = hashlib.blake2b(f"{VERSION} {sys.version_info[:2]}".encode(), digest_size=16)
    package = Path(__file__).parent
    folders = [package, package / "knowledge", package / "typestate", *map(Path, rules_package().__path__)]
    for file in sorted({file for folder in folders for pattern in ("*.py", "*.toml") for file in folder.glob(pattern)}):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


@cache
def _start(rules: tuple[type[Rule], ...]) -> bytes:
    return f"{_tool()} {' '.join(rule.code for rule in rules)}\0".encode()


class Cache:
    """The results in one folder.  Used by one process; several may share the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shards: dict[int, dict[str, Any]] = {}
        self._changed: set[int] = set()
        self._digests: dict[str, str | None] = {}

    def key(self, filename: str, data: bytes, rules: Sequence[type[Rule]]) -> str:
        """What a result for ``data`` is filed under."""
        digest = hashlib.blake2b(_start(tuple(rules)), digest_size=20)
        digest.update(os.fsencode(filename) + b"\0")
        digest.update(data)
        return digest.hexdigest()

    def get(self, filename: str, key: str) -> FileResult | None:
        """The result filed under ``key``, if all that it rests on is as it was."""
        entry = self._shard(filename).get(_place(filename))
        if isinstance(entry, str):  # nothing found, and nothing rested on: most files
            return FileResult(filename) if entry == key else None
        try:
            if entry is None or entry["key"] != key:
                return None
            dependencies = tuple((str(path), digest) for path, digest in entry["dependencies"])
            if any(self._digest(path) != digest for path, digest in dependencies):
                return None
            kept, suppressed = (
                tuple(_finding(filename, item) for item in entry[name]) for name in ("kept", "suppressed")
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return None
        return FileResult(filename, kept, suppressed, None, dependencies)

    def put(self, key: str, result: FileResult) -> None:
        """File ``result``; it is on disk after `save`.  Failures of the tool itself are not kept."""
        if result.error is not None or any(finding.code == "DRP001" for finding in result.findings):
            return
        entry: object = key
        if result.findings or result.suppressed or result.dependencies:
            entry = {
                "key": key,
                "kept": [_plain(finding) for finding in result.findings],
                "suppressed": [_plain(finding) for finding in result.suppressed],
                "dependencies": [list(pair) for pair in result.dependencies],
            }
        self._shard(result.filename)[_place(result.filename)] = entry
        self._changed.add(_number(result.filename))

    def save(self) -> None:
        """Write what is new.  A folder that cannot be written means no cache, and no error."""
        try:
            for number in sorted(self._changed):
                entries = {place: entry for place, entry in self._shards[number].items() if os.path.exists(place)}
                self._tag()
                write_atomically(self._file(number), json.dumps({"tool": _tool(), "entries": entries}).encode())
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

    def _shard(self, filename: str) -> dict[str, Any]:
        number = _number(filename)
        if number not in self._shards:
            entries: object = None
            try:
                content = json.loads(self._file(number).read_bytes())
                entries = content["entries"] if content["tool"] == _tool() else None
            except (OSError, ValueError, KeyError, TypeError, RecursionError):
                pass
            self._shards[number] = entries if isinstance(entries, dict) else {}
        return self._shards[number]

    def _digest(self, path: str) -> str | None:
        if path not in self._digests:
            try:
                self._digests[path] = _digest_of(Path(path))
            except OSError:
                self._digests[path] = None
        return self._digests[path]


def _place(filename: str) -> str:
    return os.path.abspath(filename)


def _number(filename: str) -> int:
    return hashlib.blake2b(_place(filename).encode("utf-8", "surrogateescape"), digest_size=1).digest()[0] % _SHARDS


def _plain(finding: Finding) -> dict[str, Any]:
    """``finding`` as JSON can hold it; the file name is that of the entry."""
    return {
        "text": [
            finding.code,
            finding.name,
            finding.message,
            finding.help,
            finding.severity.value,
            finding.confidence.value,
        ],
        "span": _numbers(finding.span),
        "cell": finding.cell,
        "notes": [[note.message, note.filename, note.span and _numbers(note.span)] for note in finding.notes],
        "fix": finding.fix
        and [
            finding.fix.message,
            finding.fix.applicability.value,
            [[_numbers(edit.span), edit.content] for edit in finding.fix.edits],
        ],
    }


def _finding(filename: str, plain: dict[str, Any]) -> Finding:
    code, name, message, help_, severity, confidence = map(_text, plain["text"])
    fix = plain["fix"]
    if fix is not None:
        edits = tuple(Edit(_span(span), _text(content)) for span, content in fix[2])
        fix = Fix(_text(fix[0]), edits, Applicability(fix[1]))
    return Finding(
        code,
        name,
        message,
        help_,
        filename,
        _span(plain["span"]),
        Severity(severity),
        Confidence(confidence),
        tuple(Note(_text(text), file, span and _span(span)) for text, file, span in plain["notes"]),
        fix,
        plain["cell"],
    )


def _numbers(span: Span) -> list[int]:
    return [span.start.line, span.start.column, span.end.line, span.end.column]


def _span(numbers: list[int]) -> Span:
    first_line, first_column, last_line, last_column = (int(number) for number in numbers)
    return Span(Position(first_line, first_column), Position(last_line, last_column))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _digest_of(path: Path) -> str:
    if path.is_dir():  # which files there are, for those who import a file
        return listing_digest(path)
    return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
