"""A baseline: the findings that a project knows of and does not want to see, in a file that is kept with the code."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dropout_lint.driver.fingerprints import Lines, fingerprints, line_text
from dropout_lint.driver.settings import ConfigError
from dropout_lint.finding import Finding
from dropout_lint.io.atomic_write import write_atomically
from dropout_lint.io.filenames import absolute
from dropout_lint.io.interchange import Malformed, read_json
from dropout_lint.io.opening import SETTINGS_BYTES, read_regular
from dropout_lint.io.printable import printable_json
from dropout_lint.lint.selection import ALWAYS

_VERSION = 1
_LONGEST = 200  # characters of a line that are written down, for people


@dataclass(frozen=True, order=True, slots=True)
class Entry:
    """One known finding: ``text`` is its line, for people; it is recognised by its ``fingerprint``."""

    code: str
    text: str
    fingerprint: str


Entries = Mapping[str, tuple[Entry, ...]]
"""By file, relative to the folder of the baseline."""


@dataclass(frozen=True)
class Baseline:
    """The baseline at ``path``, which may not be there yet."""

    path: Path
    entries: Entries

    @classmethod
    def read(cls, path: Path) -> Baseline | None:
        """The baseline at ``path``; None if there is no such file.  Raises `ConfigError` for any other file."""
        try:
            return cls(path, _entries(read_json(read_regular(path, SETTINGS_BYTES))))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(f"cannot read the baseline {path}: {error.strerror or error}") from None
        except (Malformed, KeyError, TypeError, ValueError, AttributeError) as error:
            reason = error if isinstance(error, Malformed) else "it has another structure"
            raise ConfigError(f"{path} is no baseline of dropout-lint: {reason}") from None

    def name_of(self, filename: str) -> str:
        """How the file called ``filename`` is called in the baseline."""
        try:
            place = os.path.relpath(absolute(filename), self.path.absolute().parent)
        except ValueError:  # another drive, on Windows
            place = absolute(filename)
        return place.replace(os.sep, "/")

    def new(self, findings: Sequence[Finding], lines: Lines) -> list[Finding]:
        """Those of ``findings``, all that were found, that are not known."""
        known = {(name, entry.fingerprint) for name, entries in self.entries.items() for entry in entries}
        marked = zip(findings, fingerprints(findings, lines))
        return [
            finding
            for finding, mark in marked
            if finding.code in ALWAYS or (self.name_of(finding.filename), mark) not in known
        ]

    def of(self, findings: Sequence[Finding], lines: Lines) -> Entries:
        """The entries for ``findings``, all that were found."""
        entries: dict[str, list[Entry]] = {}
        for finding, mark in zip(findings, fingerprints(findings, lines)):
            if finding.code not in ALWAYS:
                entry = Entry(finding.code, line_text(finding, lines)[:_LONGEST], mark)
                entries.setdefault(self.name_of(finding.filename), []).append(entry)
        return {name: tuple(found) for name, found in entries.items()}

    def gone(self, now: Entries, checked: Mapping[str, frozenset[str]]) -> list[tuple[str, Entry]]:
        """The entries that nothing of what is there ``now`` matches, each with its file: of files that were
        ``checked``, if their rule was among the codes that they were checked for, and of files that are no more.
        """
        return [
            (name, entry)
            for name, entries in self.entries.items()
            for entry in entries
            if entry.fingerprint not in {each.fingerprint for each in now.get(name, ())}
            and (entry.code in checked.get(name, ()) or not (self.path.absolute().parent / name).exists())
        ]

    def updated(self, now: Entries, checked: Mapping[str, frozenset[str]]) -> Baseline:
        """This baseline with what is there ``now``, without what has gone; all else in it stays."""
        gone = set(self.gone(now, checked))
        kept = {
            name: [entry for entry in entries if (name, entry) not in gone] for name, entries in self.entries.items()
        }
        names = sorted({*kept, *now})
        merged = {name: tuple(_distinct([*kept.get(name, ()), *now.get(name, ())])) for name in names}
        return Baseline(self.path, {name: entries for name, entries in merged.items() if entries})

    def pairs(self) -> set[tuple[str, Entry]]:
        """All entries, each with its file."""
        return {(name, entry) for name, entries in self.entries.items() for entry in entries}

    def write(self) -> None:
        """Write it to its file.  Raises `ConfigError`."""
        files = {
            name: [{"code": entry.code, "line": entry.text, "fingerprint": entry.fingerprint} for entry in entries]
            for name, entries in self.entries.items()
        }
        content = {"tool": "dropout-lint", "version": _VERSION, "files": files}
        text = printable_json(json.dumps(content, indent=2, ensure_ascii=False)) + "\n"
        try:
            write_atomically(self.path, text.encode())
        except OSError as error:
            raise ConfigError(f"cannot write the baseline {self.path}: {error.strerror or error}") from None


def _entries(content: object) -> Entries:
    if not isinstance(content, dict) or content["tool"] != "dropout-lint" or content["version"] != _VERSION:
        raise ValueError
    return {
        str(name): tuple(
            Entry(str(each["code"]), str(each.get("line", "")), str(each["fingerprint"])) for each in found
        )
        for name, found in content["files"].items()
    }


def _distinct(entries: Sequence[Entry]) -> Iterator[Entry]:
    seen = set()
    for entry in sorted(entries):
        if entry.fingerprint not in seen:
            seen.add(entry.fingerprint)
            yield entry
