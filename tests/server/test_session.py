"""A crash in one analysis."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("pygls")

from lsprotocol import types
from pygls.workspace import Workspace

from dropout_lint.server import session
from dropout_lint.server.opened import Opened


def test_a_crash_is_a_line_in_the_log_and_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[tuple[str, types.MessageType]] = []

    def log(self: session.Session, message: str, kind: types.MessageType = types.MessageType.Info) -> None:
        logged.append((message, kind))

    def crash(held: Opened) -> str:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(session.Session, "log", log)
    monkeypatch.setattr(session.Session, "workspace", Workspace(None))

    async def run() -> tuple[str, str]:
        server = session.Session()
        return await server.ask("file:///a.py", crash, "nothing"), await server.ask("x", lambda held: "the next", "")

    assert asyncio.run(run()) == ("nothing", "the next")
    ((message, kind),) = logged
    assert message.startswith("file:///a.py: ZeroDivisionError: by zero")
    assert kind is types.MessageType.Error
