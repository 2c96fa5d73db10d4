"""Hover: the page of a rule on its code, and on a call of a module its mode there and where that came from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dropout_lint.lint.registry import all_rules
from dropout_lint.render.report import relative, rule_url
from dropout_lint.semantic.project import Project
from dropout_lint.typestate.domain.trace import Line, Seen
from dropout_lint.why import facts, modes
from dropout_lint.why.ask import statement_lines

_CODE = re.compile(r"\bDRP\d{3}\b")


def page_at(line: str, column: int) -> str | None:
    """The page of the rule whose code is at ``column``, from 0, of ``line``; None if there is none."""
    for found in _CODE.finditer(line):
        if found.start() <= column < found.end():
            page = next((rule.page() for rule in all_rules() if rule.code == found[0]), None)
            return None if page is None else f"{page.rstrip()}\n\n[{found[0]}]({rule_url(found[0])})\n"
    return None


def modes_at(name: str, content: str, number: int, project: Project) -> str | None:
    """What is known of the modules that run at line ``number``, from 1, of the file called ``name``, as Markdown; None
    if no module is known to run there.
    """
    try:
        source = project.open(name, content)
    except (SyntaxError, RecursionError, MemoryError):
        return None
    wanted = (modes.EVENT, modes.ENDED, modes.ELSEWHERE)
    lines = statement_lines(source.tree, number)
    found = [section for section in modes.sections(source, lines, project) if section.heading in wanted]
    known = tuple(dict.fromkeys(facts.facts(source, lines)))
    if not any(section.heading == modes.EVENT for section in found):
        return "\n".join(_items(known)) or None
    parts = ["\n".join(_items(section.statements)) for section in found]
    return "\n\n---\n\n".join(parts)


def _items(statements: tuple[Seen, ...]) -> Iterator[str]:
    for seen in statements:
        yield f"- {seen.text}" + (f" ([{_place(seen.place)}]({_link(seen.place)}))" if seen.place else "")


def _place(line: Line) -> str:
    return f"{relative(line.filename)}:{line.number}"


def _link(line: Line) -> str:
    from pygls import uris

    return f"{uris.from_fs_path(line.filename)}#L{line.number}"
