"""Work that nobody waits for any more is not begun, or ends."""

from __future__ import annotations

import asyncio
import threading

import pytest

from dropout_lint.server.cancellation import CancellableProject, Worker


def test_a_running_analysis_ends_at_the_next_file() -> None:
    begun, let_go, reached = threading.Event(), threading.Event(), []

    def work() -> None:
        project = CancellableProject()
        project.open("/a.py", "")
        begun.set()
        let_go.wait(10)
        project.sibling.open("/b.py", "")
        reached.append("the end")

    async def run() -> None:
        worker = Worker()
        task = asyncio.ensure_future(worker.do(work))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        let_go.set()
        assert await worker.do(lambda: "the next") == "the next"

    asyncio.run(run())
    assert reached == []


def test_what_waits_is_not_begun() -> None:
    let_go, begun = threading.Event(), []

    async def run() -> None:
        worker = Worker()
        first = asyncio.ensure_future(worker.do(lambda: let_go.wait(10)))
        second = asyncio.ensure_future(worker.do(lambda: begun.append("second")))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        let_go.set()
        await first
        await worker.do(lambda: None)

    asyncio.run(run())
    assert begun == []


def test_a_server_that_stops_ends_what_is_running() -> None:
    begun, let_go = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        let_go.wait(10)
        CancellableProject().open("/a.py", "")

    async def run() -> None:
        worker = Worker()
        task = asyncio.ensure_future(worker.do(work))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        worker.stop()
        let_go.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
