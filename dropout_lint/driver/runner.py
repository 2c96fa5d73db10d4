"""Checks many files: the cheap dismissals here, the rest in worker processes, the results in the order of the files."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dropout_lint.driver.cache import Cache, judge_of, stamp_of
from dropout_lint.driver.chunks import portions
from dropout_lint.driver.discovery import Target
from dropout_lint.io.opening import read_regular
from dropout_lint.knowledge import extended
from dropout_lint.lint.engine import internal_error
from dropout_lint.lint.file_check import FileResult, lint_needed, may_matter, needs_parsing
from dropout_lint.lint.registry import rule_by_code
from dropout_lint.lint.rule import Rule
from dropout_lint.project.facts import CHANGED, digest_of
from dropout_lint.semantic.project import Project

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

Progress = Callable[[int, int], None]

_FEW = 24  # files for which starting processes costs more than it saves


class _Job(NamedTuple):
    """What a worker gets to know of a file."""

    path: str
    codes: tuple[str, ...]  # of its rules
    added: tuple[Path, ...]  # files with knowledge that the project adds
    digest: str  # of the file's content when the cache was looked up; empty without a cache


def default_jobs() -> int:
    """As many processes as this one may use cores."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    targets: Sequence[Target], *, jobs: int, cache: Cache | None = None, progress: Progress | None = None
) -> Iterator[FileResult]:
    """Check ``targets``; yields a result for each, in their order, whatever ``jobs``.

    ``progress`` is called with the number of files that are done, and of those that need work; at first with 0.
    """
    results: dict[str, FileResult] = {}
    todo: dict[str, _Job] = {}
    waiting: dict[str, Callable[[FileResult], None]] = {}
    with _collector_off():
        for target in targets:
            path, rules = target.path, target.settings.rules_for(target.path)
            added = target.settings.knowledge_files
            judge = judge_of(rules, target.settings.knowledge.digest if added else "")
            known = None if cache is None else cache.unread(path, target.place, judge)
            if known is not None:
                results[path] = known
                continue
            stamp = None if cache is None else stamp_of(path)  # before it is read: what changes later is seen
            try:
                data = read_regular(path)
            except OSError as error:
                results[path] = FileResult(path, error=f"{path}: {error.strerror or error}")
                continue
            matters = may_matter(data)
            if cache is not None and matters:
                known = cache.get(path, target.place, data, stamp, judge)
                if known is not None:
                    results[path] = known
                    continue
            digest = digest_of(data) if cache is not None and matters else ""
            if cache is not None:
                waiting[path] = partial(cache.put, target.place, digest, stamp, judge)
            if matters and needs_parsing(data, rules):
                todo[path] = _Job(path, tuple(rule.code for rule in rules), added, digest)
                continue
            results[path] = FileResult(path)
        if progress is not None and todo:
            progress(0, len(todo))
        for done, result in enumerate(_check(list(todo.values()), jobs, traced=cache is not None), start=1):
            results[result.filename] = result
            if progress is not None:
                progress(done, len(todo))
    if cache is not None:
        for path, keep in waiting.items():
            keep(results[path])
        cache.save()
    for target in targets:
        yield target.settings.shown.of(results[target.path])


def _check(todo: Sequence[_Job], jobs: int, *, traced: bool) -> Iterator[FileResult]:
    if jobs <= 1 or len(todo) <= _FEW:
        yield from _check_chunk(todo, {}, traced=traced)  # nothing is kept: until the next run, files may change
        return
    from concurrent.futures import as_completed
    from concurrent.futures.process import BrokenProcessPool

    chunks = [todo[part.start : part.stop] for part in portions([job.path for job in todo], jobs)]
    lost: list[_Job] = []
    with _workers(jobs) as pool:
        futures: dict[Future[list[FileResult]], Sequence[_Job]] = {}
        for chunk in chunks:
            try:
                futures[pool.submit(_check_chunk, chunk, traced=traced)] = chunk
            except BrokenProcessPool:
                lost += chunk
        for future in as_completed(futures):
            try:
                yield from future.result()
            except BrokenProcessPool:
                lost += futures[future]
    for job in lost:
        yield _check_alone(job, traced=traced)


def _workers(count: int) -> ProcessPoolExecutor:
    from concurrent.futures import ProcessPoolExecutor  # here: with a full cache, or few files, it is not needed

    return ProcessPoolExecutor(count, initializer=gc.disable)


def _check_alone(job: _Job, *, traced: bool) -> FileResult:
    """Check one file in a process of its own: a worker has died, and perhaps of this file."""
    from concurrent.futures.process import BrokenProcessPool

    with _workers(1) as pool:
        try:
            return pool.submit(_check_chunk, [job], traced=traced).result()[0]
        except BrokenProcessPool:
            reason = "the process that checked it died, perhaps because memory or stack ran out"
            return FileResult(job.path, (internal_error(job.path, "the checker", 1, reason),))


_projects: dict[tuple[Path, ...], Project] = {}  # of a worker, which lives for one run


def _check_chunk(
    chunk: Sequence[_Job], projects: dict[tuple[Path, ...], Project] | None = None, *, traced: bool
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
        rules: tuple[type[Rule], ...] = tuple(rule_by_code(code) for code in codes)
        try:
            data = read_regular(path)
        except OSError as error:
            results.append(FileResult(path, error=f"{path}: {error.strerror or error}"))
            continue
        result = lint_needed(path, data, rules, project)
        if digest and digest != digest_of(data):  # written meanwhile: the result is of another content
            result = replace(result, dependencies=(*result.dependencies, CHANGED))
        results.append(result)
        project.trim()
    return results


class _collector_off:
    """Keeps the garbage collector from looking at syntax trees, again and again, while they are built.

    They are freed without it, for `Source.release` cuts their cycles.  It doubled the time of a run over a large
    library.
    """

    def __enter__(self) -> None:
        self._was_on = gc.isenabled()
        gc.disable()

    def __exit__(self, *error: object) -> None:
        if self._was_on:
            gc.enable()
