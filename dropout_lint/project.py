"""The files around one file: where an import leads, and what is defined there.

Everything is found from the importing file's own location, never from the list of files that a run happens to check,
so that editor, hook and command line agree on the same file.  Files are read and parsed when somebody asks, at most
once, and never imported.
"""

from __future__ import annotations

import ast
import os
from pathlib import Path
from typing import TYPE_CHECKING

from dropout_lint.folders import Folders
from dropout_lint.importers import IMPORTS, ImportIndex, is_too_large, project_root
from dropout_lint.knowledge import Knowledge, standard
from dropout_lint.limits import Limit, Spent
from dropout_lint.parsing import parse_in_part
from dropout_lint.reads import Reads, about_names
from dropout_lint.scopes import BindingKind, Function
from dropout_lint.source import Source
from dropout_lint.texts import Texts

if TYPE_CHECKING:
    from dropout_lint.mode_reach import Outline, Reach
    from dropout_lint.mode_records import Records
    from dropout_lint.typestate.relevance import Relevance

_MOST_STEPS = 8  # re-exports to follow: `from .layers import Block` in one `__init__.py` after the other
_MOST_KEPT = 20_000_000  # characters of files to keep from one to the next; about half of them is parsed
_MOST_MENTIONED = 15_000_000  # characters of files of which is kept what they mention
_MOST_STARS = 40  # star imports of one file to look through for a name

Definition = tuple[Source, ast.ClassDef | Function]


class Project:
    """The files that the files under analysis import.  One for each process: it keeps what it has parsed.

    ``knowledge`` is what is known of the libraries that they use.  Whether results are still right is known only if the
    project is ``traced``: it costs some time to remember what each rests on.
    """

    def __init__(self, knowledge: Knowledge | None = None, *, traced: bool = True) -> None:
        self.knowledge = standard() if knowledge is None else knowledge
        self._sources: dict[Path, Source | None] = {}
        self._size = 0  # characters of what is parsed
        self._definitions: dict[tuple[str, str], Definition | None] = {}  # they hold parsed files: trimmed with them
        self._folders = Folders()
        self._paths: dict[str, Path] = {}  # the absolute path of each file, by the name that it goes by
        self._homes: dict[str, str] = {}  # likewise, its folder
        self.reads = Reads(kept=traced)
        self._texts = Texts(self.reads)
        self._indexes: dict[Path, ImportIndex] = {}
        self._indexes_around: dict[str, ImportIndex] = {}  # by the folder of a file
        self._large: dict[Path, bool] = {}
        self._narrowed: set[str] = set()  # folders around which only a part of the project is searched
        self._places: dict[tuple[str, str], tuple[Path | None, tuple[str, ...]]] = {}
        self.mode_records: dict[tuple[Path, frozenset[int]], Records] = {}  # kept by `mode_programs`
        self.mode_programs: dict[tuple[Path, bool], tuple[Records, ...]] = {}  # likewise
        self.mode_starts: dict[Path, Reach] = {}  # likewise
        self.mode_makers: dict[Path, frozenset[int]] = {}  # likewise
        self.mode_roots: dict[Path, frozenset[int]] = {}  # likewise
        self.mode_reaches: dict[tuple[Path, int], Reach] = {}  # likewise
        self.mode_outlines: dict[Path, Outline] = {}  # likewise
        self.mode_limits: dict[Path, dict[Limit, None]] = {}  # likewise
        self.mode_imports: dict[Path, tuple[Path, ...]] = {}  # likewise
        self.mode_relevance: Relevance | None = None  # kept by `typestate.idling`
        self._last_text = ("", "", False)  # asked of `is_on_disk`, and the answer
        self._sibling: Project | None = None

    @property
    def sibling(self) -> Project:
        """A project that knows what this one knows of files, and parses them for itself.

        Whoever looks through many files for the sake of one uses it: `trim` of the sibling takes nothing from others.
        """
        if self._sibling is None:
            self._sibling = Project(self.knowledge)
            for name in (
                "_folders",
                "reads",
                "_texts",
                "_indexes",
                "_indexes_around",
                "_large",
                "_narrowed",
                "_places",
            ):
                setattr(self._sibling, name, getattr(self, name))
        return self._sibling

    def path(self, filename: str) -> Path:
        """The absolute path of the file called ``filename``."""
        if filename not in self._paths:
            self._paths[filename] = Path(filename).absolute()
        return self._paths[filename]

    def is_on_disk(self, filename: str, text: str) -> bool:
        """Whether ``text`` is what the file called ``filename`` says on disk."""
        last, said, answer = self._last_text
        if last != filename or said is not text:  # each mode rule asks for each file
            path = self.path(filename)
            self.reads.add(filename, [path])
            answer = self.text(path) == text
            self._last_text = filename, text, answer
        return answer

    def importers(self, filename: str) -> tuple[Path, ...]:
        """The files of the project that may import the file called ``filename``; whoever begins to do so is noticed."""
        index = self._index(filename)
        path = self.path(filename)
        found = index.importers(path)
        if path in index.hubs:
            self.spent(path, Spent.IMPORTERS)
        if self._home(filename) in self._narrowed:
            self.spent(path, Spent.PROJECT)
        self.reads.seen(index.root / IMPORTS, index.imports)
        self.reads.add(filename, [index.root, index.root / IMPORTS, *found])
        return tuple(found)

    def _index(self, filename: str) -> ImportIndex:
        folder = self._home(filename)
        if folder not in self._indexes_around:
            path = self.path(filename)
            marked = next((root for root in self._folders.roots(path.parent) if self._folders.is_marked(root)), None)
            root = project_root(path, marked, self._is_large)
            if marked not in (None, root) and self._is_large(marked):
                self._narrowed.add(folder)
            if root not in self._indexes:
                self._indexes[root] = ImportIndex(root, self._place)
                self.reads.seen(root, self._indexes[root].listing)
            self._indexes_around[folder] = self._indexes[root]
        return self._indexes_around[folder]

    def _home(self, filename: str) -> str:
        """The folder of the file called ``filename``."""
        folder = self._homes.get(filename)
        if folder is None:
            is_plain = os.path.isabs(filename) and os.path.normpath(filename) == filename  # nearly always, and quicker
            folder = self._homes[filename] = os.path.dirname(filename if is_plain else self.path(filename))
        return folder

    def _is_large(self, root: Path) -> bool:
        if root not in self._large:
            self._large[root] = is_too_large(root)
        return self._large[root]

    def source(self, path: Path) -> Source | None:
        """The file at ``path``, parsed in part; None if it cannot be."""
        if path in self._sources:
            return self._sources[path]
        parsed: Source | None = None
        data = self._texts.read(path)
        if data:
            try:
                text = data.decode("utf-8-sig")
                parsed = Source(str(path), text, parse_in_part(text), self)
                self._size += len(text)
            except (SyntaxError, UnicodeDecodeError, RecursionError, MemoryError):
                parsed = None  # nothing is known of it: whoever asks stays silent
        self._sources[path] = parsed
        return parsed

    def text(self, path: Path) -> str:
        """The text of the file at ``path``, unparsed; empty if it cannot be read."""
        return self._texts.text(path)

    def definition(self, source: Source, dotted: str, steps: int = _MOST_STEPS) -> Definition | None:
        """The class or function that ``dotted``, as `Names.resolve` gives it, means in ``source``; None if it is not
        found.
        """
        key = (source.filename, dotted)
        if steps == _MOST_STEPS and key in self._definitions:
            return self._definitions[key]
        module, attributes = self.split(source, dotted)
        found = None
        if module is not None and len(attributes) == 1 and steps != 0:
            found = self._exported(module, attributes[0], steps, set())
        if steps == _MOST_STEPS:
            self._definitions[key] = found
        return found

    def dependencies(self, filename: str) -> tuple[tuple[str, str | None], ...]:
        """The files that what is known of ``filename`` rests on, with a digest of each; None: it was missed.

        A cached result for ``filename`` holds as long as these are as they were.
        """
        return self.reads.dependencies(filename)

    def spent(self, path: Path, budget: Spent) -> None:
        """Note that ``budget`` ended what was asked of the file at ``path``."""
        self.mode_limits.setdefault(path, {})[Limit(str(path), 0, budget)] = None

    def limits(self, filename: str) -> tuple[Limit, ...]:
        """The budgets that ended what was asked in the file called ``filename``."""
        return tuple(self.mode_limits.get(self.path(filename), ()))

    def trim(self) -> None:
        """Let go of parsed files if there are many.  To be called between two files, when nobody holds on to any."""
        mentioned = 0 if self.mode_relevance is None else self.mode_relevance.mentioned.size
        if self._size > _MOST_KEPT or mentioned > _MOST_MENTIONED:
            self._size = 0
            if self.mode_relevance is not None and mentioned > _MOST_MENTIONED:
                self.mode_relevance.mentioned.release()
                self.mode_relevance = None
            for source in self._sources.values():
                if source is not None:
                    source.release()
            self._sources.clear()
            self._definitions.clear()

    def _exported(self, module: Source, name: str, steps: int, seen: set[str]) -> Definition | None:
        """What ``name`` means at the end of ``module``.  ``seen`` are the files that were asked already: stars lead to
        the same file on many ways.
        """
        seen.add(module.filename)
        bindings = module.names.bindings_in(module.tree)
        found = bindings.by_name.get(name, ())
        if len(found) == 1:
            binding = found[0]
            if isinstance(binding.node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                return module, binding.node
            if binding.kind is BindingKind.IMPORT and binding.dotted is not None:
                return self.definition(module, binding.dotted, steps - 1)
            return None
        if found:
            return None
        if len(bindings.star_imports) > _MOST_STARS:
            return None  # a library that stars all that it has: each file would be parsed for one name
        for star in bindings.star_imports:
            starred = self.module(module, star)
            if starred is None or steps == 0 or starred.filename in seen:
                continue
            exported = self._exported(starred, name, steps - 1, seen)
            if exported is not None:
                return exported
        return None

    def split(self, source: Source, dotted: str) -> tuple[Source | None, tuple[str, ...]]:
        """The longest prefix of ``dotted`` that is a module, and the attributes after it."""
        level = len(dotted) - len(dotted.lstrip("."))
        parts = dotted[level:].split(".")
        for length in range(len(parts), 0 if level == 0 else -1, -1):
            module = self.module(source, "." * level + ".".join(parts[:length]))
            if module is not None:
                return module, tuple(parts[length:])
        return None, ()

    def module_path(self, filename: str, dotted: str, question: str | None = None) -> Path | None:
        """The file of the module that ``dotted`` means in the file called ``filename``; None if it is not found.

        The answer counts as read for ``question`` (None: what the names in the file mean).
        """
        found, read = self._placed(self._home(filename), dotted)
        if read and self.reads.kept:
            self.reads.add(question or about_names(filename), read)
        return found

    def _placed(self, folder: str, dotted: str) -> tuple[Path | None, tuple[str, ...]]:
        key = (folder, dotted)
        known = self._places.get(key)
        if known is None:
            known = self._places[key] = self._folders.place(*key)
        return known

    def _place(self, folder: str, dotted: str) -> Path | None:
        return self._placed(folder, dotted)[0]

    def module(self, source: Source, dotted: str) -> Source | None:
        """The file that ``dotted`` means in ``source``; None if it is none of the project."""
        path = self.module_path(source.filename, dotted)
        if path is None:
            return None
        self.reads.add(about_names(source.filename), [about_names(path)])
        return self.source(path)
