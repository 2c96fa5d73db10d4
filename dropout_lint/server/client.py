"""What the editor can do, of the things on which the answers depend."""

from __future__ import annotations

from lsprotocol import types


class Client:
    """The capabilities that an editor has declared."""

    def __init__(self, capabilities: types.ClientCapabilities) -> None:
        self._document = capabilities.text_document or types.TextDocumentClientCapabilities()
        self._workspace = capabilities.workspace or types.WorkspaceClientCapabilities()
        self._window = capabilities.window or types.WindowClientCapabilities()

    @property
    def pulls(self) -> bool:
        """Whether it asks for diagnostics, and can be told to ask again, because an edit in one file changes what
        another shows.  An editor that asks and is told as well shows everything twice.
        """
        refresh = self._workspace.diagnostics
        return self._document.diagnostic is not None and refresh is not None and bool(refresh.refresh_support)

    @property
    def may_pull(self) -> bool:
        """Whether to offer diagnostics to be asked for: also to one that declares nothing at all."""
        return self.pulls or self._document.publish_diagnostics is None

    @property
    def shows_related(self) -> bool:
        """Whether it shows related information.  One that declares nothing is given it."""
        published = self._document.publish_diagnostics
        return published is None or published.related_information is not False

    @property
    def refreshes_hints(self) -> bool:
        """Whether it can be told to ask again for inlay hints."""
        hints = self._workspace.inlay_hint
        return hints is not None and bool(hints.refresh_support)

    @property
    def shows_progress(self) -> bool:
        """Whether it shows what a server is busy with."""
        return bool(self._window.work_done_progress)

    @property
    def watches_files(self) -> bool:
        """Whether it can be asked to watch files."""
        watched = self._workspace.did_change_watched_files
        return watched is not None and bool(watched.dynamic_registration)
