"""What a piece of code may run: functions that it names, and methods of classes that it or these name."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Set

from dropout_lint.mentioned import Mentioned
from dropout_lint.mentions import Body, Class, Mentions

Question = tuple[Body, tuple[Class, ...]]
"""A piece of code, and the classes of what it is called on."""


class Search:
    """Looks through `Mentioned` for all that a question leads to; `seen` is what was met."""

    def __init__(self, mentioned: Mentioned, question: Question) -> None:
        self._mentioned = mentioned
        self.seen: dict[Body, None] = {}
        self._fresh: list[Body] = []
        self._todo: deque[Body] = deque()
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
            body = self._todo.popleft()
            for target in self._mentioned.named(body):
                self._reach(target)
            new = body.attributes - self._attributes
            self._attributes |= new
            for name in new & self._waiting.keys():
                for method in self._waiting.pop(name):
                    self._add(method)
            for module in list(self._modules):
                self._reach_in(module, new)

    def _reach(self, target: Body | Class | Mentions) -> None:
        if isinstance(target, Body):
            self._add(target)
        elif isinstance(target, Class):
            self._add_class(target)
        elif target not in self._modules:
            self._modules.add(target)
            self._reach_in(target, self._attributes)

    def _reach_in(self, module: Mentions, attributes: Set[str]) -> None:
        for name in self._mentioned.offered(module) & attributes:
            for target in self._mentioned.attribute(module, name):
                self._reach(target)

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


def owner(body: Body) -> tuple[Class, ...]:
    """The class of a method, as a question names it."""
    return (body.home.classes[body.owner],) if body.owner else ()
