"""An editor's view: python-lsp-server, with its flake8 plugin, shows our findings and takes them away."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import clean_environment
from tests.language_client import Diagnostics, LanguageClient

pytest.importorskip("pylsp", reason="python-lsp-server is not installed")

BAD = """\
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.names, self.drop = "é日本", nn.Dropout(30)

    def forward(self, x):
        return F.dropout(self.drop(x), 0.5)
"""
GOOD = BAD.replace("Dropout(30)", "Dropout(0.3)").replace("0.5)", "0.5, training=self.training)")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageClient]:
    """An editor with a project open, its server set up as README says."""
    workspace = tmp_path_factory.mktemp("project")
    beside_python = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    plugins = {name: {"enabled": name == "flake8"} for name in ("flake8", "pycodestyle", "pyflakes", "mccabe")}
    command = [sys.executable, "-m", "pylsp"]
    with LanguageClient(command, workspace, clean_environment(PATH=beside_python)) as client:
        client.notify("workspace/didChangeConfiguration", settings={"pylsp": {"plugins": plugins}})
        yield client


def open_document(client: LanguageClient, uri: str, text: str) -> None:
    client.notify("textDocument/didOpen", textDocument={"uri": uri, "languageId": "python", "version": 1, "text": text})


def edit(client: LanguageClient, uri: str, version: int, text: str) -> None:
    client.notify(
        "textDocument/didChange", textDocument={"uri": uri, "version": version}, contentChanges=[{"text": text}]
    )


def ours(diagnostics: Diagnostics) -> list[tuple[str, int, int]]:
    """Code, line and column of our findings, both counted from 0 as editors do."""
    found = [(found["code"], found["range"]["start"]) for found in diagnostics if found["code"].startswith("DRP")]
    return [(code, start["line"], start["character"]) for code, start in found]


def test_findings_appear_where_they_are_and_go_when_the_text_is_mended(client: LanguageClient, tmp_path: Path) -> None:
    uri = (tmp_path / "net.py").as_uri()
    open_document(client, uri, BAD)
    shown = client.diagnostics(uri, wanted=lambda found: bool(ours(found)))
    layer, functional = BAD.splitlines()[7], BAD.splitlines()[10]
    assert ours(shown) == [("DRP101", 7, layer.index("30")), ("DRP201", 10, functional.index("F.dropout"))]
    assert [found["range"]["end"]["line"] for found in shown] == [7, 10]
    assert "training=self.training" in shown[1]["message"]

    edit(client, uri, 2, GOOD)
    client.diagnostics(uri, wanted=lambda found: found == [])

    edit(client, uri, 3, GOOD.replace("0.3", "rate=0.3"))
    [(code, line, _)] = ours(client.diagnostics(uri, wanted=lambda found: bool(ours(found))))
    assert (code, line) == ("DRP104", 7)


def test_half_typed_code_shows_a_syntax_error_and_the_findings_come_back(
    client: LanguageClient, tmp_path: Path
) -> None:
    uri = (tmp_path / "typing.py").as_uri()
    open_document(client, uri, BAD + "x = (\n")
    shown = client.diagnostics(uri, wanted=bool)
    assert [found["code"] for found in shown if found["code"] in ("E999", "E902")] != []

    edit(client, uri, 2, BAD + "x = ()\n")
    assert len(ours(client.diagnostics(uri, wanted=lambda found: bool(ours(found))))) == 2
