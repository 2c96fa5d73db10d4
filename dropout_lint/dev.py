"""Tools for contributors: a new rule's files, and the generated parts of the documentation.

``python -m dropout_lint.dev new-rule DRP123 some-name`` writes rule, page and fixtures that fail only for want of
content; ``python -m dropout_lint.dev write-docs [--check]`` keeps the tables in the documentation equal to the code.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from dropout_lint.cli import explain, settings_schema
from dropout_lint.io.atomic_write import write_atomically
from dropout_lint.io.printable import printable
from dropout_lint.lint.registry import all_rules

ROOT = Path(__file__).resolve().parent.parent
_RULES = ("<!-- rules: begin (generated) -->", "<!-- rules: end -->")
_PACKAGES = ("<!-- packages: begin (generated) -->", "<!-- packages: end -->")
_SETTINGS = ("<!-- settings: begin (generated) -->", "<!-- settings: end -->")
_VARIABLES = ("<!-- variables: begin (generated) -->", "<!-- variables: end -->")

PACKAGES = (
    "version",
    "finding",
    "warning",
    "io",
    "knowledge",
    "syntax",
    "project",
    "semantic",
    "lint",
    "triggers",
    "pytorch",
    "typestate/cfg",
    "typestate/domain",
    "typestate/models",
    "typestate/roots",
    "typestate/evaluation",
    "typestate",
    "typestate/verdicts",
    "rules",
    "driver",
    "render",
    "why",
    "server",
    "artifacts/values",
    "artifacts/readers",
    "artifacts/torchscript",
    "artifacts/formats",
    "artifacts",
    "runtime/record",
    "runtime/modules",
    "runtime/stack",
    "runtime/hooks",
    "runtime/monitoring",
    "runtime/watching/judging",
    "runtime/watching/reporting",
    "runtime/watching",
    "runtime/callbacks",
    "runtime",
    "testing",
    "evidence",
    "cli",
    "flake8_plugin",
    "concrete",
    "fixit/off_by_default",
    "fixit",
    "codemod",
    "pytest_plugin",
    "dev",
    "__main__",
    "__init__",
)
"""The packages, and the modules at the top, lowest first: each imports only from those before it."""

_RULE = '''"""
# {name} ({code})

## What it does
TODO: one sentence.

## Why is this bad?
TODO: what it costs, concretely.

## Example
```python
TODO
```

## Use instead
```python
TODO
```

## When it stays silent
TODO: the guards, each a case in fixtures/{code}/good.py.

## Fix safety
There is no fix.

## At run time
TODO: what the run-time checker sees of it.

## References
- TODO: the source of the facts.
"""

import ast

from dropout_lint.lint.rule import Rule
from dropout_lint.triggers import calls


class {class_name}(Rule):
    code = "{code}"
    name = "{name}"
    since = "TODO"
    message = "`{{spelling}}` TODO"
    help = "TODO"
    triggers = calls.ANY_LAYER

    def visit_Call(self, node: ast.Call) -> None:
        """TODO: report what is wrong, and nothing that may be right."""
'''

_BAD = '''"""What {name} finds.  TODO: a program that runs, with a finding on each marked line."""

TODO = None  # {code}
'''

_GOOD = '''"""Near misses of {name}.  TODO: one case for each guard, with a comment that says why it is fine."""
'''


class Refused(Exception):
    """A request that cannot be carried out; the message says why."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv``; returns the exit code."""
    parser = argparse.ArgumentParser("python -m dropout_lint.dev", description="Tools for contributors.")
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("new-rule", help="write the files of a new rule")
    new.add_argument("code", help="such as DRP123")
    new.add_argument("name", help="such as integer-probability: the bad pattern, in words that read well after `allow`")
    docs = commands.add_parser("write-docs", help="write the generated parts of the documentation")
    docs.add_argument("--check", action="store_true", help="write nothing; exit with 1 if something is out of date")
    arguments = parser.parse_args(argv)
    try:
        if arguments.command == "new-rule":
            for path in new_rule(arguments.code, arguments.name):
                print(printable(f"wrote {path.relative_to(ROOT)}"))
            return 0
        return _write_docs(check=arguments.check)
    except Refused as error:
        print(printable(f"error: {error}"), file=sys.stderr)
        return 2


def new_rule(code: str, name: str, root: Path = ROOT) -> list[Path]:
    """Write the files of the rule ``code``; returns their paths.  Raises `Refused` for a code or name that is
    malformed or taken.
    """
    if not re.fullmatch(r"DRP[0-9]{3}", code):
        raise Refused(f"`{code}` is no code: a code is DRP and three digits")
    if not re.fullmatch(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+", name):
        raise Refused(f"`{name}` is no name: write two or more lower-case words, joined by `-`")
    for rule in all_rules():
        if code == rule.code or name == rule.name:
            raise Refused(f"{rule.code} {rule.name} exists already, in {rule.__module__}")
    class_name = "".join(word.capitalize() for word in name.split("-"))
    words = {"code": code, "name": name, "class_name": class_name}
    files = {
        root / "rules" / f"{code.lower()}_{name.replace('-', '_')}.py": _RULE,
        root / "fixtures" / code / "bad.py": _BAD,
        root / "fixtures" / code / "good.py": _GOOD,
    }
    taken = [path for path in files if path.exists()]
    if taken:
        raise Refused(f"{taken[0]} exists already")
    for path, template in files.items():
        write_atomically(path, template.format(**words).encode())
    return list(files)


def package_of(module: str) -> str:
    """The member of `PACKAGES` that the module with the dotted name ``module`` is, or is in."""
    path = module.removeprefix("dropout_lint").removeprefix(".").replace(".", "/") or "__init__"
    return path if path in PACKAGES else path.rpartition("/")[0]


def packages_table(root: Path = ROOT) -> str:
    """The packages in order, each with the first sentence of its docstring and its modules, as a Markdown table."""
    rows = ["| package | what is in it | modules |", "|---|---|---|"]
    for name in PACKAGES:
        folder = root / ("rules" if name == "rules" else f"dropout_lint/{name}")
        home = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
        sentence = (ast.get_docstring(ast.parse(home.read_text("utf-8"))) or "").partition("\n\n")[0].replace("\n", " ")
        modules = sorted(path.stem for path in folder.glob("[!_]*.py")) if folder.is_dir() else []
        named = "one for each rule" if name == "rules" else ", ".join(f"`{module}`" for module in modules)
        rows.append(f"| `{name}` | {sentence.replace('|', chr(92) + '|')} | {named} |")
    return "\n".join(rows) + "\n"


def _between(path: Path, markers: tuple[str, str], content: str, text: str | None = None) -> str:
    """The text of the file at ``path``, or ``text`` in place of it, with ``content`` between the two ``markers``."""
    begin, end = markers
    before, found, rest = (path.read_text("utf-8") if text is None else text).partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise Refused(f"{path} lacks the markers {begin} and {end}")
    return f"{before}{begin}\n{content}{end}{after}"


def documents(root: Path = ROOT) -> dict[Path, str]:
    """The generated documents: path to what should be in it."""
    readme, contributing, settings = root / "README.md", root / "CONTRIBUTING.md", root / "docs" / "settings.md"
    rules = all_rules()
    catalogue = [
        "# The rules",
        "",
        "Generated from the rules by `make docs`; each page is the docstring of its rule.",
        "",
    ]
    catalogue += [explain.table(rules).replace("](rules/", "]("), ""]
    for rule in rules:
        page = rule.page().replace("\n# ", "\n## ").replace("\n## ", "\n### ")
        title = f"## {rule.code}\n\n**{rule.name}**, {'on' if rule.on else 'off'} by default, since {rule.since}\n"
        catalogue.append(title + page.partition("\n")[2])
    return {
        readme: _between(readme, _RULES, explain.table(rules)),
        contributing: _between(contributing, _PACKAGES, packages_table(root)),
        settings: _between(
            settings, _VARIABLES, settings_schema.variables(), _between(settings, _SETTINGS, settings_schema.table())
        ),
        root / "dropout-lint.schema.json": settings_schema.schema(),
        root / "rules" / "README.md": "\n".join(catalogue).rstrip() + "\n",
    }


def _write_docs(*, check: bool) -> int:
    outdated = {
        path: text for path, text in documents().items() if not path.exists() or path.read_text("utf-8") != text
    }
    for path, text in outdated.items():
        if check:
            print(printable(f"{path.relative_to(ROOT)} is out of date: run `make docs`"), file=sys.stderr)
        else:
            write_atomically(path, text.encode())
            print(printable(f"wrote {path.relative_to(ROOT)}"))
    return 1 if check and outdated else 0


if __name__ == "__main__":
    sys.exit(main())
