"""Can a call have anything to do with a model?  Most of a program loads data, parses options and draws bars.

A function that mentions no layer whose mode matters, switches nothing, trains nothing and ends no program, and reaches
no code that does, is *irrelevant*: following it would show nothing about models, and what it returns is none.  The
words in the code decide, so that files of which nothing matters are not even parsed.
"""

from __future__ import annotations

from functools import partial

from dropout_lint.knowledge import Knowledge
from dropout_lint.project.call_graph import CallGraph, Query
from dropout_lint.project.symbol_links import SymbolIndex
from dropout_lint.project.symbols import ClassUnit, CodeUnit
from dropout_lint.semantic.classes import ClassModel
from dropout_lint.syntax.source import SourceFile
from dropout_lint.typestate.roots.indicators import acts, makes_a_module
from dropout_lint.typestate.roots.module_makers import ConstructorSearch

_MOST_CODE = 60
"""Code units.  A function that reaches more is rarely irrelevant, and to find out costs more than to follow it."""

_MOST_MENTIONED = 15_000_000  # characters of files whose symbols are kept

Names = frozenset[tuple[str, str]]
"""Names of the top level, each with its file."""


class Relevance:
    """Which functions are irrelevant to modes; earlier answers are kept."""

    def __init__(self, mentioned: SymbolIndex, knowledge: Knowledge) -> None:
        self.mentioned = mentioned
        self._call_graph = CallGraph(mentioned, partial(_is_wanted, knowledge))
        self._names: dict[Query, Names | None] = {}
        self.makers = ConstructorSearch(mentioned, knowledge)

    @property
    def outgrown(self) -> bool:
        """Whether more is kept than one wants to keep from one file to the next."""
        return self.mentioned.size > _MOST_MENTIONED

    def release_from(self, owner: object) -> None:
        """Cut the cycles in what is kept."""
        self.mentioned.release()

    def of_function(
        self, source: SourceFile, name: str, line: int, owner: ClassModel | None, receiver: ClassModel | None
    ) -> Names | None:
        """The top-level names that must resolve to nothing that matters, if the function called ``name`` on ``line`` of
        ``source`` is irrelevant; None if it is not.

        ``owner`` is its class, if it is a method, and ``receiver`` that of the object that it is called on.
        """
        body = self.mentioned.file(source.filename).body_at(name, line, owner.node.name if owner is not None else "")
        classes = [self._class(each) for each in dict.fromkeys((owner, receiver)) if each is not None]
        if body is None or None in classes:
            return None
        return self._answer((body, tuple(each for each in classes if each is not None)))

    def of_class(self, facts: ClassModel) -> Names | None:
        """The same for all that objects of a class can do."""
        known = self._class(facts)
        return None if known is None else self._answer((known.body, (known,)))

    def _class(self, facts: ClassModel) -> ClassUnit | None:
        known = self.mentioned.file(facts.source.filename).classes.get(facts.node.name)
        return known if known is not None and known.body.line == facts.node.lineno else None

    def _answer(self, query: Query) -> Names | None:
        if query not in self._names:
            start, classes = query
            seen = self._call_graph.closure_unless([start], classes, _MOST_CODE)
            names = (
                None if seen is None else frozenset((body.home.filename, body.name) for body in seen if not body.line)
            )
            self._names[query] = names
        return self._names[query]


def _is_wanted(knowledge: Knowledge, body: CodeUnit) -> bool:
    return acts(body) or makes_a_module(body, knowledge)
