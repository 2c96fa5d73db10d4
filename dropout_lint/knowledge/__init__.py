"""Facts about other libraries, as data: TOML files, ours beside this module and those that a project adds."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING

from dropout_lint.io.opening import SETTINGS_BYTES, read_regular
from dropout_lint.knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from pathlib import Path

    from dropout_lint.knowledge.entries import Base, Call, Factory
    from dropout_lint.knowledge.reading import Read

__all__ = ["Knowledge", "KnowledgeError", "extended", "standard"]

_LITERAL = re.compile(r"(?:\w|\\[.])*")  # of a pattern, the part that matches only itself
_MAKERS = ("from_pretrained", "from_name")  # class methods that make a model
_MOST_KEPT = 20_000  # answers about names
_FACTORIES, _CALLS, _MODULES = "factories.toml", "calls.toml", "modules.toml"


class Knowledge:
    """All that is known of libraries.  Where two entries name the same thing, that of the project is used, not ours.

    ``added`` is what the files that a project adds say, and ``digest`` one of their content; empty without any.  Our
    own files are read at the first question that needs them: most code asks for nothing in them.
    """

    def __init__(self, added: Read | None = None, digest: str = "") -> None:
        self._added = added
        self.digest = digest

    @cached_property
    def factories(self) -> tuple[Factory, ...]:
        """What makes models; the first that describes a call counts."""
        ours = _ours(_FACTORIES).factories
        return ours if self._added is None else self._added.factories + ours

    @cached_property
    def calls(self) -> Mapping[str, Call]:
        """What takes models, by dotted name."""
        ours = _ours(_CALLS).calls
        return ours if self._added is None else {**ours, **self._added.calls}

    @cached_property
    def modules(self) -> Mapping[str, Base]:
        """Classes that are modules, by dotted name."""
        ours = _ours(_MODULES).modules
        return ours if self._added is None else {**ours, **self._added.modules}

    def module(self, name: str) -> Base | None:
        """What is known of the class ``name``, if it is a module of a library."""
        if self._added is None and f'"{name}"'.encode() not in _content(_MODULES):
            return None  # nearly always it is `torch.nn.Module`: there is no need to parse the file
        return self.modules.get(name)

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
            names = (name, *(f"{name}.{maker}" for maker in _MAKERS))
            heads = [head for head in self._by_head if any(each.startswith(head) for each in names)]
            near = [factory for head in heads for factory in self._by_head[head]]
            self._made[name] = any(factory.speaks_of(each) for factory in near for each in names)
        return self._made[name]

    @cached_property
    def _by_head(self) -> dict[str, list[Factory]]:
        """The factories, by how their names begin, as far as that is spelled out."""
        found: dict[str, list[Factory]] = {}
        for factory in self.factories:
            head = _LITERAL.match(factory.pattern.pattern)
            found.setdefault("" if head is None else head[0].replace("\\", ""), []).append(factory)
        return found

    @cached_property
    def _around(self) -> dict[str, tuple[bool, tuple[str, ...]]]:
        """For names that were looked up: whether factories are spelled so, or the packages below in which some are."""
        return {}

    @cached_property
    def _made(self) -> dict[str, bool]:
        return {}

    @cached_property
    def _prefixes(self) -> tuple[str, ...]:
        """How the names of factories begin."""
        return tuple(sorted(self._by_head))

    def has_methods(self, name: str) -> bool:
        """Whether ``name`` is a class of a library with methods that take models, such as a trainer."""
        return name in self._owners

    @cached_property
    def _owners(self) -> frozenset[str]:
        names = [name.rpartition(".")[0] for name in self.calls]
        return frozenset(name for name in names if name.rpartition(".")[2][:1].isupper())

    def runs_in_eval(self, bases: Iterable[str], method: str) -> bool:
        """Whether a library calls ``method`` of a class with these ``bases`` while the module is in eval mode."""
        return any(known is not None and method in known.in_eval for known in map(self.module, bases))


@cache
def standard() -> Knowledge:
    """What this package comes with."""
    return Knowledge()


@cache
def extended(added: tuple[Path, ...]) -> Knowledge:
    """What this package comes with and what the files ``added`` say.  Raises `KnowledgeError`."""
    if not added:
        return standard()
    import hashlib

    from dropout_lint.knowledge.reading import read

    files: list[tuple[str, bytes]] = []
    digest = hashlib.blake2b(digest_size=16)
    for path in added:
        try:
            data = read_regular(path, SETTINGS_BYTES)
        except OSError as error:
            raise KnowledgeError(f"knowledge file {path}: {error.strerror or error}") from None
        files.append((f"knowledge file {path}", data))
        digest.update(data + b"\0")
    return Knowledge(read(files), digest.hexdigest())


@cache
def _content(name: str) -> bytes:
    return read_regular(os.path.join(os.path.dirname(__file__), name))


@cache
def _ours(name: str) -> Read:
    from dropout_lint.knowledge.reading import read  # here, because it imports parsers that most files need not

    return read([(name, _content(name))], are_ours=True)
