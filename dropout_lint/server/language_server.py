"""The features of the language server: which message of an editor leads to what."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from lsprotocol import types

from dropout_lint.driver import config
from dropout_lint.finding import Applicability, Finding, Position, Span
from dropout_lint.lint.file_check import lint_text
from dropout_lint.server import actions, hover
from dropout_lint.server.client import Client
from dropout_lint.server.opened import Opened
from dropout_lint.server.options import of_section, options
from dropout_lint.server.session import Session
from dropout_lint.syntax import notebook

_HINT = "the mode of the model in this call, as dropout-lint sees it"
_WATCHED = ("**/*.py", "**/*.ipynb", *(f"**/{name}" for name in config.FILES))


def create() -> Session:
    """A server with all its features, not started yet."""
    # It warns of each request that is cancelled just as it is answered, and editors cancel with every key.
    logging.getLogger("pygls").setLevel(logging.ERROR)
    server = Session()
    _add_life(server)
    _add_documents(server)
    _add_answers(server)
    return server


def _add_life(server: Session) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.options = options(params.initialization_options)
        server.client = Client(params.capabilities)
        if server.client.may_pull:
            offered = types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=False)
            server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, offered)(diagnose)

    async def diagnose(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        return types.RelatedFullDocumentDiagnosticReport(await server.pull(params.text_document.uri))

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        if server.client.watches_files:
            watched = types.DidChangeWatchedFilesRegistrationOptions(
                [types.FileSystemWatcher(pattern) for pattern in _WATCHED]
            )
            registration = types.Registration("watched", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, watched)
            await server.client_register_capability_async(types.RegistrationParams([registration]))

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configured(params: types.DidChangeConfigurationParams) -> None:
        given = of_section(params.settings)
        if given is not None:
            server.options = given
            server.changed_on_disk()

    @server.feature(types.SHUTDOWN)
    def shutdown(*_: object) -> None:
        server.stop()


def _add_documents(server: Session) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    @server.feature(types.NOTEBOOK_DOCUMENT_DID_OPEN)
    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CHANGE)
    async def changed(ls: Session, params: object) -> None:
        server.schedule()

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    @server.feature(types.NOTEBOOK_DOCUMENT_DID_SAVE)
    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def changed_on_disk(ls: Session, params: object) -> None:
        server.changed_on_disk()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.forget([params.text_document.uri])

    @server.feature(types.NOTEBOOK_DOCUMENT_DID_CLOSE)
    async def closed_notebook(params: types.DidCloseNotebookDocumentParams) -> None:
        server.forget([cell.uri for cell in params.cell_text_documents])


def _add_answers(server: Session) -> None:
    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions([types.CodeActionKind.QuickFix, actions.FIX_ALL]),
    )
    async def code_actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        return await server.ask(params.text_document.uri, partial(_actions, server, params), [])

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hovered(params: types.HoverParams) -> types.Hover | None:
        said = await server.ask(params.text_document.uri, partial(_hover, server, params), None)
        return None if said is None else types.Hover(types.MarkupContent(types.MarkupKind.Markdown, said))

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def hinted(params: types.InlayHintParams) -> list[types.InlayHint]:
        if not server.options.inlay_hints:
            return []
        return await server.ask(params.text_document.uri, partial(_hints, server, params), [])

    @server.command(actions.OPEN_PAGE)
    async def open_page(*arguments: Any) -> None:
        if arguments and isinstance(arguments[0], str):
            await server.window_show_document_async(types.ShowDocumentParams(arguments[0], external=True))


def _actions(server: Session, params: types.CodeActionParams, held: Opened) -> list[types.CodeAction]:
    only = params.context.only
    place = held.find(params.text_document.uri)
    if place is None:
        return []
    sheet, document = place
    text = held.text(document)
    found: list[types.CodeAction] = []
    if only is None or any(kind in ("", types.CodeActionKind.QuickFix) for kind in only):
        for finding in server.findings(sheet):
            if sheet.document(finding.cell) is document:
                shown = server.diagnostic(finding, held, text)
                if _overlap(shown.range, params.range):
                    found += actions.of_finding(finding, shown, document.uri, document.text, text)
    wants_all = only is None or any(kind == actions.FIX_ALL or actions.FIX_ALL.startswith(f"{kind}.") for kind in only)
    if wants_all and not sheet.is_notebook and any(map(_is_safely_fixable, server.findings(sheet))):
        settings = server.documents.settings(sheet.name)
        rules = settings.rules_for(sheet.name)

        def check(changed: str) -> tuple[Finding, ...]:
            result = lint_text(sheet.name, changed, rules, server.documents.project(sheet.name))
            return settings.shown.of(result).findings

        found += actions.fix_all(document.uri, document.text, text, check)
    return found


def _is_safely_fixable(finding: Finding) -> bool:
    return finding.fix is not None and finding.fix.applicability is Applicability.SAFE


def _overlap(one: types.Range, other: types.Range) -> bool:
    return not (
        (one.end.line, one.end.character) < (other.start.line, other.start.character)
        or (other.end.line, other.end.character) < (one.start.line, one.start.character)
    )


def _hover(server: Session, params: types.HoverParams, held: Opened) -> str | None:
    found = held.find(params.text_document.uri)
    if found is None:
        return None
    sheet, document = found
    lines = document.text.split("\n")
    if params.position.line >= len(lines):
        return None
    place = held.codec.position_from_client_units(lines, params.position)
    page = hover.page_at(lines[place.line], place.character)
    if page is not None:
        return page
    number, content, read = place.line + 1, document.text, None
    cell = sheet.cell_of(document.uri)
    if cell is not None:
        try:
            read = notebook.read(sheet.data)
            number += read.cell(cell).first_line - 1
        except (SyntaxError, StopIteration):
            return None
        content = read.text
    project = server.documents.project(sheet.name)
    return hover.code_at(sheet.name, content, Position(number, place.character + 1), project, read)


def _hints(server: Session, params: types.InlayHintParams, held: Opened) -> list[types.InlayHint]:
    found = held.find(params.text_document.uri)
    if found is None:
        return []
    sheet, document = found
    text, cell = held.text(document), sheet.cell_of(document.uri)
    hints = []
    for hint in server.documents.hints(sheet.name):
        place = text.range(Span(hint.place, hint.place))
        if hint.cell == cell and _overlap(place, params.range):
            hints.append(types.InlayHint(place.start, hint.mode, tooltip=_HINT, padding_left=True))
    return hints
