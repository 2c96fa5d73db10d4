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

from dropout_lint import facts
from dropout_lint.facts import Fact
from dropout_lint.filenames import absolute
from dropout_lint.knowledge import Knowledge, standard
from dropout_lint.limits import Limit, Spent
from dropout_lint.names import names_of
from dropout_lint.nodes import Function
from dropout_lint.parsing import parse_in_part
from dropout_lint.reads import Reads, about_modes, about_names
from dropout_lint.scopes import BindingKind
from dropout_lint.source import Source
from dropout_lint.surroundings import Surroundings
from dropout_lint.testfiles import holds_tests
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
        self._surroundings = Surroundings()
        self._paths: dict[str, Path] = {}  # the canonical path of each file, by the name that it goes by
        self._homes: dict[str, str] = {}  # likewise, its folder
        self.reads = Reads(kept=traced)
        self._texts = Texts(self.reads)
        self.mode_records: dict[tuple[Path, frozenset[int]], Records] = {}  # kept by `mode_programs`
        self.mode_programs: dict[tuple[Path, bool], tuple[Records, ...]] = {}  # likewise
        self.mode_starts: dict[Path, Reach] = {}  # likewise
        self.mode_makers: dict[Path, frozenset[int]] = {}  # likewise
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
            for name in ("_surroundings", "reads", "_texts"):
                setattr(self._sibling, name, getattr(self, name))
        return self._sibling

    def path(self, filename: str) -> Path:
        """The canonical path of the file called ``filename``."""
        if filename not in self._paths:
            self._paths[filename] = Path(absolute(filename))
        return self._paths[filename]

    def place(self, filename: str) -> str:
        """Where in its project the file called ``filename`` lies: its name without the folders around the project."""
        path, folder = str(self.path(filename)), self._home(filename)
        root = self._surroundings.root(folder)
        for question in (about_names(path), about_modes(path)):
            self.reads.note(question, facts.root(folder, root))
        return path[len(root) :].lstrip(os.sep)

    def is_on_disk(self, filename: str, text: str) -> bool:
        """Whether ``text`` is what the file called ``filename`` says on disk."""
        last, said, answer = self._last_text
        if last != filename or said is not text:  # each mode rule asks for each file
            answer = self.text(self.path(filename)) == text
            self._last_text = filename, text, answer
        return answer

    def importers(self, filename: str, question: str | None = None) -> tuple[Path, ...]:
        """The files of the project that may import the file called ``filename``.

        They count as read for ``question`` (None: what the names in the file mean).
        """
        path = self.path(filename)
        found = tuple(self._surroundings.importers(path))
        if self._surroundings.is_hub(path):
            self.spent(path, Spent.IMPORTERS)
        if self._surroundings.is_narrowed(self._home(filename)):
            self.spent(path, Spent.PROJECT)
        question = question or about_names(path)
        self.reads.note(question, facts.importers(str(path), found))
        self.reads.add(question, found)
        return found

    def modules_beside(self, filename: str, below: str = "") -> tuple[str, ...]:
        """What of the files and folders beside the file called ``filename`` can be imported, by name; or of those in a
        folder ``below``, with dots between the names.
        """
        folder = os.path.join(self._home(filename), *filter(None, below.split(".")))
        found = self._surroundings.modules(folder)
        self.reads.note(about_names(self.path(filename)), facts.modules(folder, found))
        return found

    def _home(self, filename: str) -> str:
        """The folder of the file called ``filename``."""
        folder = self._homes.get(filename)
        if folder is None:
            folder = self._homes[filename] = os.path.dirname(self.path(filename))
        return folder

    def is_test(self, filename: str, text: str) -> bool:
        """Whether the file called ``filename``, which says ``text``, holds tests."""
        return holds_tests(self.place(filename), text)

    def source(self, path: Path) -> Source | None:
        """The file at ``path``, parsed in part; None if it cannot be."""
        if path in self._sources:
            return self._sources[path]
        parsed: Source | None = None
        data = self._texts.read(path)
        if data:
            try:
                text = data.decode("utf-8-sig")
                parsed = self.open(str(path), text, parse_in_part(text))
                self._size += len(text)
            except (SyntaxError, UnicodeDecodeError, RecursionError, MemoryError):
                parsed = None  # nothing is known of it: whoever asks stays silent
        self._sources[path] = parsed
        return parsed

    def open(self, filename: str, text: str, tree: ast.Module | None = None) -> Source:
        """A source that this project is around: ``text``, under the name ``filename``.

        ``tree`` is its tree, if that is there already; otherwise what `parse` raises is raised.
        """
        source = Source(filename, text, tree, self.knowledge)
        source.attach(Project, self)
        return source

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

    def dependencies(self, filename: str) -> tuple[Fact, ...]:
        """What all that is known of ``filename`` rests on: a cached result for it holds as long as this does."""
        return self.reads.dependencies(str(self.path(filename))) if self.reads.kept else ()

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
        bindings = names_of(module).bindings_in(module.tree)
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
        folder = self._home(filename)
        found, word = self._surroundings.module(folder, dotted)
        if self.reads.kept:
            self.reads.led(question or about_names(self.path(filename)), folder, word, found)
        return found

    def module(self, source: Source, dotted: str) -> Source | None:
        """The file that ``dotted`` means in ``source``; None if it is none of the project."""
        path = self.module_path(source.filename, dotted)
        if path is None:
            return None
        self.reads.add(about_names(self.path(source.filename)), [about_names(path)])
        return self.source(path)


def is_test(source: Source) -> bool:
    """Whether ``source`` holds tests.  Without a project nobody knows where one begins: a relative name counts whole,
    of an absolute one the last part.
    """
    return source.extension(_holds_tests)


def _holds_tests(source: Source) -> bool:
    project = project_of(source)
    if project is not None:
        return project.is_test(source.filename, source.text)
    name = source.filename
    return holds_tests(os.path.basename(name) if os.path.isabs(name) else name, source.text)


def module_of(source: Source, dotted: str) -> Source | None:
    """The file that ``dotted`` means in ``source``; None if it is none of the project, or there is no project."""
    project = project_of(source)
    return None if project is None else project.module(source, dotted)


def project_of(source: Source) -> Project | None:
    """The project around ``source``; None if only the file itself is known."""
    return source.attached(Project)
