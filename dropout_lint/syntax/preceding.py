"""Whether a statement before another one, in the same block, is of some kind: for n statements in n steps."""

from __future__ import annotations

import ast
from collections.abc import Callable


class Preceding:
    """Answers for one file; ``is_meant`` is called at most once for each statement, and for no more than are needed."""

    def __init__(self, is_meant: Callable[[ast.stmt], bool]) -> None:
        self._is_meant = is_meant
        self._places: dict[ast.stmt, tuple[_Block, int]] = {}

    def stands_before(self, child: ast.stmt, above: ast.AST) -> bool:
        """Whether a statement that is meant comes before ``child`` in the block of ``above`` that holds it."""
        if child not in self._places:
            for name in ("body", "orelse", "finalbody"):
                statements = getattr(above, name, None)
                if isinstance(statements, list):
                    block = _Block(statements)
                    self._places.update((each, (block, index)) for index, each in enumerate(statements))
        place = self._places.get(child)
        return place is not None and place[0].first_meant(place[1], self._is_meant) < place[1]


class _Block:
    def __init__(self, statements: list[ast.stmt]) -> None:
        self._statements = statements
        self._asked = 0  # how many statements
        self._is_found = False  # the last of them is meant

    def first_meant(self, end: int, is_meant: Callable[[ast.stmt], bool]) -> int:
        """The index of the first statement that is meant; at least ``end`` if none before that is."""
        while not self._is_found and self._asked < end:
            self._is_found = is_meant(self._statements[self._asked])
            self._asked += 1
        return self._asked - 1 if self._is_found else end
