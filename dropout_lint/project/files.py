"""The files of a project by path and text, none of them parsed: their places, their imports, their texts.

Everything is found from the importing file's own location, never from the list of files that a run happens to check,
so that editor, hook and command line agree on the same file.  What an answer depends on is recorded, for the cache.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from dropout_lint.io.filenames import absolute
from dropout_lint.knowledge import Knowledge, standard
from dropout_lint.project import facts
from dropout_lint.project.dependencies import DependencyLog, about_modes, about_names
from dropout_lint.project.facts import Fact
from dropout_lint.project.file_store import FileStore
from dropout_lint.project.limits import Limit, Spent
from dropout_lint.project.surroundings import Surroundings
from dropout_lint.project.test_files import holds_tests
from dropout_lint.syntax.extensions import Extended
from dropout_lint.syntax.outline import Outline


class ProjectFiles(Extended):
    """The files around the files under analysis.

    ``knowledge`` is what is known of the libraries that they use.  Whether results are still right is known only if the
    project is ``traced``: it costs some time to remember what each rests on.  ``sharing`` knows the same files already.
    ``unsaved`` is what some files say in an editor, by their canonical names; ``surroundings`` knows already who
    imports whom on disk.
    """

    def __init__(
        self,
        knowledge: Knowledge | None = None,
        *,
        traced: bool = True,
        sharing: ProjectFiles | None = None,
        unsaved: Mapping[str, bytes] | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        super().__init__()
        self.knowledge = standard() if knowledge is None else knowledge
        self.reads: DependencyLog = DependencyLog(kept=traced) if sharing is None else sharing.reads
        self._texts: FileStore = FileStore(self.reads, unsaved) if sharing is None else sharing._texts
        if sharing is not None:
            surroundings = sharing._surroundings
        self._surroundings: Surroundings = surroundings or Surroundings()
        self._paths: dict[str, Path] = {}  # the canonical path of each file, by the name that it goes by
        self._homes: dict[str, str] = {}  # by the same name, its folder
        self._limits: dict[Path, dict[Limit, None]] = {}
        self._last_text = ("", "", False)  # the last query of `is_on_disk`, and its answer

    def path(self, filename: str) -> Path:
        """The canonical path of the file called ``filename``."""
        if filename not in self._paths:
            self._paths[filename] = Path(absolute(filename))
        return self._paths[filename]

    def place(self, filename: str) -> str:
        """The place of the file called ``filename`` in its project: its path without the folders around the project."""
        path, folder = str(self.path(filename)), self._home(filename)
        root = self._surroundings.root(folder)
        for question in (about_names(path), about_modes(path)):
            self.reads.note(question, facts.root(folder, root))
        return path[len(root) :].lstrip(os.sep)

    def is_test(self, filename: str, text: str) -> bool:
        """Whether the file called ``filename``, which says ``text``, holds tests."""
        return holds_tests(self.place(filename), text)

    def is_on_disk(self, filename: str, text: str) -> bool:
        """Whether ``text`` is what the file called ``filename`` says on disk."""
        last, said, answer = self._last_text
        if last != filename or said is not text:  # each mode rule needs it for each file
            answer = self.text(self.path(filename)) == text
            self._last_text = filename, text, answer
        return answer

    def text(self, path: Path) -> str:
        """The text of the file at ``path``, unparsed; empty if it cannot be read."""
        return self._texts.outline(path).text

    def outline(self, path: Path) -> Outline:
        """The outline of the file at ``path``; empty if it cannot be read."""
        return self._texts.outline(path)

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

    def module_path(self, filename: str, dotted: str, question: str | None = None) -> Path | None:
        """The file of the module that ``dotted`` means in the file called ``filename``; None if it is not found.

        The answer counts as read for ``question`` (None: what the names in the file mean).
        """
        folder = self._home(filename)
        found, word = self._surroundings.module(folder, dotted)
        if self.reads.kept:
            self.reads.led(question or about_names(self.path(filename)), folder, word, found)
        return found

    def dependencies(self, filename: str) -> tuple[Fact, ...]:
        """What all that is known of ``filename`` depends on: a cached result for it holds as long as this does."""
        return self.reads.dependencies(str(self.path(filename))) if self.reads.kept else ()

    def spent(self, path: Path, budget: Spent) -> None:
        """Record that ``budget`` ended an analysis of the file at ``path``."""
        self.note_limits(path, [Limit(str(path), 0, budget)])

    def note_limits(self, path: Path, limits: Iterable[Limit]) -> None:
        """Record that ``limits`` ended an analysis of the file at ``path``."""
        self._limits.setdefault(path, {}).update(dict.fromkeys(limits))

    def limits(self, filename: str) -> tuple[Limit, ...]:
        """The budgets that ended an analysis of the file called ``filename``."""
        return tuple(self._limits.get(self.path(filename), ()))

    def _home(self, filename: str) -> str:
        """The folder of the file called ``filename``."""
        folder = self._homes.get(filename)
        if folder is None:
            folder = self._homes[filename] = os.path.dirname(self.path(filename))
        return folder
