"""Opens a page in a browser without a screen, and plays with it."""

from __future__ import annotations

import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def played(page: str, script: str, folder: Path, *, width: int = 1000) -> list[str]:
    """What ``script`` pushes to `out`, in ``page``; skips the test where there is no browser."""
    if CHROMIUM is None:
        pytest.skip("no chromium to open the page in")
    show = 'document.body.innerHTML = ""; document.body.append(document.createElement("pre")); '
    show += 'document.querySelector("pre").textContent = out.join("\\n");'
    inner = folder / "modes.html"
    play = f'addEventListener("load", () => {{const out = [];\n{script}\n{show}}});'
    inner.write_text(page.replace("</body>", f"<script>{play}</script></body>"), "utf-8")
    result = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={folder / 'profile'}",
            f"--window-size={width},900",
            "--virtual-time-budget=2000",
            "--dump-dom",
            inner.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = re.search(r"<pre>(.*)</pre>", result.stdout, re.S)
    assert said, result.stderr
    return unescape(said.group(1)).splitlines()
