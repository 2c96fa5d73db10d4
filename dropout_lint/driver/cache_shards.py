"""One file of the cache: entries by folder and name, and the facts that they rest on, each written once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from dropout_lint.io.interchange import Malformed, read_json
from dropout_lint.io.opening import read_regular
from dropout_lint.project.facts import Fact

Entry = list[Any]
"""The stamp of a file, the digest of its content, its judge, what was found, and the numbers of the facts that this
rests on: the results of neighbours rest on much the same, often on thousands of facts."""


class Shard:
    """The entries of the files in some folders."""

    def __init__(self, folders: dict[str, Any], facts: Iterable[Fact] = ()) -> None:
        self._folders = folders
        self._facts = list(facts)
        self._numbers = {fact: number for number, fact in enumerate(self._facts)}

    @classmethod
    def read(cls, path: Path, tool: str) -> Shard:
        """What the file at ``path`` holds; nothing if it cannot be read, or another ``tool`` has written it."""
        try:
            content = read_json(read_regular(path))
            if content["tool"] == tool and isinstance(content["folders"], dict):
                return cls(content["folders"], [tuple(map(str, fact)) for fact in content["facts"]])
        except (OSError, Malformed, KeyError, TypeError):
            pass
        return cls({})

    def entry(self, folder: str, name: str) -> Entry | None:
        """What is known of the file ``name`` in ``folder``."""
        entries = self._folders.get(folder)
        entry = entries.get(name) if isinstance(entries, dict) else None
        return entry if _is_entry(entry) else None

    def keep(self, folder: str, name: str, entry: Entry) -> None:
        """Take ``entry`` as what is known of the file ``name`` in ``folder``."""
        if not isinstance(self._folders.get(folder), dict):
            self._folders[folder] = {}
        self._folders[folder][name] = entry

    def numbers(self, facts: Iterable[Fact]) -> list[int]:
        """The numbers of ``facts``, as entries hold them."""
        found = []
        for fact in facts:
            number = self._numbers.setdefault(fact, len(self._facts))
            if number == len(self._facts):
                self._facts.append(fact)
            found.append(number)
        return found

    def facts(self, numbers: Sequence[int]) -> tuple[Fact, ...]:
        """The facts with these ``numbers``.  Raises IndexError or TypeError if there are none."""
        return tuple(map(self._facts.__getitem__, numbers))

    def content(self, tool: str) -> dict[str, Any]:
        """What to write: the entries of files that there still are, and the facts that they still rest on."""
        kept = Shard({})
        for folder, entries in self._folders.items():
            for name, entry in entries.items() if isinstance(entries, dict) and os.path.isdir(folder) else ():
                if _is_entry(entry) and os.path.exists(os.path.join(folder, name)):
                    with suppress(IndexError, TypeError):
                        kept.keep(folder, name, [*entry[:4], kept.numbers(self.facts(entry[4]))])
        return {"tool": tool, "facts": kept._facts, "folders": kept._folders}


def _is_entry(entry: object) -> bool:
    return isinstance(entry, list) and len(entry) == 5
