"""A progress bar in the editor, while the first analysis reads the project."""

from __future__ import annotations

import asyncio
import os
from uuid import uuid4

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer


class Progress:
    """Progress through ``count`` files.  Nothing is shown before `begin`."""

    def __init__(self, server: LanguageServer, title: str, count: int) -> None:
        self._bar = server.work_done_progress
        self._title, self._count = title, count
        self._done = 0
        self._token: str | None = None

    async def begin(self) -> None:
        """Ask the editor for a bar; it may refuse."""
        token = str(uuid4())
        try:
            await asyncio.shield(self._bar.create_async(token))  # pygls minds an answer that nobody awaits
        except JsonRpcException:
            return
        self._token = token
        self._bar.begin(token, types.WorkDoneProgressBegin(self._title, percentage=0, cancellable=False))

    def report(self, name: str) -> None:
        """The file called ``name`` is next."""
        if self._token is not None:
            percentage = 100 * self._done // max(self._count, 1)
            report = types.WorkDoneProgressReport(message=os.path.basename(name), percentage=percentage)
            self._bar.report(self._token, report)
        self._done += 1

    def end(self) -> None:
        """Take it away."""
        if self._token is not None:
            self._bar.end(self._token, types.WorkDoneProgressEnd())
            self._token = None
