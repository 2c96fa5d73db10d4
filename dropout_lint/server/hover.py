"""Hover: the page of a rule on its code; on dropout, what it does; on a call of a module, its mode there and where that
came from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pygls import uris

from dropout_lint.finding import Position
from dropout_lint.lint.registry import all_rules
from dropout_lint.render.report import relative, rule_url
from dropout_lint.semantic.project import Project
from dropout_lint.server.dropout_hover import dropout_at
from dropout_lint.syntax.notebook import Notebook
from dropout_lint.typestate.domain.trace import Line, Seen
from dropout_lint.why import facts, modes
from dropout_lint.why.ask import statement_lines

_MODE = "mode: "
_CODE = re.compile(r"\bDRP\d{3}\b")


def page_at(line: str, column: int) -> str | None:
    """The page of the rule whose code is at ``column``, from 0, of ``line``; None if there is none."""
    for found in _CODE.finditer(line):
        if found.start() <= column < found.end():
            page = next((rule.page() for rule in all_rules() if rule.code == found[0]), None)
            return None if page is None else f"{page.rstrip()}\n\n[{found[0]}]({rule_url(found[0])})\n"
    return None


def code_at(name: str, content: str, place: Position, project: Project, read: Notebook | None = None) -> str | None:
    """What is known of the dropout at ``place`` of the file called ``name``, or of the modules that run on its line, as
    Markdown; None if nothing is.  ``content`` is the text of the notebook ``read``, if that is given.
    """
    try:
        source = project.open(name, content)
    except (SyntaxError, RecursionError, MemoryError):
        return None
    dropout = dropout_at(source, place)
    if dropout is not None:
        return dropout
    wanted = (modes.EVENT, modes.ENDED, modes.ELSEWHERE)
    lines = statement_lines(source.tree, place.line)
    found = [section for section in modes.sections(source, lines, project) if section.heading in wanted]
    known = tuple(dict.fromkeys(facts.facts(source, lines)))
    if not any(section.heading == modes.EVENT for section in found):
        return "\n".join(_items(known, read)) or None
    parts = ["\n".join(_items(section.statements, read)) for section in found]
    return "\n\n---\n\n".join(parts)


def _items(statements: tuple[Seen, ...], read: Notebook | None) -> Iterator[str]:
    """The statements as a list, the mode first."""
    for seen in sorted(statements, key=lambda seen: not seen.text.startswith(_MODE)):
        text = seen.text
        if text.startswith(_MODE):
            mode, comma, rest = text.partition(",")
            text = f"**{mode}**{comma}{rest}"
        yield f"- {text}" + ("" if seen.place is None else f" ({_place(seen.place, read)})")


def _place(line: Line, read: Notebook | None) -> str:
    if read is not None and line.filename.endswith(".ipynb"):
        cell, number = read.locate(line.number)
        return f"cell {cell}, line {number}"  # which no link leads to
    return f"[{relative(line.filename)}:{line.number}]({uris.from_fs_path(line.filename)}#L{line.number})"
