"""The language server: what the editor says goes to `Documents`, and what is found goes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from dropout_lint.driver import config
from dropout_lint.driver.config import ConfigError, Settings
from dropout_lint.finding import Finding, Span
from dropout_lint.io.opening import read_regular
from dropout_lint.lint.engine import REPORT_IT, describe
from dropout_lint.lint.file_check import lint_text
from dropout_lint.lint.selection import Selection, UnknownSelector
from dropout_lint.server import actions, hover
from dropout_lint.server.diagnostics import diagnostic
from dropout_lint.server.documents import Documents
from dropout_lint.server.notebooks import Sheet, as_file, sheets
from dropout_lint.server.positions import Text
from dropout_lint.syntax import notebook
from dropout_lint.version import VERSION

_PAUSE = 0.15  # seconds without a further edit before a file is checked
_WATCHED = ("**/*.py", "**/*.ipynb", "**/pyproject.toml", "**/dropout-lint.toml", "**/.dropout-lint.toml")

Result = TypeVar("Result")


class Server(LanguageServer):
    """One session of one editor."""

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
        self.options: Mapping[str, Any] = {}
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dropout-lint")  # one analysis at a time
        self._waiting: asyncio.Task[None] | None = None

    def _settings_for(self, path: Path) -> Settings:
        settings = config.nearest(path.parent) or Settings(path.parent)
        return _with_options(settings, self.options)

    async def in_worker(self, work: Callable[[], Result]) -> Result:
        """What ``work`` returns, done after all that was asked for before."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    def name_of(self, uri: str) -> str:
        """The canonical name of the file that the editor calls ``uri``."""
        return self.documents.name(uris.to_fs_path(uri) or uri)

    def source(self, uri: str) -> str:
        """What the editor holds in a document: a file, or a cell."""
        return self.workspace.get_text_document(uri).source

    def text(self, uri: str) -> Text:
        """The document ``uri``, to convert places in."""
        return Text(self.source(uri), self.workspace.position_codec)

    def sheet_of(self, uri: str) -> Sheet | None:
        """The open file that the document ``uri`` is, or is a cell of."""
        return next((sheet for sheet in sheets(self.workspace) if uri in sheet.documents), None)

    def read_all(self) -> None:
        """Take over what the editor holds."""
        for sheet in sheets(self.workspace):
            if sheet.is_notebook:
                cells = self.workspace.notebook_documents[sheet.uri].cells
                data = as_file(cells, {uri: self.source(uri) for uri in sheet.documents})
            else:
                data = self.source(sheet.uri).encode("utf-8")
            self.documents.set(self.name_of(sheet.uri), data)

    def schedule(self) -> None:
        """Check all open files once nothing has been typed for a moment."""
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = asyncio.ensure_future(self._check_all())

    async def _check_all(self) -> None:
        await asyncio.sleep(_PAUSE)
        self.read_all()
        for sheet in sheets(self.workspace):
            try:
                shown = await self.in_worker(partial(self.diagnostics, sheet))
            except Exception as error:  # one file must not end the checks of all others
                self.log(f"{sheet.uri}: {describe(error)}; {REPORT_IT}", types.MessageType.Error)
                continue
            for uri, found in shown.items():
                version = self.workspace.get_text_document(uri).version
                self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version=version))

    def findings(self, sheet: Sheet) -> tuple[Finding, ...]:
        """What is found in an open file; nothing, and a line in the editor's log, if the settings are wrong."""
        try:
            return self.documents.check(self.name_of(sheet.uri)).findings
        except (ConfigError, UnknownSelector) as error:
            self.log(f"{sheet.uri}: {error}", types.MessageType.Error)
            return ()

    def diagnostics(self, sheet: Sheet) -> dict[str, list[types.Diagnostic]]:
        """The findings of an open file, by document."""
        shown: dict[str, list[types.Diagnostic]] = {uri: [] for uri in sheet.documents}
        for finding in self.findings(sheet):
            uri = sheet.document(finding.cell)
            if uri is not None:
                shown[uri].append(diagnostic(finding, self.text(uri), self.locate))
        return shown

    def locate(self, filename: str, span: Span, cell: int | None) -> types.Location | None:
        """Where a note points to."""
        name = self.documents.name(filename)
        for sheet in sheets(self.workspace):
            if self.name_of(sheet.uri) == name:
                uri = sheet.document(cell)
                return None if uri is None else types.Location(uri, self.text(uri).range(span))
        try:
            content = read_regular(Path(name)).decode("utf-8", "replace")
        except OSError:
            return None
        place = Text(content, self.workspace.position_codec).range(span)
        return None if cell is not None else types.Location(uris.from_fs_path(name) or "", place)

    def log(self, message: str, kind: types.MessageType = types.MessageType.Info) -> None:
        """A line in the editor's log."""
        self.window_log_message(types.LogMessageParams(kind, message))


def _with_options(settings: Settings, options: Mapping[str, Any]) -> Settings:
    """``settings`` with the ``initializationOptions`` on top.  Raises `ConfigError`."""

    def codes(name: str) -> tuple[str, ...]:
        value = options.get(name, ())
        if not isinstance(value, (list, tuple)) or not all(isinstance(code, str) for code in value):
            raise ConfigError(f"initializationOptions: `{name}` must be a list of codes, not {value!r}")
        return config.valid_codes(tuple(value), f"initializationOptions: `{name}`")

    known = ("select", "extendSelect", "ignore", "minConfidence")
    for name in options:
        if name not in known:
            raise ConfigError(f"initializationOptions: unknown `{name}`; there are {', '.join(known)}")
    if not options:
        return settings
    selection = Selection(codes("select") if "select" in options else None, codes("extendSelect"), codes("ignore"))
    settings = settings._replace(selections=(*settings.selections, selection))
    if "minConfidence" in options:
        least = config.confidence(options["minConfidence"], "initializationOptions: `minConfidence`")
        settings = settings._replace(min_confidence=least)
    return settings


def create() -> Server:
    """A server with all its features, not started yet."""
    server = Server()

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        given = params.initialization_options
        server.options = given if isinstance(given, dict) else {}

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        watched = server.client_capabilities.workspace
        if watched is not None and getattr(watched.did_change_watched_files, "dynamic_registration", False):
            patterns = [types.FileSystemWatcher(pattern) for pattern in _WATCHED]
            registration = types.Registration(
                "watched",
                types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
                types.DidChangeWatchedFilesRegistrationOptions(patterns),
            )
            await server.client_register_capability_async(types.RegistrationParams([registration]))

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    @server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    async def changed(ls: Server, params: object) -> None:
        server.schedule()

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    @server.feature(types.NOTEBOOK_DOCUMENT_DID_SAVE)
    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def changed_on_disk(ls: Server, params: object) -> None:
        server.documents.changed_on_disk()
        server.schedule()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: types.DidCloseTextDocumentParams) -> None:
        close(params.text_document.uri, [params.text_document.uri])

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    async def closed_notebook(params: types.DidCloseNotebookDocumentParams) -> None:
        close(params.notebook_document.uri, [cell.uri for cell in params.cell_text_documents])

    def close(uri: str, documents: list[str]) -> None:
        server.documents.close(server.name_of(uri))
        for document in documents:
            server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(document, []))
        server.schedule()

    @server.feature(
        types.TEXT_DOCUMENT_DIAGNOSTIC,
        types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=False),
    )
    async def diagnose(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        uri = params.text_document.uri
        server.read_all()
        sheet = server.sheet_of(uri)
        shown = {} if sheet is None else await server.in_worker(partial(server.diagnostics, sheet))
        return types.RelatedFullDocumentDiagnosticReport(shown.get(uri, []))

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions([types.CodeActionKind.QuickFix, actions.FIX_ALL]),
    )
    async def code_actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        server.read_all()
        return await server.in_worker(lambda: _actions(server, params))

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hovered(params: types.HoverParams) -> types.Hover | None:
        server.read_all()
        said = await server.in_worker(lambda: _hover(server, params))
        return None if said is None else types.Hover(types.MarkupContent(types.MarkupKind.Markdown, said))

    @server.command(actions.OPEN_PAGE)
    async def open_page(*arguments: Any) -> None:
        if arguments and isinstance(arguments[0], str):
            await server.window_show_document_async(types.ShowDocumentParams(arguments[0], external=True))

    return server


def _actions(server: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    uri, only = params.text_document.uri, params.context.only
    sheet = server.sheet_of(uri)
    if sheet is None:
        return []
    content, text = server.source(uri), server.text(uri)
    found: list[types.CodeAction] = []
    if only is None or any(kind in ("", types.CodeActionKind.QuickFix) for kind in only):
        for finding in server.findings(sheet):
            if sheet.document(finding.cell) == uri:
                shown = diagnostic(finding, text, server.locate)
                if _overlap(shown.range, params.range):
                    found += actions.of_finding(finding, shown, uri, content, text)
    wants_all = only is None or any(kind == actions.FIX_ALL or actions.FIX_ALL.startswith(f"{kind}.") for kind in only)
    if wants_all and not sheet.is_notebook:
        name = server.name_of(uri)
        rules = server.documents.settings(name).rules_for(name)

        def check(changed: str) -> tuple[Finding, ...]:
            return lint_text(name, changed, rules, server.documents.project(name)).findings

        found += actions.fix_all(uri, content, text, check)
    return found


def _overlap(one: types.Range, other: types.Range) -> bool:
    return not (
        (one.end.line, one.end.character) < (other.start.line, other.start.character)
        or (other.end.line, other.end.character) < (one.start.line, one.start.character)
    )


def _hover(server: Server, params: types.HoverParams) -> str | None:
    uri = params.text_document.uri
    sheet = server.sheet_of(uri)
    lines = server.source(uri).split("\n")
    if sheet is None or params.position.line >= len(lines):
        return None
    place = server.workspace.position_codec.position_from_client_units(lines, params.position)
    page = hover.page_at(lines[place.line], place.character)
    if page is not None:
        return page
    name, content, number = server.name_of(sheet.uri), server.source(uri), place.line + 1
    cell = sheet.cell_of(uri)
    if cell is not None:
        try:
            joined = notebook.read(server.documents.data(name))
            number += joined.cell(cell).first_line - 1
        except (SyntaxError, StopIteration):
            return None
        content = joined.text
    return hover.modes_at(name, content, number, server.documents.project(name))
