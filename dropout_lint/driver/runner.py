"""Checks many files: the cheap dismissals here, the rest in worker processes, the results in the order of the files."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from dropout_lint.io.opening import read_regular
from dropout_lint.lint.collector import collector_off
from dropout_lint.lint.file_result import FileResult
from dropout_lint.lint.prefilter import may_matter, needs_parsing

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

    from dropout_lint.driver.cache import Cache
    from dropout_lint.driver.discovery import Target
    from dropout_lint.driver.remembered import Remembered
    from dropout_lint.driver.worker import Job

Progress = Callable[[int, int], None]

_FEW = 24  # files for which starting processes costs more than it saves


def default_jobs() -> int:
    """As many processes as this one may use cores."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    targets: Sequence[Target], *, jobs: int, cache: Cache | None = None, progress: Progress | None = None
) -> Iterator[FileResult]:
    """Check ``targets``; yields a result for each, in their order, whatever ``jobs``.

    ``progress`` is called with the number of files that are done, and of those that need work; at first with 0.
    """
    remembered = None if cache is None else _remembered(cache)
    results: dict[str, FileResult] = {}
    todo: list[Target] = []
    with collector_off():
        for target in targets:
            result = _dismissed(target, remembered)
            if result is None:
                todo.append(target)
            else:
                results[target.path] = result
        if progress is not None and todo:
            progress(0, len(todo))
        for done, result in enumerate(_check(todo, jobs, remembered) if todo else (), start=1):
            results[result.filename] = result
            if progress is not None:
                progress(done, len(todo))
    if remembered is not None:
        remembered.save(results)
    for target in targets:
        yield target.settings.shown.of(results[target.path])


def _remembered(cache: Cache) -> Remembered:
    from dropout_lint.driver.remembered import Remembered

    return Remembered(cache)


def _dismissed(target: Target, remembered: Remembered | None) -> FileResult | None:
    """The result for ``target`` if it need not be parsed: it is known, or nothing can be found in it."""
    if remembered is not None and (known := remembered.unread(target)) is not None:
        return known
    path = target.path
    try:
        data = read_regular(path)
    except OSError as error:
        return FileResult(path, error=f"{path}: {error.strerror or error}")
    if not may_matter(data):
        if remembered is not None:
            remembered.dismiss(target)
        return FileResult(path)
    if remembered is not None and (known := remembered.read(target, data)) is not None:
        return known
    return None if needs_parsing(data, target.settings.rules_for(path)) else FileResult(path)


def _check(targets: Sequence[Target], jobs: int, remembered: Remembered | None) -> Iterator[FileResult]:
    from dropout_lint.driver.worker import Job, check_chunk  # here, because most files are dismissed, in many runs all

    todo = []
    for target in targets:
        codes = tuple(rule.code for rule in target.settings.rules_for(target.path))
        digest = "" if remembered is None else remembered.digest(target)
        todo.append(Job(target.path, codes, target.settings.knowledge_files, digest))
    traced = remembered is not None
    if jobs <= 1 or len(todo) <= _FEW:
        yield from check_chunk(todo, {}, traced=traced)  # nothing is kept: until the next run, files may change
        return
    from concurrent.futures import as_completed
    from concurrent.futures.process import BrokenProcessPool

    from dropout_lint.driver.chunks import portions

    chunks = [todo[part.start : part.stop] for part in portions([job.path for job in todo], jobs)]
    lost: list[Job] = []
    with _workers(jobs) as pool:
        futures: dict[Future[list[FileResult]], Sequence[Job]] = {}
        for chunk in chunks:
            try:
                futures[pool.submit(check_chunk, chunk, traced=traced)] = chunk
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


def _check_alone(job: Job, *, traced: bool) -> FileResult:
    """Check one file in a process of its own: a worker has died, and perhaps of this file."""
    from concurrent.futures.process import BrokenProcessPool

    from dropout_lint.driver.worker import check_chunk
    from dropout_lint.lint.engine import internal_error

    with _workers(1) as pool:
        try:
            return pool.submit(check_chunk, [job], traced=traced).result()[0]
        except BrokenProcessPool:
            reason = "the process that checked it died, perhaps because memory or stack ran out"
            return FileResult(job.path, (internal_error(job.path, "the checker", 1, reason),))
