"""What a module exports: the one place that follows star imports and re-exports from file to file.

The search is breadth-first and never looks at one name of one file twice, so it ends for files that import each other
by star.  A name is resolved if all exports of it agree: which of two star imports runs last may be decided by an
`except ImportError`.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

from dropout_lint.knowledge.torch_api import STAR_EXPORTS, canonical, handed_on_by_star, star_may_export
from dropout_lint.semantic.names import StarImports, names_of
from dropout_lint.syntax.extensions import Table
from dropout_lint.syntax.scopes import BindingKind
from dropout_lint.syntax.source import SourceFile

_MOST_FOLLOWED = 40  # files to look at for one name: else a library of star imports would be parsed whole for each
_BUILTINS = frozenset(dir(builtins))
_WITHOUT_LAYERS = sys.stdlib_module_names | {"numpy", "scipy", "pandas", "matplotlib", "pylab", "PIL", "tqdm", "einops"}
"""Packages with nothing that is called as what this tool looks for in torch: their stars hide nothing."""


class Export(NamedTuple):
    """Where a name gets its value: it is bound in ``source`` as ``name``.

    ``dotted`` is what is imported there, if that is no name of a file of the project: a library's, or a whole module.
    """

    source: SourceFile
    name: str
    dotted: str | None = None

    @property
    def is_of_library(self) -> bool:
        """Whether it is called ``dotted`` in whatever file."""
        return self.dotted is not None and not self.dotted.startswith(".")


class Found(NamedTuple):
    """All that a name may mean; not certain if some star import, of a file that is not found, may export it too."""

    exports: tuple[Export, ...]
    is_certain: bool

    @property
    def export(self) -> Export | None:
        """What the name means; None if nothing is found, or several things are."""
        return self.exports[0] if len(self.exports) == 1 else None


class _Kept(Table[str, Found]):
    """What names mean at the end of a file."""


class _Starred(Table[str, "SourceFile | None"]):
    """The files of which a file has star imports, by the names that it gives them; None for one that is not found.

    Star imports of torch, and of packages that have no classes that matter here, are left out.
    """


class Exports(StarImports):
    """Follows names through the files that ``module`` finds: it takes a file and the dotted name of an import in it."""

    def __init__(self, module: Callable[[SourceFile, str], SourceFile | None]) -> None:
        self._module = module

    def find(self, source: SourceFile, name: str) -> Found:
        """What ``name`` means at the end of ``source``: bound there, imported, or let in by a star."""
        kept = source.extension(_Kept)
        if name not in kept:
            kept[name] = self._find(source, name)
        return kept[name]

    def of(self, source: SourceFile, dotted: str) -> Export | None:
        """What ``dotted``, imported into ``source``, means; None if it is no name of a module of the project."""
        module, attributes = self.split(source, dotted)
        return None if module is None or len(attributes) != 1 else self.find(module, attributes[0]).export

    def meaning(self, source: SourceFile, name: str) -> str | None:
        """See `StarImports`."""
        if name in _BUILTINS:
            return None  # what a star import makes of `print` does not matter, and most unbound names are such
        starred = self._starred(source)
        if None in starred.values():
            return None
        found = self.find(source, name)
        export = found.export
        if export is None or not found.is_certain or names_of(export.source).rebound_from_below(export.name):
            return None
        if export.is_of_library and export.dotted is not None and self.split(export.source, export.dotted)[0] is None:
            return export.dotted
        for star, file in starred.items():
            if file is not None and _lets_out(file, name) and export in self.find(file, name).exports:
                return _joined(star, name)
        return None

    def reexported(self, source: SourceFile, dotted: str) -> str | None:
        """See `StarImports`."""
        module, attributes = self.split(source, dotted)
        found = self.find(module, attributes[0]) if module is not None and len(attributes) == 1 else None
        export = None if found is None or not found.is_certain else found.export
        if export is None or not export.is_of_library or names_of(export.source).rebound_from_below(export.name):
            return None
        return None if self.split(export.source, export.dotted or "")[0] is not None else export.dotted

    def split(self, source: SourceFile, dotted: str) -> tuple[SourceFile | None, tuple[str, ...]]:
        """The longest prefix of ``dotted`` that is a module, and the attributes after it."""
        level = len(dotted) - len(dotted.lstrip("."))
        parts = dotted[level:].split(".")
        for length in range(len(parts), 0 if level == 0 else -1, -1):
            module = self._module(source, "." * level + ".".join(parts[:length]))
            if module is not None:
                return module, tuple(parts[length:])
        return None, ()

    def _find(self, source: SourceFile, name: str) -> Found:
        todo, seen = [(source, name)], {(source.filename, name)}
        ends: dict[object, Export] = {}
        is_certain = True
        for file, said in todo:
            bindings = names_of(file).bindings_in(file.tree)
            own = tuple(binding for binding in bindings.by_name.get(said, ()) if not binding.is_none)
            if own:
                dotted = own[0].dotted if len(own) == 1 and own[0].kind is BindingKind.IMPORT else None
                next_ = None if dotted is None else self._led_to(file, dotted)
                if next_ is None:
                    end = Export(file, said, None if dotted is None else canonical(dotted))
                    ends[end.dotted if end.is_of_library else (file.filename, said)] = end
                elif (key := (next_[0].filename, next_[1])) not in seen:
                    seen.add(key)
                    todo.append(next_)
                continue
            if len(seen) - 1 + len(bindings.star_imports) > _MOST_FOLLOWED:
                return Found((), False)
            exporting = [star for star in bindings.star_imports if said in STAR_EXPORTS.get(star, ())]
            handed_on = [
                torch for star in bindings.star_imports if (torch := handed_on_by_star(star, said)) is not None
            ]
            if exporting or handed_on:
                dotted = canonical(f"{exporting[-1]}.{said}") if exporting else handed_on[0]
                ends[dotted] = Export(file, said, dotted)
            elif any(star in STAR_EXPORTS and star_may_export(star, said) for star in bindings.star_imports):
                is_certain = False
            for star, starred in self._starred(file).items() if bindings.star_imports else ():
                if starred is None:
                    is_certain &= handed_on_by_star(star, said) is not None
                elif (starred.filename, said) not in seen and _lets_out(starred, said):
                    seen.add((starred.filename, said))
                    todo.append((starred, said))
        return Found(tuple(ends.values()), is_certain)

    def _starred(self, source: SourceFile) -> _Starred:
        known = source.attached(_Starred)
        if known is None:
            known = source.extension(_Starred)
            for star in names_of(source).bindings_in(source.tree).star_imports:
                file = None if star in STAR_EXPORTS else self._module(source, star)
                if file is not None or not (star in STAR_EXPORTS or star.partition(".")[0] in _WITHOUT_LAYERS):
                    known[star] = file
        return known

    def _led_to(self, source: SourceFile, dotted: str) -> tuple[SourceFile, str] | None:
        """The file of the project and the name in it that ``dotted``, imported into ``source``, is; None if none."""
        if dotted.startswith("torch."):
            return None
        module, attributes = self.split(source, dotted)
        return None if module is None or len(attributes) != 1 else (module, attributes[0])


class _Listed:
    """What a file says in ``__all__``: None without one, and where only running it shows what is in it."""

    def __init__(self, source: SourceFile) -> None:
        found = names_of(source).bindings_in(source.tree).by_name.get("__all__", ())
        self.is_there = bool(found)
        self.names: frozenset[str] | None = None
        value = found[0].value if len(found) == 1 else None
        if isinstance(value, (ast.List, ast.Tuple)) and all(isinstance(item, ast.Constant) for item in value.elts):
            if not any(_changes_list(node) for node in source.tree.body):
                self.names = frozenset(_strings(value))


def _strings(display: ast.List | ast.Tuple) -> Iterator[str]:
    for item in display.elts:
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            yield item.value


def _changes_list(statement: ast.stmt) -> bool:
    """Whether ``statement`` is ``__all__.extend(...)`` or the like, or may hold one."""
    if isinstance(statement, (ast.If, ast.Try, ast.For, ast.While, ast.With)):
        return any(isinstance(part, ast.Name) and part.id == "__all__" for part in ast.walk(statement))
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return False
    called = statement.value.func
    return isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "__all__"


def _lets_out(module: SourceFile, name: str) -> bool:
    """Whether a star import of ``module`` binds ``name``, if that is bound there."""
    listed = module.extension(_Listed)
    if listed.names is not None:
        return name in listed.names
    return listed.is_there or not name.startswith("_")


def _joined(module: str, name: str) -> str:
    return f"{module}{name}" if module.endswith(".") else f"{module}.{name}"
