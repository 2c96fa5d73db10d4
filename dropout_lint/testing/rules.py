"""Tests of rules, and of knowledge that a project adds: a text says in comments what is found in it.

Needs no torch; nothing of the text is run.  docs/testing-rules.md shows how it is used.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from dropout_lint.finding import Finding
from dropout_lint.knowledge import extended
from dropout_lint.lint.engine import check
from dropout_lint.lint.file_check import lint_text
from dropout_lint.lint.registry import all_rules, rule_by_code
from dropout_lint.lint.rule import Rule
from dropout_lint.semantic.project import Project
from dropout_lint.testing.marks import CODE, disagreements, marks_in

__all__ = ["assert_findings", "assert_no_findings", "check_text"]

Rules = Iterable[type[Rule] | str]
Files = Mapping[str, str]


def check_text(
    text: str,
    *,
    rules: Rules | None = None,
    files: Files | None = None,
    knowledge: str | Path | None = None,
    filename: str = "module.py",
) -> tuple[Finding, ...]:
    """What is found in ``text``, sorted, after ``# noqa``.

    Args:
        text: a module.
        rules: classes, also some that are not registered, or codes; every registered rule if None.
        files: other files of the same project, name to text: what ``text`` imports, and who imports it.
        knowledge: a file as `knowledge` in the settings names it, or the text of one, in TOML.
        filename: the name of ``text`` in the project, with ``/`` between folders; test files are recognised by it.

    Raises:
        ValueError: a code that no rule has, a rule whose code is no code, or a name of a file outside the project.
        KnowledgeError: the knowledge is malformed; the message says where.
    """
    chosen = _rules(rules)
    with TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        path, project = _lay_out(root, {**(files or {}), filename: text}, knowledge, filename)
        found = lint_text(str(path), text, chosen, project).findings
    return tuple(_named(finding, root, filename) for finding in found)


def assert_findings(
    text: str,
    *,
    rules: Rules | None = None,
    files: Files | None = None,
    knowledge: str | Path | None = None,
    filename: str = "module.py",
) -> None:
    """What is found in ``text`` is what its comments mark: ``# DRP301``, ``# DRP301 @12 DRP201``, and nothing else.

    Arguments and errors are those of `check_text`; besides, a text without a mark is a ValueError, because a mark that
    is misspelt would prove nothing.
    """
    __tracebackhide__ = True
    if not marks_in(text):
        raise ValueError(f"`{filename}` marks nothing: write `# DRP301` at a line, or use `assert_no_findings`")
    _compare(text, rules, files, knowledge, filename)


def assert_no_findings(
    text: str,
    *,
    rules: Rules | None = None,
    files: Files | None = None,
    knowledge: str | Path | None = None,
    filename: str = "module.py",
) -> None:
    """Nothing is found in ``text``.  Arguments and errors are those of `check_text`."""
    __tracebackhide__ = True
    if marks_in(text):
        raise ValueError(f"`{filename}` marks findings: use `assert_findings`")
    _compare(text, rules, files, knowledge, filename)


def _compare(text: str, rules: Rules | None, files: Files | None, knowledge: str | Path | None, filename: str) -> None:
    __tracebackhide__ = True
    chosen = _rules(rules)
    found = check_text(text, rules=chosen, files=files, knowledge=knowledge, filename=filename)
    problems = disagreements(text, found)
    if not problems:
        return
    lines = [f"{filename}: what is found is not what is marked", *problems, *_hidden_by_triggers(text, chosen, found)]
    raise AssertionError("\n  ".join(lines))


def _hidden_by_triggers(text: str, rules: Sequence[type[Rule]], found: Sequence[Finding]) -> list[str]:
    """Where a rule would find what is marked, were it not for its own ``triggers``."""
    reported = {(finding.span.start.line, finding.code) for finding in found}
    marked = {(mark.line, mark.code) for mark in marks_in(text)} - reported
    if not marked:
        return []
    shown, everywhere = (
        {(finding.span.start.line, finding.code) for finding in check("module.py", text, rules, use_prefilter=use)}
        for use in (True, False)
    )
    return [
        f"line {line} {code} is not found because its statement has none of the rule's `triggers`"
        for line, code in sorted(marked & everywhere - shown)
    ]


def _rules(rules: Rules | None) -> tuple[type[Rule], ...]:
    if rules is None:
        return all_rules()
    if isinstance(rules, str):
        rules = (rules,)
    return tuple(_rule(rule) for rule in rules)


def _rule(rule: type[Rule] | str) -> type[Rule]:
    if isinstance(rule, str):
        try:
            return rule_by_code(rule)
        except KeyError:
            known = ", ".join(known.code for known in all_rules())
            raise ValueError(f"no rule has the code `{rule}`; there are {known}") from None
    code = getattr(rule, "code", None)
    if not isinstance(code, str) or not CODE.fullmatch(code):
        raise ValueError(f"the code of `{rule.__name__}` is {code!r}; a code is DRP and three digits")
    return rule


def _lay_out(root: Path, files: Files, knowledge: str | Path | None, filename: str) -> tuple[Path, Project]:
    """Write a project to the folder ``root``; returns the file ``filename`` in it, and what is known of the project."""
    for name, text in {"pyproject.toml": "", **files}.items():
        pure = PurePosixPath(name)
        if not name or pure.is_absolute() or ".." in pure.parts:
            raise ValueError(f"`{name}` is no name of a file in the project: it must be relative, without `..`")
        path = root / pure
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    if isinstance(knowledge, str):
        added = root / "knowledge.toml"
        added.write_text(knowledge, "utf-8")
        return root / filename, Project(extended((added,)))
    return root / filename, Project(extended(() if knowledge is None else (knowledge.absolute(),)))


def _named(finding: Finding, root: Path, filename: str) -> Finding:
    """``finding`` with names as the caller gave them."""
    notes = tuple(
        note._replace(filename=Path(note.filename).relative_to(root).as_posix())
        if note.filename is not None and note.filename.startswith(f"{root}{os.sep}")
        else note
        for note in finding.notes
    )
    return finding._replace(filename=filename, notes=notes)
