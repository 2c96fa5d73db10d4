"""The answer as values: sections of statements, each with a place or without."""

from __future__ import annotations

from dataclasses import dataclass

from dropout_lint.typestate.domain.trace import Line, Seen

__all__ = ["Answer", "Line", "Section", "Seen"]


@dataclass(frozen=True, slots=True)
class Section:
    """Statements under one heading."""

    heading: str
    statements: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """All that is known about one line; ``cause`` is the one statement that explains most, in few words."""

    line: Line
    text: str
    sections: tuple[Section, ...]
    cause: str
