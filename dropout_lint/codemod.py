"""The fixes as a codemod of LibCST: what `check --fix` would write, by `python -m libcst.tool codemod`."""

from __future__ import annotations

import argparse
import os
from functools import lru_cache
from pathlib import Path

import libcst as cst
from libcst.codemod import CodemodCommand, CodemodContext

from dropout_lint.driver.config import Settings
from dropout_lint.driver.discovery import SettingsFor
from dropout_lint.driver.fix_files import fix_bytes
from dropout_lint.io.filenames import absolute
from dropout_lint.semantic.project import Project


class FixDropout(CodemodCommand):
    """Applies the safe fixes of dropout-lint, by the settings of the project; ``--unsafe-fixes`` the others, too."""

    DESCRIPTION = "Fix misuse of dropout and of train/eval mode in PyTorch code, as `dropout-lint check --fix` does."

    def __init__(self, context: CodemodContext, unsafe_fixes: bool = False) -> None:
        super().__init__(context)
        self._unsafe = unsafe_fixes

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        arg_parser.add_argument("--unsafe-fixes", action="store_true", help="include fixes that change results")

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        path = absolute(self.context.filename or "-")
        folder = Path(os.path.dirname(path))
        settings = SettingsFor(Settings(folder)).around(folder)
        project = _project(settings.knowledge_files)
        fixed = fix_bytes(
            path,
            tree.bytes,
            settings.rules_for(path),
            project,
            unsafe=self._unsafe or bool(settings.unsafe_fixes),
            shown=settings.shown,
        )
        project.trim()
        for finding, reason in fixed.refused:
            self.warn(f"{finding.code} in line {finding.span.start.line} is not fixed: {reason}")
        if fixed.error:
            self.warn(fixed.error)
        return tree if fixed.after == tree.bytes else cst.parse_module(fixed.after, tree.config_for_parsing)


@lru_cache(maxsize=8)
def _project(knowledge: tuple[Path, ...]) -> Project:
    """The files around those that are fixed, read once in a process."""
    return Project(Settings(Path.cwd(), knowledge_files=knowledge).knowledge)
