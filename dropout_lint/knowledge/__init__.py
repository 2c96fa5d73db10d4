"""Facts about other libraries, as data: TOML files, ours beside this module and those that a project adds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from dropout_lint.io.interchange import Malformed, read_toml
from dropout_lint.io.opening import SETTINGS_BYTES, read_regular
from dropout_lint.knowledge import entries
from dropout_lint.knowledge.entries import EFFECTS, LAYERS, RETURNS, Base, Call, Factory, KnowledgeError
from dropout_lint.knowledge.patterns import LONGEST

__all__ = [
    "EFFECTS",
    "LAYERS",
    "RETURNS",
    "Base",
    "Call",
    "Factory",
    "Knowledge",
    "KnowledgeError",
    "extended",
    "standard",
]

_LITERAL = re.compile(r"(?:\w|\\[.])*")  # of a pattern, the part that matches only itself
_MAKERS = ("from_pretrained", "from_name")  # class methods that make a model
_MOST_KEPT = 20_000  # answers about names
_OURS = ("factories.toml", "calls.toml", "modules.toml")


@dataclass(frozen=True, eq=False)
class Knowledge:
    """All that is known of libraries.  Where two entries name the same thing, that of the project is used, not ours."""

    factories: tuple[Factory, ...]  # the first that describes a call counts
    calls: Mapping[str, Call]  # by dotted name
    modules: Mapping[str, Base]  # by dotted name
    digest: str  # of the files that a project added; empty without any

    def factory(self, name: str, arguments: Sequence[str | None] = ()) -> Factory | None:
        """What is known of the model that ``name`` returns if it is called with ``arguments``, as far as they are known
        to be strings.
        """
        speaking = self._by_name.get(name)
        if speaking is None:
            speaking = tuple(known for known in self.factories if known.speaks_of(name))
            self._by_name[name] = speaking
        return next((known for known in speaking if known.fits(arguments)), None)

    @cached_property
    def _by_name(self) -> dict[str, tuple[Factory, ...]]:
        """The factories that describe a name, for names that were looked up."""
        return {}

    def may_make(self, name: str, attributes: Collection[str] | None) -> bool:
        """Whether something that makes a model may be reached from ``name``, which is imported, by ``attributes``: the
        words behind a dot, ``*`` where one is computed; None if they are not known.
        """
        if name not in self._around:
            inside = any(name.startswith(prefix) for prefix in self._prefixes)
            below = [prefix[len(name) + 1 :] for prefix in self._prefixes if prefix.startswith(f"{name}.")]
            self._around[name] = inside, tuple(sorted({path.rpartition(".")[0] for path in below}))
        inside, packages = self._around[name]
        if inside:
            return any(self._makes(each) for each in (name, *(f"{name}.{attribute}" for attribute in attributes or ())))
        if attributes is None:
            return bool(packages)
        return any(self._is_made_in(f"{name}.{each}" if each else name, each, attributes) for each in packages)

    def _is_made_in(self, package: str, path: str, attributes: Collection[str]) -> bool:
        """Whether ``attributes`` lead along ``path`` to ``package``, and there to something that makes a model."""
        is_on_path = not path or all(step in attributes for step in path.split("."))
        return is_on_path and ("*" in attributes or any(self._makes(f"{package}.{each}") for each in attributes))

    def _makes(self, name: str) -> bool:
        if name not in self._made:
            if len(self._made) >= _MOST_KEPT:
                self._made.clear()
            self._made[name] = any(
                len(each) <= LONGEST and self._any_factory.fullmatch(each) is not None
                for each in (name, *(f"{name}.{maker}" for maker in _MAKERS))
            )
        return self._made[name]

    @cached_property
    def _any_factory(self) -> re.Pattern[str]:
        """Fits what any of the factories is about."""
        return re.compile("|".join(f"(?:{factory.pattern.pattern})" for factory in self.factories) or "(?!)")

    @cached_property
    def _around(self) -> dict[str, tuple[bool, tuple[str, ...]]]:
        """For names that were looked up: whether factories are spelled so, or the packages below in which some are."""
        return {}

    @cached_property
    def _made(self) -> dict[str, bool]:
        return {}

    @cached_property
    def _prefixes(self) -> tuple[str, ...]:
        """How the names of factories begin, as far as these are spelled out."""
        heads = (_LITERAL.match(factory.pattern.pattern) for factory in self.factories)
        return tuple(sorted({head[0].replace("\\", "") for head in heads if head is not None}))

    def has_methods(self, name: str) -> bool:
        """Whether ``name`` is a class of a library with methods that take models, such as a trainer."""
        return name in self._owners

    @cached_property
    def _owners(self) -> frozenset[str]:
        names = [name.rpartition(".")[0] for name in self.calls]
        return frozenset(name for name in names if name.rpartition(".")[2][:1].isupper())

    def runs_in_eval(self, bases: Iterable[str], method: str) -> bool:
        """Whether a library calls ``method`` of a class with these ``bases`` while the module is in eval mode."""
        return any(base in self.modules and method in self.modules[base].in_eval for base in bases)


@cache
def standard() -> Knowledge:
    """What this package comes with."""
    return _joined([(name, read_regular(Path(__file__).with_name(name))) for name in _OURS], "")


@cache
def extended(added: tuple[Path, ...]) -> Knowledge:
    """What this package comes with and what the files ``added`` say.  Raises `KnowledgeError`."""
    if not added:
        return standard()
    read: list[tuple[str, bytes]] = []
    digest = hashlib.blake2b(digest_size=16)
    for path in added:
        try:
            data = read_regular(path, SETTINGS_BYTES)
        except OSError as error:
            raise KnowledgeError(f"knowledge file {path}: {error.strerror or error}") from None
        read.append((f"knowledge file {path}", data))
        digest.update(data + b"\0")
    theirs, ours = _joined(read, digest.hexdigest()), standard()
    return Knowledge(
        theirs.factories + ours.factories,
        {**ours.calls, **theirs.calls},
        {**ours.modules, **theirs.modules},
        theirs.digest,
    )


def _joined(read: Iterable[tuple[str, bytes]], digest: str) -> Knowledge:
    factories: list[Factory] = []
    calls: dict[str, Call] = {}
    modules: dict[str, Base] = {}
    for file, data in read:
        for kind, entry in _entries(file, data):
            if kind == "factory":
                factories.append(entries.factory(entry))
            elif kind == "call":
                calls.update(dict.fromkeys(entry.strings("names"), entries.call(entry)))
            else:
                modules.update(dict.fromkeys(entry.strings("names"), entries.base(entry)))
    return Knowledge(tuple(factories), calls, modules, digest)


def _entries(file: str, data: bytes) -> Iterable[tuple[str, entries.Entry]]:
    try:
        content = read_toml(data)
    except Malformed as error:
        raise KnowledgeError(f"{file} is not valid TOML: {error}") from None
    for kind, tables in content.items():
        entries.check_key(kind, entries.KINDS, file)
        if not isinstance(tables, list):
            raise KnowledgeError(f"{file}: write [[{kind}]], with two brackets, for each entry")
        for number, table in enumerate(tables, 1):
            yield kind, entries.entry(kind, table, file, number)
