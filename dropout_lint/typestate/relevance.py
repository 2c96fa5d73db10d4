"""Can a call have anything to do with a model?  Most of a program loads data, parses options and draws bars.

A function that mentions no layer whose mode matters, switches nothing, trains nothing and ends no program, nor leads to
code that does, is *idle*: following it would tell nothing about models, and what it returns is none.  The words in the
code decide, so that files of which nothing matters are not even parsed.
"""

from __future__ import annotations

from collections.abc import Iterator

from dropout_lint.classes import ClassFacts
from dropout_lint.knowledge import Knowledge
from dropout_lint.mentioned import Mentioned
from dropout_lint.mentions import Body, Class, Mentions
from dropout_lint.source import Source
from dropout_lint.typestate.libraries import TELLING_ATTRIBUTES, TELLING_NAMES

_Question = tuple[Body, "tuple[Class, ...]"]  # a piece of code, and the classes of what it is called on
Names = frozenset[tuple[str, str]]
"""Names of the top level, each with its file."""


class Relevance:
    """Which functions are idle, as far as that was asked."""

    def __init__(self, mentioned: Mentioned, knowledge: Knowledge) -> None:
        self._mentioned = mentioned
        self._knowledge = knowledge
        self._telling: dict[Body, bool] = {}
        self._idle: dict[_Question, Names] = {}
        self._relevant: set[_Question] = set()

    def of_function(
        self, source: Source, name: str, line: int, owner: ClassFacts | None, receiver: ClassFacts | None
    ) -> Names | None:
        """The top-level names that must stand for nothing that matters, if the function called ``name`` on ``line`` of
        ``source`` is idle; None if it is not.

        ``owner`` is its class, if it is a method, and ``receiver`` that of the object that it is called on.
        """
        body = self._mentioned.file(source.filename).body_at(name, line, owner.node.name if owner is not None else "")
        classes = [self._class(each) for each in dict.fromkeys((owner, receiver)) if each is not None]
        if body is None or None in classes:
            return None
        return self._answer((body, tuple(each for each in classes if each is not None)))

    def of_class(self, facts: ClassFacts) -> Names | None:
        """The same for all that objects of a class can do."""
        known = self._class(facts)
        return None if known is None else self._answer((known.body, (known,)))

    def _class(self, facts: ClassFacts) -> Class | None:
        known = self._mentioned.file(facts.source.filename).classes.get(facts.node.name)
        return known if known is not None and known.body.line == facts.node.lineno else None

    def _answer(self, question: _Question) -> Names | None:
        if question in self._relevant:
            return None
        if question not in self._idle and not self._explore(question):
            return None
        return self._idle[question]

    def _explore(self, question: _Question) -> bool:
        """Whether nothing that ``question`` leads to tells of models; what is found out on the way is kept."""
        search = _Search(self._mentioned, question)
        for body in search.bodies():
            if self._tells(body) or (body, _owner(body)) in self._relevant:
                self._relevant.add(question)
                return False
        names: Names = frozenset((body.home.filename, body.name) for body in search.seen if not body.line)
        for body in search.seen:
            if body.line and not body.is_class:
                self._idle.setdefault((body, _owner(body)), names)
        self._idle[question] = names
        return True

    def _tells(self, body: Body) -> bool:
        if body not in self._telling:
            self._telling[body] = (
                body.switches
                or body.rates
                or not TELLING_NAMES.isdisjoint(body.names)
                or not TELLING_ATTRIBUTES.isdisjoint(body.attributes)
                or any(self._is_of_a_library(name, body) for name in body.names if name in body.home.imported)
            )
        return self._telling[body]

    def _is_of_a_library(self, name: str, body: Body) -> bool:
        """Whether ``name``, imported into the file of ``body``, may stand for something that makes a model."""
        module, inner = body.home.imported[name]
        return inner in TELLING_NAMES or self._knowledge.may_make(
            f"{module}.{inner}" if inner else module, body.attributes
        )


class _Search:
    """What a piece of code may run: functions that it names, and methods of classes that it or these name."""

    def __init__(self, mentioned: Mentioned, question: _Question) -> None:
        self._mentioned = mentioned
        self.seen: dict[Body, None] = {}
        self._fresh: list[Body] = []
        self._todo: list[Body] = []
        self._classes: set[Class] = set()
        self._modules: set[Mentions] = set()
        self._attributes: set[str] = set()
        self._waiting: dict[str, list[Body]] = {}  # methods whose names nothing has mentioned yet
        start, classes = question
        self._whole = start.is_class
        for each in classes:
            self._add_class(each)
        self._add(start)

    def bodies(self) -> Iterator[Body]:
        """All of them, each once and as soon as it is met."""
        while self._fresh or self._todo:
            if self._fresh:
                self._todo.append(self._fresh.pop())
                yield self._todo[-1]
                continue
            body = self._todo.pop()
            for target in self._mentioned.named(body):
                self._reach(target)
            for name in body.attributes - self._attributes:
                self._attributes.add(name)
                for method in self._waiting.pop(name, ()):
                    self._add(method)
                for module in list(self._modules):
                    for target in self._mentioned.attribute(module, name):
                        self._reach(target)

    def _reach(self, target: Body | Class | Mentions) -> None:
        if isinstance(target, Body):
            self._add(target)
        elif isinstance(target, Class):
            self._add_class(target)
        elif target not in self._modules:
            self._modules.add(target)
            for name in list(self._attributes):
                for found in self._mentioned.attribute(target, name):
                    self._reach(found)

    def _add_class(self, found: Class) -> None:
        if found in self._classes:
            return
        self._classes.add(found)
        self._add(found.body)
        for name, method in found.methods.items():
            if self._whole or name in self._attributes or (name.startswith("__") and name.endswith("__")):
                self._add(method)
            else:
                self._waiting.setdefault(name, []).append(method)

    def _add(self, body: Body) -> None:
        if body not in self.seen:
            self.seen[body] = None
            self._fresh.append(body)


def _owner(body: Body) -> tuple[Class, ...]:
    """The class of a method, as a question names it."""
    return (body.home.classes[body.owner],) if body.owner else ()
