"""What an editor holds at one moment: files and notebooks, whose cells are documents of their own there.

An analysis runs beside the editor, which goes on typing: it is given such a moment, and its places are those of that
text and no other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types
from pygls import uris
from pygls.workspace import PositionCodec, Workspace

from dropout_lint.finding import Span
from dropout_lint.io.filenames import absolute
from dropout_lint.io.opening import read_regular
from dropout_lint.server.positions import Text


@dataclass(frozen=True, slots=True)
class Document:
    """A file, or a cell of a notebook, as the editor has it."""

    uri: str
    text: str
    version: int | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """An open file: ``name`` is its canonical name, ``data`` what it would hold if it were saved, ``documents`` what it
    consists of, in order; ``is_notebook`` if these are cells.
    """

    uri: str
    name: str
    data: bytes
    documents: tuple[Document, ...]
    is_notebook: bool

    def cell_of(self, uri: str) -> int | None:
        """The number of the cell, from 1, whose document is ``uri``; None in a plain file."""
        uris_of_cells = [document.uri for document in self.documents]
        return uris_of_cells.index(uri) + 1 if self.is_notebook else None

    def document(self, cell: int | None) -> Document | None:
        """The document of ``cell``; None if there is none."""
        number = 1 if cell is None else cell
        return self.documents[number - 1] if 0 < number <= len(self.documents) else None


@dataclass(frozen=True, slots=True)
class Opened:
    """All that is open, and how the client counts columns."""

    sheets: tuple[Sheet, ...]
    codec: PositionCodec

    def find(self, uri: str) -> tuple[Sheet, Document] | None:
        """The open file that the document ``uri`` is, or is a cell of; and the document."""
        for sheet in self.sheets:
            for document in sheet.documents:
                if document.uri == uri:
                    return sheet, document
        return None

    def text(self, document: Document) -> Text:
        """``document``, to convert places in."""
        return Text(document.text, self.codec)

    def locate(self, filename: str, span: Span, cell: int | None) -> types.Location | None:
        """Where in the editor a place of a file is, open or not; None if there is none."""
        name = absolute(filename)
        for sheet in self.sheets:
            if sheet.name == name:
                document = sheet.document(cell)
                return None if document is None else types.Location(document.uri, self.text(document).range(span))
        if cell is not None:
            return None
        try:
            content = read_regular(Path(name)).decode("utf-8-sig", "replace")
        except OSError:
            return None
        return types.Location(uris.from_fs_path(name) or "", Text(content, self.codec).range(span))


def opened(workspace: Workspace) -> Opened:
    """What is open now."""
    return Opened(tuple(_sheets(workspace)), workspace.position_codec)


def name_of(uri: str) -> str:
    """The canonical name of the file that the editor calls ``uri``."""
    return absolute(uris.to_fs_path(uri) or uri)


def _sheets(workspace: Workspace) -> Iterator[Sheet]:
    cells: set[str] = set()
    for uri, book in workspace.notebook_documents.items():
        documents = tuple(_document(workspace, cell.document) for cell in book.cells)
        cells.update(document.uri for document in documents)
        yield Sheet(uri, name_of(uri), _as_file(book.cells, documents), documents, True)
    for uri in list(workspace.text_documents):
        if uri not in cells:
            document = _document(workspace, uri)
            yield Sheet(uri, name_of(uri), document.text.encode("utf-8"), (document,), False)


def _document(workspace: Workspace, uri: str) -> Document:
    held = workspace.get_text_document(uri)
    # Half of a surrogate pair is in no file: a key that is not typed to its end.
    return Document(uri, held.source.encode("utf-8", "replace").decode("utf-8"), held.version)


def _as_file(cells: Sequence[types.NotebookCell], documents: Sequence[Document]) -> bytes:
    kinds = {types.NotebookCellKind.Code: "code", types.NotebookCellKind.Markup: "markdown"}
    content = {
        "cells": [
            {"cell_type": kinds[types.NotebookCellKind(cell.kind)], "source": document.text}
            for cell, document in zip(cells, documents)
        ],
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, ensure_ascii=False).encode("utf-8")
