"""A rule's page, for the terminal and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dropout_lint.io.printable import printable_json
from dropout_lint.lint import page
from dropout_lint.lint.rule import Rule
from dropout_lint.render.report import rule_url


def as_json(rules: Sequence[type[Rule]]) -> str:
    """All that is known of ``rules``, as a JSON list."""
    return printable_json(json.dumps([_plain(rule) for rule in rules], indent=2, ensure_ascii=False)) + "\n"


def as_text(rules: Sequence[type[Rule]], *, color: bool) -> str:
    """The pages of ``rules``, in Markdown; rendered if ``color`` says that a terminal shows them."""
    pages = "\n".join(rule.page() for rule in rules)
    if not color:
        return pages
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(force_terminal=True)
    with console.capture() as capture:
        console.print(Markdown(pages))
    return capture.get()


def table(rules: Sequence[type[Rule]]) -> str:
    """A Markdown table with a line for each rule."""
    lines = ["| code | name | default | fix | finds |", "|---|---|---|---|---|"]
    for rule in rules:
        fix = ", ".join(page.fixes(rule))
        link = f"[{rule.code}](rules/{rule.__module__.rpartition('.')[2]}.py)"
        lines.append(f"| {link} | {rule.name} | {'on' if rule.on else 'off'} | {fix} | {page.summary(rule)} |")
    return "\n".join(lines) + "\n"


def _plain(rule: type[Rule]) -> dict[str, Any]:
    told = page.sections(rule)
    return {
        "code": rule.code,
        "name": rule.name,
        "summary": page.summary(rule),
        "message": rule.message,
        "help": rule.help,
        "severity": rule.severity.value,
        "default": rule.on,
        "fix": rule.fixable.value if rule.fixable else None,
        "fixes": list(page.fixes(rule)),
        "fix_safety": page.paragraph(rule, "Fix safety"),
        "since": rule.since,
        "url": rule_url(rule.code),
        "what_it_does": told.get("What it does"),
        "why_is_this_bad": told.get("Why is this bad?"),
        "example": page.code(rule, "Example"),
        "repair": page.code(rule, "Use instead"),
        "when_it_stays_silent": told.get("When it stays silent"),
        "at_run_time": told.get("At run time"),
        "explanation": rule.page(),
    }
