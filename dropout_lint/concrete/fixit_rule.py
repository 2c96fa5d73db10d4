"""A rule as a lint rule of Fixit: the findings of `check`, on LibCST nodes, with the fix as a replacement.

Fixit shows a tree to one rule after the other; a file is judged once, for all of them.  Fixit's configuration says
which rules run, and its comments suppress beside ours; `[tool.dropout-lint]` is not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

import libcst as cst
from fixit import Invalid, LintRule, Valid
from libcst.metadata import FilePathProvider, MetadataWrapper, PositionProvider

from dropout_lint.concrete.nodes import Ranges, change, node_at, range_of
from dropout_lint.finding import Applicability, Finding
from dropout_lint.lint.file_check import lint_text
from dropout_lint.lint.rule import Rule
from dropout_lint.lint.rule_files import rule_files
from dropout_lint.semantic.project import Project


class _Adapter(LintRule):
    """The lint rule of one code."""

    METADATA_DEPENDENCIES = (PositionProvider, FilePathProvider)
    code: ClassVar[str]
    on: ClassVar[bool]

    def visit_Module(self, node: cst.Module) -> None:
        path = str(self.get_metadata(FilePathProvider, node))
        for finding in _findings(node, path, self.on):
            if finding.code == self.code:
                self._report(node, finding)

    def _report(self, module: cst.Module, finding: Finding) -> None:
        self._place = node_at(module, finding.span, _ranges(module))
        changed = None if finding.fix is None else change(module, finding.fix.edits)
        message = finding.one_line
        if finding.fix is not None and finding.fix.applicability is Applicability.UNSAFE:
            message += " (the fix changes results)"
        node, replacement = (self._place, None) if changed is None else changed
        self.report(node, message, position=range_of(finding.span), replacement=replacement)

    def ignore_lint(self, node: cst.CSTNode) -> bool:
        """Whether a comment of Fixit stands at what was found; ``node``, which the fix replaces, may be all around."""
        return bool(super().ignore_lint(self._place))


def lint_rule(rule: type[Rule], module: str) -> type[LintRule]:
    """``rule`` as a class of ``module`` that is called like its code."""
    invalid, valid = _examples(rule)
    fields: dict[str, object] = {
        "__doc__": rule.page(),
        "__module__": module,
        "code": rule.code,
        "on": rule.on,
        "INVALID": invalid,
        "VALID": valid,
        "AUTOFIX": rule.fixable is not None,
    }
    return type(rule.code, (_Adapter,), fields)


def _examples(rule: type[Rule]) -> tuple[Sequence[str | Invalid], Sequence[str | Valid]]:
    """The two examples of the rule's page, for ``fixit test``."""
    page = rule.page()
    codes = [
        page.partition(f"## {heading}\n```python\n")[2].partition("```")[0] for heading in ("Example", "Use instead")
    ]
    invalid, valid = ([code] if code else [] for code in codes)
    return invalid, valid


@lru_cache(maxsize=2)
def _findings(module: cst.Module, path: str, on: bool) -> Sequence[Finding]:
    """What the rules that are ``on`` by default, or the others, find in ``module``, and no ``# noqa`` suppresses."""
    rules = [rule for rule in rule_files() if rule.on is on]
    project = _project()
    found = lint_text(path, module.code, rules, project).findings
    project.trim()
    return found


@lru_cache(maxsize=1)
def _project() -> Project:
    """The files around the checked ones, read at most once in a process."""
    return Project()


@lru_cache(maxsize=1)
def _ranges(module: cst.Module) -> Ranges:
    return MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
