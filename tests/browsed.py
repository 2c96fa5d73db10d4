"""A folder, served to a headless Chromium, and what a script on one of its pages says at the end."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class _Server(ThreadingHTTPServer):
    """Serves a folder, and keeps what a page posts."""

    answered = threading.Event()
    answer: Any = None


class _Handler(SimpleHTTPRequestHandler):
    def do_POST(self) -> None:
        """Take the script's answer."""
        assert isinstance(self.server, _Server)
        self.server.answer = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()
        self.server.answered.set()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a test reads the answer."""


def browsed(folder: Path, page: str, script: str, profile: Path, *, seconds: float = 120) -> Any:
    """What ``script``, the body of an async function, returns on the page ``page`` of ``folder``; skips the test where
    there is no browser.
    """
    if CHROMIUM is None:
        pytest.skip("no chromium to open the page in")
    text = (folder / page).read_text("utf-8")
    play = (
        "<script>addEventListener('load', async () => { let told;"
        f" try {{ told = await (async () => {{ {script} }})(); }}"
        " catch (error) { told = {broken: String(error)}; }"
        " await fetch('/answer', {method: 'POST', body: JSON.stringify(told)}); });</script></body>"
    )
    (folder / "browsed.html").write_text(text.replace("</body>", play), "utf-8")
    server = _Server(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    server.answered = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/browsed.html"
    with subprocess.Popen(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={profile}",
            "--remote-debugging-port=0",
            address,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as browser:
        try:
            assert server.answered.wait(seconds), "the page has not answered"
        finally:
            browser.terminate()
            server.shutdown()
            server.server_close()
    return server.answer
