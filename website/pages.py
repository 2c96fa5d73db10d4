"""The pages of the site that are no files of docs/, and where links between files of the repository lead on the site.

No MkDocs in here: `hooks` hands it these texts.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

from dropout_lint.lint import page
from dropout_lint.lint.registry import all_rules
from dropout_lint.lint.rule import Rule

ROOT = Path(__file__).resolve().parent.parent
REPOSITORY = "https://github.com/dropout-lint/dropout-lint/blob/main/"

GROUPS = {
    "DRP0": "The tool itself",
    "DRP1": "Arguments",
    "DRP2": "Dropout that does not follow the mode",
    "DRP3": "Modes",
    "DRP4": "Structure",
    "DRP9": "Design",
}
"""The first digit of a code -> what its rules have in common."""

_CALLBACKS = "dropout_lint.runtime.callbacks"
API = {
    "testing": ("Assertions", ["dropout_lint.testing"]),
    "testing-rules": ("Tests of rules", ["dropout_lint.testing.rules"]),
    "runtime": ("At run time", ["dropout_lint.runtime"]),
    "trainers": (
        "In trainers",
        [f"{_CALLBACKS}.{name}" for name in ("lightning", "pytorch_lightning", "transformers", "accelerate")],
    ),
    "warnings": ("Warnings", ["dropout_lint.warning"]),
}
"""A page of the reference -> its title and the modules whose public names it shows."""

_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")
_BLOCK = re.compile(r"(^ *```.*?^ *```$)", re.M | re.S)
_CODE = re.compile(r"(``.+?``|`[^`\n]+`)")
_LIST_AFTER_TEXT = re.compile(r"(?m)^((?![-*] |\d+\. |[ |#>]).*\S)\n(?=(?:[-*]|\d+\.) )")


def generated() -> dict[str, tuple[str, str]]:
    """The pages: path on the site -> path in the repository that its links are relative to, and its text."""
    found = {
        "index.md": ("README.md", _read("README.md")),
        "changelog.md": ("CHANGELOG.md", _read("CHANGELOG.md")),
        "rules/index.md": ("docs/rules/index.md", _catalogue()),
    }
    for rule in all_rules():
        found[f"rules/{rule.code}.md"] = ("rules/README.md", _rule(rule))
    for name, (title, modules) in API.items():
        found[f"api/{name}.md"] = ("docs/api/index.md", _reference(title, modules))
    return found


def rule_navigation() -> list[object]:
    """The rules' part of the navigation: an entry for each group of codes."""
    groups: dict[str, list[object]] = {title: [] for title in GROUPS.values()}
    for rule in all_rules():
        groups[GROUPS[rule.code[:4]]].append({f"{rule.code} {rule.name}": f"rules/{rule.code}.md"})
    return ["rules/index.md", *({title: pages} for title, pages in groups.items())]


def on_site(text: str, source: str, target: str) -> str:
    """``text`` of the file ``source`` of the repository, with links that hold on the page ``target`` of the site.

    Raises ValueError for a link to a file that is not there.
    """
    places = _places()

    def moved(match: re.Match[str]) -> str:
        place = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[1]))
        anchor = match[2] or ""
        page_there = places.get(place)
        if page_there is None and place.startswith("docs/"):
            page_there = place.removeprefix("docs/")
        if page_there is not None:
            return posixpath.relpath(page_there, posixpath.dirname(target) or ".") + anchor
        if not (ROOT / place).exists():
            raise ValueError(f"{source}: the link to {match[1]} leads nowhere")
        return REPOSITORY + place + anchor

    def prose(part: str) -> str:
        words = _CODE.split(part)
        words[::2] = [_LINK.sub(moved, each) for each in words[::2]]
        # GitHub lets a list follow a line of text at once; Python-Markdown wants an empty line between them.
        return _LIST_AFTER_TEXT.sub(r"\1\n\n", "".join(words))

    parts = _BLOCK.split(text)  # code is left as it is
    parts[::2] = [prose(part) for part in parts[::2]]
    return "".join(parts)


def _places() -> Mapping[str, str]:
    """Paths in the repository that the site has elsewhere: path -> path on the site."""
    found = {"README.md": "index.md", "CHANGELOG.md": "changelog.md", "rules/README.md": "rules/index.md"}
    for rule in all_rules():
        name = f"rules/{rule.code}.md"
        found[f"rules/{rule.code}"] = name  # as the rules' own pages name each other
        found[f"rules/{rule.__module__.rpartition('.')[2]}.py"] = name
    return found


def _read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def _facts(rule: type[Rule]) -> str:
    fixes = " and ".join(page.fixes(rule))
    return ", ".join(
        [
            f"{'On' if rule.on else 'Off'} by default",
            f"severity: {rule.severity.value}",
            f"fix: {fixes or 'none'}",
            f"since {rule.since}",
        ]
    )


def _rule(rule: type[Rule]) -> str:
    """The page of ``rule``: its docstring, with what the tables say of it below the title."""
    title, _, text = rule.page().partition("\n")
    return f"{title}\n\n*{_facts(rule)}.*\n{text}"


def _catalogue() -> str:
    lines = [
        "# The rules",
        "",
        "`dropout-lint rule DRP201` shows a rule's page in the terminal.  Which rules run: [settings](../settings.md).",
        "A fix is *safe* if the program computes what it did before; an *unsafe* one mends it, so results change.",
    ]
    for prefix, title in GROUPS.items():
        lines += ["", f"## {title}", "", "| code | name | default | fix | finds |", "|---|---|---|---|---|"]
        for rule in all_rules():
            if rule.code.startswith(prefix):
                told = [rule.name, "on" if rule.on else "off", ", ".join(page.fixes(rule)), page.summary(rule)]
                lines.append(f"| [{rule.code}]({rule.code}.md) | {' | '.join(told)} |")
    return "\n".join(lines) + "\n"


def _reference(title: str, modules: list[str]) -> str:
    """A page that mkdocstrings fills with the public names of ``modules``."""
    options = "    options:\n      show_root_heading: false\n      show_root_toc_entry: false\n"
    lines = [f"# {title}"]
    for module in modules:
        lines += ["", f"## `{module}`", "", f"::: {module}", options + "      heading_level: 3"]
    return "\n".join(lines) + "\n"
