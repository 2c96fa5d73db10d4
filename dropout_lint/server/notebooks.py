"""Notebooks that are open in an editor: each cell is a document of its own there, and one file to us."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lsprotocol import types
from pygls.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Sheet:
    """An open file: the documents that it consists of, in order; ``is_notebook`` if these are cells."""

    uri: str
    documents: tuple[str, ...]
    is_notebook: bool

    def cell_of(self, uri: str) -> int | None:
        """The number of the cell, from 1, whose document is ``uri``; None in a plain file."""
        return self.documents.index(uri) + 1 if self.is_notebook else None

    def document(self, cell: int | None) -> str | None:
        """The document of ``cell``; None if there is none."""
        number = 1 if cell is None else cell
        return self.documents[number - 1] if 0 < number <= len(self.documents) else None


def sheets(workspace: Workspace) -> list[Sheet]:
    """The files that are open."""
    notebooks = workspace.notebook_documents
    found = [Sheet(uri, tuple(cell.document for cell in notebooks[uri].cells), True) for uri in notebooks]
    cells = {uri for sheet in found for uri in sheet.documents}
    found += [Sheet(uri, (uri,), False) for uri in workspace.text_documents if uri not in cells]
    return found


def as_file(cells: Sequence[types.NotebookCell], sources: Mapping[str, str]) -> bytes:
    """The notebook as a file would say it."""
    kinds = {types.NotebookCellKind.Code: "code", types.NotebookCellKind.Markup: "markdown"}
    content = {
        "cells": [
            {"cell_type": kinds[types.NotebookCellKind(cell.kind)], "source": sources.get(cell.document, "")}
            for cell in cells
        ],
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, ensure_ascii=False).encode("utf-8")
