"""Knowledge files read: from TOML to the entries of each kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from dropout_lint.io.interchange import Malformed, read_toml
from dropout_lint.knowledge import entries
from dropout_lint.knowledge.entries import Base, Call, Factory
from dropout_lint.knowledge.errors import KnowledgeError


class Read(NamedTuple):
    """What some files say."""

    factories: tuple[Factory, ...]
    calls: Mapping[str, Call]  # by dotted name
    modules: Mapping[str, Base]  # by dotted name


def read(files: Iterable[tuple[str, bytes]], *, are_ours: bool = False) -> Read:
    """What ``files``, each with what messages call it, say.  Raises `KnowledgeError`."""
    factories: list[Factory] = []
    calls: dict[str, Call] = {}
    modules: dict[str, Base] = {}
    for file, data in files:
        for kind, entry in _entries(file, data, are_ours):
            if kind == "factory":
                factories.append(entries.factory(entry))
            elif kind == "call":
                calls.update(dict.fromkeys(entry.strings("names"), entries.call(entry)))
            else:
                modules.update(dict.fromkeys(entry.strings("names"), entries.base(entry)))
    return Read(tuple(factories), calls, modules)


def _entries(file: str, data: bytes, is_ours: bool) -> Iterable[tuple[str, entries.Entry]]:
    try:
        content = read_toml(data)
    except Malformed as error:
        raise KnowledgeError(f"{file} is not valid TOML: {error}") from None
    for kind, tables in content.items():
        entries.check_key(kind, entries.KINDS, file)
        if not isinstance(tables, list):
            raise KnowledgeError(f"{file}: write [[{kind}]], with two brackets, for each entry")
        for number, table in enumerate(tables, 1):
            yield kind, entries.entry(kind, table, file, number, is_ours=is_ours)
