"""A small client of the language server protocol: what an editor says to a server over its standard streams.

https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

Diagnostics = list[dict[str, Any]]

_PATIENCE = 120.0  # seconds; a loaded machine starts a Python for every keystroke here


class LanguageClient:
    """One session with a server; a context manager that shuts it down."""

    def __init__(self, command: Sequence[str], workspace: Path, env: Mapping[str, str]) -> None:
        self._workspace = workspace
        self._server = subprocess.Popen(
            command,
            cwd=workspace,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._incoming: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._requests = 0

    def __enter__(self) -> LanguageClient:
        self.request("initialize", processId=None, rootUri=self._workspace.as_uri(), capabilities={})
        self.notify("initialized")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.request("shutdown")
                self.notify("exit")
                self._server.wait(_PATIENCE)
        finally:
            self._server.kill()
            self._server.wait()
            for stream in (self._server.stdin, self._server.stdout):
                if stream is not None:
                    stream.close()

    def request(self, method: str, **parameters: Any) -> Any:
        """Ask, and wait for the result."""
        self._requests += 1
        number = self._requests
        given = {"params": parameters} if parameters else {}  # `shutdown` takes none, and some servers mind empty ones
        self._send({"jsonrpc": "2.0", "id": number, "method": method, **given})
        answer = self._wait_for(lambda message: message.get("id") == number and "method" not in message)
        assert "error" not in answer, answer
        return answer.get("result")

    def notify(self, method: str, **parameters: Any) -> None:
        """Tell, and wait for nothing."""
        self._send({"jsonrpc": "2.0", "method": method, "params": parameters})

    def diagnostics(self, uri: str, wanted: Callable[[Diagnostics], bool]) -> Diagnostics:
        """The first diagnostics published for ``uri`` that are as ``wanted``."""

        def is_wanted(message: dict[str, Any]) -> bool:
            parameters = message.get("params") or {}
            published = message.get("method") == "textDocument/publishDiagnostics" and parameters["uri"] == uri
            return published and wanted(parameters["diagnostics"])

        found: Diagnostics = self._wait_for(is_wanted)["params"]["diagnostics"]
        return found

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self._server.stdin is not None
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._server.stdin.flush()

    def _read(self) -> None:
        stream = self._server.stdout
        assert stream is not None
        while header := stream.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                header = stream.readline()
            self._incoming.put(json.loads(stream.read(length)))

    def _wait_for(self, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next message that ``is_wanted``; the others are passed over."""
        deadline = time.monotonic() + _PATIENCE
        passed: list[dict[str, Any]] = []
        while True:
            try:
                message = self._incoming.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                raise TimeoutError(f"the server said none of what was waited for, but: {passed}") from None
            if is_wanted(message):
                return message
            passed.append(message)
