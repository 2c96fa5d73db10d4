"""A whole session with the language server, over stdio, as an editor has it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pygls")
pytest_lsp = pytest.importorskip("pytest_lsp")

from lsprotocol import types  # noqa: E402

PROGRAM = """\
import torch
from torch import nn

model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(p=1))
model.load_state_dict(torch.load("w.pt"))
name = "é𝄞"; integer = nn.Dropout(p=2)
with torch.no_grad():
    print(model(torch.load("x.pt")).argmax())
"""


BASE = "from torch import nn\n\n\nclass Base(nn.Module):\n    pass\n"


class Editor:
    """A client with one folder."""

    def __init__(self, client: Any, folder: Path) -> None:
        self.client, self.folder = client, folder

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    async def open(self, name: str, text: str) -> None:
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(self.uri(name), "python", 1, text))
        )

    async def shown(self, uri: str, until: Callable[[list[types.Diagnostic]], bool]) -> list[types.Diagnostic]:
        """The diagnostics of a document, as soon as they are as expected; the last ones after a while."""
        for _ in range(300):
            found = self.client.diagnostics.get(uri)
            if found is not None and until(found):
                return list(found)
            await asyncio.sleep(0.1)
        return list(self.client.diagnostics.get(uri) or [])

    async def actions(self, uri: str, only: list[str] | None = None) -> list[types.CodeAction]:
        everywhere = types.Range(types.Position(0, 0), types.Position(1000, 0))
        found = await self.client.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(uri), everywhere, types.CodeActionContext(diagnostics=[], only=only)
            )
        )
        return [action for action in found if isinstance(action, types.CodeAction)]

    async def pulled(self, name: str) -> list[types.Diagnostic]:
        found = await self.client.text_document_diagnostic_async(
            types.DocumentDiagnosticParams(types.TextDocumentIdentifier(self.uri(name)))
        )
        return list(found.items)

    async def hints(self, uri: str) -> list[tuple[int, int, str]]:
        everywhere = types.Range(types.Position(0, 0), types.Position(1000, 0))
        found = await self.client.text_document_inlay_hint_async(
            types.InlayHintParams(types.TextDocumentIdentifier(uri), everywhere)
        )
        return [(hint.position.line, hint.position.character, hint.label) for hint in found]

    def edit(self, name: str, version: int, text: str) -> None:
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(version, self.uri(name)),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    async def until(self, holds: Callable[[], bool]) -> bool:
        """Whether it holds within a while."""
        for _ in range(300):
            if holds():
                return True
            await asyncio.sleep(0.1)
        return False

    async def hover(self, uri: str, line: int, character: int) -> str:
        found = await self.client.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(line, character))
        )
        return "" if found is None else str(found.contents.value)


def session(
    folder: Path,
    work: Callable[[Editor], Awaitable[None]],
    options: dict[str, Any] | None = None,
    capabilities: types.ClientCapabilities | None = None,
) -> None:
    async def run() -> None:
        client = pytest_lsp.make_test_lsp_client()
        await client.start_io(sys.executable, "-m", "dropout_lint", "server", "--stdio")
        await client.initialize_session(
            types.InitializeParams(
                capabilities=capabilities or types.ClientCapabilities(),
                root_uri=folder.as_uri(),
                initialization_options=options or {},
            )
        )
        try:
            await work(Editor(client, folder))
        finally:
            await client.shutdown_session()
            await client.stop()

    asyncio.run(run())


def codes(found: list[types.Diagnostic]) -> list[str]:
    return [str(diagnostic.code) for diagnostic in found]


def test_a_finding_comes_with_severity_page_and_witness(tmp_path: Path) -> None:
    async def work(editor: Editor) -> None:
        await editor.open("predict.py", PROGRAM)
        found = await editor.shown(editor.uri("predict.py"), lambda found: len(found) == 3)
        assert codes(found) == ["DRP103", "DRP101", "DRP301"]
        missing = found[2]
        assert missing.severity is types.DiagnosticSeverity.Error
        assert missing.source == "dropout-lint"
        assert missing.code_description is not None
        assert missing.code_description.href.endswith("#drp301")
        assert missing.related_information is not None
        assert missing.related_information[0].location.range.start.line == 3
        out_of_range = found[1].range  # columns are counted in UTF-16, the default of the protocol
        assert (out_of_range.start.line, out_of_range.start.character) == (5, 37)

    session(tmp_path, work)


def test_fixes_and_suppressions_are_offered_and_the_unsafe_ones_say_so(tmp_path: Path) -> None:
    text = PROGRAM + "drop = nn.Dropout(rate=0.3)\n"

    async def work(editor: Editor) -> None:
        uri = editor.uri("predict.py")
        await editor.open("predict.py", text)
        await editor.shown(uri, lambda found: len(found) >= 3)
        titles = {action.title: action for action in await editor.actions(uri)}
        assert titles["Call `model.eval()` (unsafe: results may change)"].is_preferred is None
        assert "Suppress DRP301 in this line with `# noqa`" in titles
        fix_all = await editor.actions(uri, ["source.fixAll.dropoutLint"])
        assert len(fix_all) == 1
        assert fix_all[0].edit is not None
        assert fix_all[0].edit.changes is not None
        (edit,) = fix_all[0].edit.changes[uri]
        assert "nn.Dropout(p=0.3)" in edit.new_text
        assert "model.eval()" not in edit.new_text
        editor.edit("predict.py", 2, PROGRAM)
        assert await editor.actions(uri, ["source.fixAll.dropoutLint"]) == []

    session(tmp_path, work)


def test_hover_shows_the_mode_and_where_it_came_from_and_the_page_of_a_code(tmp_path: Path) -> None:
    text = PROGRAM.replace("p=2)", "p=2)  # noqa: DRP101")

    async def work(editor: Editor) -> None:
        uri = editor.uri("predict.py")
        await editor.open("predict.py", text)
        await editor.shown(uri, lambda found: len(found) == 2)
        mode = await editor.hover(uri, 7, 12)
        assert mode.startswith("- **mode: train**, as every new module, made here ([")
        assert "#L4)" in mode
        page = await editor.hover(uri, 5, text.splitlines()[5].index("DRP101") + 2)
        assert page.startswith("# integer-probability (DRP101)")
        assert await editor.hover(uri, 0, 2) == ""

    session(tmp_path, work)


def test_an_edit_of_one_open_file_changes_what_another_shows(tmp_path: Path) -> None:
    net = "import torch.nn.functional as F\nfrom base import Base\n\n\nclass Net(Base):\n"
    net += "    def forward(self, x):\n        return F.dropout(x)\n"

    async def work(editor: Editor) -> None:
        (tmp_path / "base.py").write_text("class Base:\n    pass\n")
        await editor.open("net.py", net)
        await editor.open("base.py", "class Base:\n    pass\n")
        assert await editor.shown(editor.uri("net.py"), lambda found: True) == []
        editor.edit("base.py", 2, BASE)
        assert codes(await editor.shown(editor.uri("net.py"), lambda found: len(found) == 1)) == ["DRP201"]

    session(tmp_path, work)


def test_cells_of_a_notebook_are_checked_as_one_program(tmp_path: Path) -> None:
    cells = PROGRAM.split("\n\n", 1)[0], "# A title", PROGRAM.split("\n\n", 1)[1]

    async def work(editor: Editor) -> None:
        uris = [f"vscode-notebook-cell:{tmp_path}/a.ipynb#{number}" for number in range(3)]
        kinds = [types.NotebookCellKind.Code, types.NotebookCellKind.Markup, types.NotebookCellKind.Code]
        editor.client.notebook_document_did_open(
            types.DidOpenNotebookDocumentParams(
                types.NotebookDocument(
                    editor.uri("a.ipynb"),
                    "jupyter-notebook",
                    1,
                    [types.NotebookCell(kind, uri) for kind, uri in zip(kinds, uris)],
                ),
                [types.TextDocumentItem(uri, "python", 1, text) for uri, text in zip(uris, cells)],
            )
        )
        found = await editor.shown(uris[2], lambda found: len(found) == 3)
        assert codes(found) == ["DRP103", "DRP101", "DRP301"]
        assert found[2].range.start.line == 4
        assert found[2].related_information is not None
        assert found[2].related_information[0].location.uri == uris[2]
        assert "- **mode: train**, as every new module, made here (cell 3, line 1)" in await editor.hover(
            uris[2], 4, 12
        )

    session(tmp_path, work)


def test_options_select_rules_and_wrong_ones_are_named_in_the_log(tmp_path: Path) -> None:
    async def selected(editor: Editor) -> None:
        await editor.open("predict.py", PROGRAM)
        found = await editor.shown(editor.uri("predict.py"), lambda found: len(found) == 1)
        assert codes(found) == ["DRP103"]

    session(tmp_path, selected, {"select": ["DRP103"]})

    async def wrong(editor: Editor) -> None:
        await editor.open("predict.py", PROGRAM)
        assert await editor.shown(editor.uri("predict.py"), lambda found: True) == []
        assert any("unknown `selekt`" in message.message for message in editor.client.log_messages)

    session(tmp_path, wrong, {"selekt": ["DRP102"]})


PULLS = types.ClientCapabilities(
    text_document=types.TextDocumentClientCapabilities(
        diagnostic=types.DiagnosticClientCapabilities(),
        publish_diagnostics=types.PublishDiagnosticsClientCapabilities(related_information=True),
    ),
    workspace=types.WorkspaceClientCapabilities(
        diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
    ),
)
NET = """\
import torch.nn.functional as F
from base import Base


class Net(Base):
    def forward(self, x):
        return F.dropout(x)
"""


def test_an_editor_that_asks_for_diagnostics_is_not_told_them_as_well(tmp_path: Path) -> None:
    async def work(editor: Editor) -> None:
        await editor.open("predict.py", PROGRAM)
        assert codes(await editor.pulled("predict.py")) == ["DRP103", "DRP101", "DRP301"]
        await asyncio.sleep(1)
        assert editor.client.diagnostics == {}

    session(tmp_path, work, capabilities=PULLS)


def test_an_editor_that_cannot_be_told_to_ask_again_is_told_and_not_asked_to_ask(tmp_path: Path) -> None:
    """As Neovim 0.11: an edit of one file would leave what it shows of others as it was."""
    capabilities = types.ClientCapabilities(text_document=PULLS.text_document)

    async def work(editor: Editor) -> None:
        await editor.open("predict.py", PROGRAM)
        assert len(await editor.shown(editor.uri("predict.py"), lambda found: len(found) == 3)) == 3
        with pytest.raises(Exception, match="Method Not Found"):
            await editor.pulled("predict.py")

    session(tmp_path, work, capabilities=capabilities)


def test_an_editor_is_told_to_ask_again_where_an_edit_changes_what_another_file_shows(tmp_path: Path) -> None:
    async def work(editor: Editor) -> None:
        asked_again: list[int] = []
        features = editor.client.protocol.fm.features
        features[types.WORKSPACE_DIAGNOSTIC_REFRESH] = lambda *_: asked_again.append(1)
        for name, text in (("base.py", "class Base:\n    pass\n"), ("net.py", NET)):
            (tmp_path / name).write_text(text)
            await editor.open(name, text)
            assert await editor.pulled(name) == []
        editor.edit("base.py", 2, "class Base:\n    pass  # nothing of interest\n")
        assert await editor.pulled("base.py") == []
        await asyncio.sleep(1)
        assert asked_again == []
        editor.edit("base.py", 3, BASE)
        assert await editor.pulled("base.py") == []
        assert await editor.until(lambda: asked_again == [1])
        assert codes(await editor.pulled("net.py")) == ["DRP201"]

    session(tmp_path, work, capabilities=PULLS)


def test_without_related_information_the_message_says_where_the_mode_was_set(tmp_path: Path) -> None:
    capabilities = types.ClientCapabilities(
        text_document=types.TextDocumentClientCapabilities(
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(related_information=False)
        )
    )

    async def work(editor: Editor) -> None:
        await editor.open("predict.py", PROGRAM)
        found = await editor.shown(editor.uri("predict.py"), lambda found: len(found) == 3)
        assert found[2].related_information is None
        assert "\nline 4: " in found[2].message

    session(tmp_path, work, capabilities=capabilities)


def test_hints_show_the_mode_behind_calls_of_models_if_they_are_switched_on(tmp_path: Path) -> None:
    async def on(editor: Editor) -> None:
        uri = editor.uri("predict.py")
        await editor.open("predict.py", PROGRAM)
        column = PROGRAM.splitlines()[7].index(".argmax")
        assert await editor.hints(uri) == [(7, column, "train")]
        editor.edit("predict.py", 2, PROGRAM.replace("with torch", "model.eval()\nwith torch"))
        assert await editor.hints(uri) == [(8, column, "eval")]

    session(tmp_path, on, {"inlayHints": True})

    async def off(editor: Editor) -> None:
        await editor.open("predict.py", PROGRAM)
        assert await editor.hints(editor.uri("predict.py")) == []

    session(tmp_path, off)


def test_hover_on_dropout_says_what_it_does_in_each_mode(tmp_path: Path) -> None:
    async def work(editor: Editor) -> None:
        await editor.open("predict.py", PROGRAM.replace("p=1", "p=0.2"))
        said = await editor.hover(editor.uri("predict.py"), 3, PROGRAM.splitlines()[3].index("Dropout"))
        assert "after `train()`: drops elements with probability 0.2" in said
        assert "after `eval()`: returns its input as it is" in said

    session(tmp_path, work)


def test_settings_are_taken_up_when_they_change(tmp_path: Path) -> None:
    settings = tmp_path / "pyproject.toml"
    settings.write_text('[tool.dropout-lint]\nselect = ["DRP103"]\n')

    async def work(editor: Editor) -> None:
        uri = editor.uri("predict.py")

        def watched() -> None:
            change = types.FileEvent(settings.as_uri(), types.FileChangeType.Changed)
            editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))

        await editor.open("predict.py", PROGRAM)
        assert codes(await editor.shown(uri, lambda found: len(found) == 1)) == ["DRP103"]
        settings.write_text('[tool.dropout-lint]\nselect = ["DRP101"]\n')
        watched()
        assert codes(await editor.shown(uri, lambda found: codes(found) == ["DRP101"])) == ["DRP101"]
        settings.write_text('[tool.dropout-lint]\nselekt = ["DRP101"]\n')
        watched()
        assert await editor.shown(uri, lambda found: found == []) == []
        assert await editor.until(lambda: any("selekt" in message.message for message in editor.client.messages))
        settings.write_text('[tool.dropout-lint]\nexclude = ["predict.py"]\n')
        watched()
        editor.client.workspace_did_change_configuration(
            types.DidChangeConfigurationParams({"dropoutLint": {"select": ["DRP301"]}})
        )
        assert await editor.shown(uri, lambda found: found == []) == []
        settings.unlink()
        watched()
        assert codes(await editor.shown(uri, lambda found: codes(found) == ["DRP301"])) == ["DRP301"]

    session(tmp_path, work)


def test_the_first_analysis_shows_progress(tmp_path: Path) -> None:
    capabilities = types.ClientCapabilities(window=types.WindowClientCapabilities(work_done_progress=True))

    async def work(editor: Editor) -> None:
        await editor.open("predict.py", PROGRAM)
        await editor.shown(editor.uri("predict.py"), lambda found: len(found) == 3)
        reports = editor.client.progress_reports
        assert await editor.until(lambda: any(steps[-1].kind == "end" for steps in reports.values() if steps))
        (steps,) = reports.values()
        assert [step.kind for step in steps] == ["begin", "report", "end"]
        assert steps[1].message == "predict.py"
        editor.edit("predict.py", 2, "")
        await editor.shown(editor.uri("predict.py"), lambda found: found == [])
        assert len(reports) == 1

    session(tmp_path, work, capabilities=capabilities)


def test_a_file_with_an_impossible_name_keeps_no_other_from_being_checked(tmp_path: Path) -> None:
    async def work(editor: Editor) -> None:
        crashing = "file:///" + "x" * 5000 + "/a.py"  # a name that no file system takes
        editor.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(crashing, "python", 1, PROGRAM))
        )
        await editor.open("predict.py", PROGRAM)
        assert len(await editor.shown(editor.uri("predict.py"), lambda found: len(found) == 3)) == 3

    session(tmp_path, work)


def test_half_of_a_character_is_no_crash(tmp_path: Path) -> None:
    async def work(editor: Editor) -> None:
        await editor.open("predict.py", PROGRAM + "# \ud83d\n")
        assert len(await editor.shown(editor.uri("predict.py"), lambda found: len(found) == 3)) == 3
        assert "mode: train" in await editor.hover(editor.uri("predict.py"), 7, 12)

    session(tmp_path, work)


def test_without_the_extra_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dropout_lint.cli import main

    monkeypatch.setitem(sys.modules, "dropout_lint.server.language_server", None)
    monkeypatch.setitem(sys.modules, "pygls", None)
    for name in [name for name in sys.modules if name.startswith("dropout_lint.server.")]:
        monkeypatch.delitem(sys.modules, name)
    assert main(["server"]) == 2
    assert "pip install 'dropout-lint[lsp]'" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["x", "host:", "1:70000"])
def test_an_address_that_makes_no_sense_is_refused(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    from dropout_lint.cli import main

    assert main(["server", "--tcp", address]) == 2
    assert "is not of the form [HOST:]PORT" in capsys.readouterr().err
