"""A bar that the editor has not answered for when the analysis is called off."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("pygls")

from dropout_lint.server.progress import Progress


def test_an_answer_of_the_editor_may_come_when_nobody_waits_for_it_any_more() -> None:
    async def run() -> bool:
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        server: Any = SimpleNamespace(work_done_progress=SimpleNamespace(create_async=lambda token: answer))
        waiting = asyncio.ensure_future(Progress(server, "a title", 1).begin())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return answer.cancelled()

    assert asyncio.run(run()) is False
