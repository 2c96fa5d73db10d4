"""One session of one editor: what is open, what is found in it, and who is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from dropout_lint.driver import config
from dropout_lint.driver.config import ConfigError, Settings
from dropout_lint.finding import Finding
from dropout_lint.lint.engine import REPORT_IT, describe
from dropout_lint.lint.selection import UnknownSelector
from dropout_lint.server.cancellation import Worker
from dropout_lint.server.client import Client
from dropout_lint.server.diagnostics import diagnostic
from dropout_lint.server.documents import Documents
from dropout_lint.server.opened import Opened, Sheet, opened
from dropout_lint.server.options import Options
from dropout_lint.server.progress import Progress
from dropout_lint.version import VERSION

_PAUSE = 0.15  # seconds without a further edit before a file is checked

Result = TypeVar("Result")

Shown = dict[str, tuple["int | None", list[types.Diagnostic]]]
"""Diagnostics by document, each with the version of the document that they speak of."""


class Session(LanguageServer):
    """The server of one editor.

    What the editor says is taken up at once; analyses run in a thread of their own, one at a time, each on a snapshot
    of what was open when it was asked for.
    """

    def __init__(self) -> None:
        super().__init__(
            "dropout-lint",
            VERSION,
            types.TextDocumentSyncKind.Incremental,
            types.NotebookDocumentSyncOptions(
                [types.NotebookDocumentFilterWithCells([types.NotebookCellLanguage("python")])], save=True
            ),
        )
        self.documents = Documents(self._settings_for)
        self.options = Options({})
        self.client = Client(types.ClientCapabilities())
        self.worker = Worker()
        self._changes_on_disk = 0
        self._taken_up = 0  # of these, by the thread of the analyses
        self._waiting: asyncio.Task[None] | None = None
        self._told: dict[str, list[types.Diagnostic]] = {}  # by document: what the editor knows
        self._said: set[str] = set()  # mistakes in settings
        self._is_first = True

    def _settings_for(self, path: Path) -> Settings:
        return self.options.on_top_of(config.nearest(path.parent) or Settings(path.parent))

    async def ask(self, uri: str, work: Callable[[Opened], Result], otherwise: Result) -> Result:
        """What ``work``, in the thread of the analyses, makes of what is open now.  A crash is a line in the log, and
        the answer is ``otherwise``.
        """
        held = opened(self.workspace)

        def hold_and_work() -> Result:
            changes = self._changes_on_disk
            if changes != self._taken_up:
                self._taken_up = changes
                self.documents.changed_on_disk()
            self.documents.hold({sheet.name: sheet.data for sheet in held.sheets})
            return work(held)

        try:
            return await self.worker.do(hold_and_work)
        except (ConfigError, UnknownSelector) as error:
            self._say(f"{error}")
        except Exception as error:  # one file must not end the session for all others
            self.log(f"{uri}: {describe(error)}; {REPORT_IT}", types.MessageType.Error)
        return otherwise

    def changed_on_disk(self) -> None:
        """Files were saved, made or deleted, or the settings changed."""
        self._changes_on_disk += 1
        self._said.clear()
        self.schedule()

    def schedule(self) -> None:
        """Check all open files once nothing has been typed for a moment.  A check of older text is called off."""
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = asyncio.ensure_future(self._check_all())

    def stop(self) -> None:
        """Begin nothing more, and end what is running."""
        if self._waiting is not None:
            self._waiting.cancel()
        self.worker.stop()

    async def _check_all(self) -> None:
        await asyncio.sleep(0 if self._is_first else _PAUSE)
        sheets = opened(self.workspace).sheets
        progress = Progress(self, "dropout-lint: analysis", len(sheets))
        if self._is_first and self.client.shows_progress:
            await progress.begin()
        stale = False
        try:
            for sheet in sheets:
                progress.report(sheet.name)
                for uri, (version, found) in (await self._checked(sheet)).items():
                    if not self.client.pulls or sheet.is_notebook:
                        self._told[uri] = found
                        params = types.PublishDiagnosticsParams(uri, found, version=version)
                        self.text_document_publish_diagnostics(params)
                    else:
                        stale = stale or self._told.get(uri, found) != found
        finally:
            progress.end()
        self._is_first = False
        if stale:
            self.workspace_diagnostic_refresh(None)
        if self.options.inlay_hints and self.client.refreshes_hints:
            self.workspace_inlay_hint_refresh(None)

    async def pull(self, uri: str) -> list[types.Diagnostic]:
        """The diagnostics of a document, for an editor that asks for them."""
        place = opened(self.workspace).find(uri)
        if place is None or (place[0].is_notebook and self.client.pulls):
            return []  # those of notebooks are published: not every editor that asks does so for cells
        self._told[uri] = (await self._checked(place[0]))[uri][1]
        return self._told[uri]

    async def _checked(self, sheet: Sheet) -> Shown:
        """The diagnostics of an open file, by document, each with its version; none if it cannot be checked."""
        nothing: Shown = {document.uri: (document.version, []) for document in sheet.documents}
        return await self.ask(sheet.uri, partial(self._diagnostics, uri=sheet.uri, otherwise=nothing), nothing)

    def forget(self, uris: list[str]) -> None:
        """These documents are closed."""
        for uri in uris:
            self._told.pop(uri, None)
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
        self.schedule()

    def _diagnostics(self, held: Opened, uri: str, otherwise: Shown) -> Shown:
        sheet = next((sheet for sheet in held.sheets if sheet.uri == uri), None)
        if sheet is None:
            return otherwise  # it has been closed meanwhile
        shown: Shown = {**otherwise, **{document.uri: (document.version, []) for document in sheet.documents}}
        for finding in self.findings(sheet):
            document = sheet.document(finding.cell)
            if document is not None:
                shown[document.uri][1].append(self.diagnostic(finding, held, held.text(document)))
        return shown

    def findings(self, sheet: Sheet) -> tuple[Finding, ...]:
        """What is found in an open file.  In the thread of the analyses."""
        return self.documents.check(sheet.name).findings

    def diagnostic(self, finding: Finding, held: Opened, text: Any) -> types.Diagnostic:
        """``finding``, in the words of this client."""
        return diagnostic(finding, text, held.locate, related=self.client.shows_related)

    def log(self, message: str, kind: types.MessageType = types.MessageType.Info) -> None:
        """A line in the editor's log."""
        self.window_log_message(types.LogMessageParams(kind, message))

    def _say(self, message: str) -> None:
        """A mistake in the settings: in the log, and before the user's eyes, but once only."""
        if message not in self._said:
            self._said.add(message)
            self.log(message, types.MessageType.Error)
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"dropout-lint: {message}"))
