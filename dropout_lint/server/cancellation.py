"""Work that can be called off: a request that the editor cancels, or a check of text that was typed over.

Python can stop no thread.  An analysis asks itself instead, each time that it takes up a file.
"""

from __future__ import annotations

import ast
import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import TypeVar

from dropout_lint.semantic.project import Project
from dropout_lint.syntax.source import SourceFile

Result = TypeVar("Result")

_CALLED_OFF: ContextVar[threading.Event | None] = ContextVar("called_off", default=None)


class Cancelled(BaseException):
    """Nobody waits for the result any more.  No `Exception`: what keeps a crash in one rule from others must not keep
    this.
    """


class CancellableProject(Project):
    """A project whose analyses end when they are called off."""

    def open(self, filename: str, text: str, tree: ast.Module | None = None) -> SourceFile:
        """See `Project.open`.  Raises `Cancelled`."""
        called_off = _CALLED_OFF.get()
        if called_off is not None and called_off.is_set():
            raise Cancelled
        return super().open(filename, text, tree)


class Worker:
    """One thread, in which one thing is done after the other."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dropout-lint")
        self._wanted: set[threading.Event] = set()

    async def do(self, work: Callable[[], Result]) -> Result:
        """What ``work`` returns, done after all that was asked for before.  If this is cancelled, the work is not
        begun, or ends at the next file that it takes up.
        """
        called_off = threading.Event()
        self._wanted.add(called_off)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, _do, work, called_off)
        finally:
            called_off.set()
            self._wanted.discard(called_off)

    def stop(self) -> None:
        """Call off everything."""
        for called_off in self._wanted:
            called_off.set()
        self._pool.shutdown(wait=False, cancel_futures=True)


def _do(work: Callable[[], Result], called_off: threading.Event) -> Result:
    if called_off.is_set():
        raise asyncio.CancelledError
    token = _CALLED_OFF.set(called_off)
    try:
        return work()
    except Cancelled:
        raise asyncio.CancelledError from None
    finally:
        _CALLED_OFF.reset(token)
