"""What the playground asks of the linter: files in, findings or fixed files out.  Runs in the browser, on Pyodide."""

from __future__ import annotations

import contextlib
import io
import json
import re
import tempfile
from pathlib import Path
from typing import Any

from dropout_lint import cli

_NAME = re.compile(r"[A-Za-z0-9_]+(?:/[A-Za-z0-9_]+)*\.py")


def answer(request: str) -> str:
    """The answer to ``request``, both JSON.

    ``{"files": {name: text}, "select": "DRP2,DRP301" or "", "fix": null, "safe" or "all"}`` is answered with
    ``{"files": {name: text}, "findings": [...], "error": text}``: findings as `--output-format json` has them, with
    names as they were sent.
    """
    asked = json.loads(request)
    files: dict[str, str] = asked["files"]
    for name in files:
        if _NAME.fullmatch(name) is None:
            return json.dumps(
                {"files": files, "findings": [], "error": f"`{name}` is no name of a file, such as net.py"}
            )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8", newline="")
        options = ["--select", asked["select"]] if asked["select"].strip() else []
        error = ""
        if asked.get("fix"):
            unsafe = ["--unsafe-fixes"] if asked["fix"] == "all" else []
            error, _ = _check(root, [*options, "--fix-only", *unsafe])
            files = {name: (root / name).read_bytes().decode("utf-8") for name in files}
        if not error:
            error, findings = _check(root, options)
    return json.dumps({"files": files, "findings": [] if error else findings, "error": error})


def _check(root: Path, options: list[str]) -> tuple[str, list[dict[str, Any]]]:
    """What `dropout-lint check` says of the files below ``root``: what went wrong, and the findings."""
    report = root / "report.json"
    fixed = [
        "check",
        "--isolated",
        "--no-cache",
        "--jobs",
        "1",
        "--output-format",
        "json",
        "--output-file",
        str(report),
    ]
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            code = cli.main([*fixed, *options, str(root)])
        except SystemExit as stop:  # a mistake in the options
            code = 2 if stop.code else 0
    if not report.exists():
        return (said.getvalue().strip() or "no answer") if code else "", []
    findings = json.loads(report.read_text("utf-8"))
    report.unlink()
    for finding in findings:
        for place in (finding, *finding["notes"]):
            if place["filename"]:
                place["filename"] = Path(place["filename"]).resolve().relative_to(root).as_posix()
    return "", findings
