"""The check of some files in one process, which may be a worker."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from dropout_lint.io.opening import read_regular
from dropout_lint.knowledge import extended
from dropout_lint.lint.file_check import lint_needed
from dropout_lint.lint.file_result import FileResult
from dropout_lint.lint.rule_files import RuleFile, rule_files
from dropout_lint.project.facts import CHANGED, digest_of
from dropout_lint.semantic.project import Project


class Job(NamedTuple):
    """What a worker gets to know of a file."""

    path: str
    codes: tuple[str, ...]  # of its rules
    added: tuple[Path, ...]  # files with knowledge that the project adds
    digest: str  # of the file's content when the cache was looked up; empty without a cache


_projects: dict[tuple[Path, ...], Project] = {}  # of a worker, which lives for one run


def check_chunk(
    chunk: Sequence[Job], projects: dict[tuple[Path, ...], Project] | None = None, *, traced: bool
) -> list[FileResult]:
    """What a worker does.  It keeps its ``projects``, so that a library's base classes are read once.  If they are
    ``traced``, a result says what it rests on, for the cache.
    """
    projects = _projects if projects is None else projects
    results = []
    for path, codes, added, digest in chunk:
        project = projects.get(added)
        if project is None:
            project = projects[added] = Project(extended(added), traced=traced)
        rules = _rules(codes)
        try:
            data = read_regular(path)
        except OSError as error:
            results.append(FileResult(path, error=f"{path}: {error.strerror or error}"))
            continue
        result = lint_needed(path, data, rules, project)
        if digest and digest != digest_of(data):  # written meanwhile: the result is of another content
            result = result._replace(dependencies=(*result.dependencies, CHANGED))
        results.append(result)
        project.trim()
    return results


@cache
def _rules(codes: tuple[str, ...]) -> tuple[RuleFile, ...]:
    return tuple(rule for rule in rule_files() if rule.code in codes)
