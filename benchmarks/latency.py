"""Times what people wait for in an editor, the answer to an edit, beside other servers.

    python -m benchmarks.latency [--against PYTHON] [--edits 50] [--write]

Each contestant has its turn in every round, and what counts is the median.  An editor tells a server of an edit and
asks for the diagnostics of the file; python-lsp-server is not asked: it tells by itself, half a second later by its own
choice.  ``--against`` is the Python of another build of this tool.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import grown
from benchmarks.marked import replace_block
from benchmarks.packages import HERE

_FILES = 300
_NUMBER = 30  # of the family of files that is open; its evaluation forgets `eval()`
_BESIDE = Path(sys.executable).parent

FIRST = "the first analysis"
EDITS: dict[str, tuple[str, Callable[[str], str]]] = {
    "a comment in the evaluation": (f"evaluation/metrics{_NUMBER}.py", lambda text: text + "# a comment\n"),
    "`model.eval()` in the evaluation": (
        f"evaluation/metrics{_NUMBER}.py",
        lambda text: text.replace("    hits", "    model.eval()\n    hits", 1),
    ),
    "a rate in the model": (f"models/net{_NUMBER}.py", lambda text: text.replace("dropout=0.1", "dropout=0.25")),
}
"""Edits by name: the file below the project, and what becomes of its text.  Every second one takes it back."""


def main(argv: Sequence[str] | None = None) -> int:
    """Time, and print the tables; returns 0, or 2 if something could not be run."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.latency", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--against", metavar="PYTHON", help="the Python that another build is installed in")
    parser.add_argument("--edits", type=int, default=50, help="edits of each kind (default: 50)")
    parser.add_argument("--write", action="store_true", help="write the tables into benchmarks/README.md")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="dropout-lint-latency-") as folder:
        try:
            edits = table("an edit, of ruff server's ms", _edits(Path(folder), arguments), "ruff server")
        except (OSError, TimeoutError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
    setting = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    text = f"{setting}; medians of {arguments.edits} edits.\n\n{edits}\n"
    print(text)
    if arguments.write:
        replace_block(HERE / "README.md", "latency", text)
    return 0


def table(title: str, figures: dict[str, dict[str, list[float]]], base: str) -> str:
    """Medians in Markdown: a row for each contestant, a column for each task, and ratios to ``base``."""
    tasks = list(dict.fromkeys(task for row in figures.values() for task in row))
    lines = [f"| {' | '.join([title, *tasks])} |", f"| {' | '.join(['---'] * (len(tasks) + 1))} |"]
    for name, row in figures.items():
        cells = []
        for task in tasks:
            if task not in row:
                cells.append("")
                continue
            median, least = (statistics.median(of[task]) for of in (row, figures[base]))
            cells.append(f"{median:.3g} ({median / least:.3g}x)" if least else f"{median:.3g}")
        lines.append(f"| {' | '.join([name, *cells])} |")
    return "\n".join(lines)


def _edits(folder: Path, arguments: argparse.Namespace) -> dict[str, dict[str, list[float]]]:
    project = (folder / "project").resolve()
    grown.project(project, _FILES)
    commands = {
        "ruff server": [str(_BESIDE / "ruff"), "server"],
        "dropout-lint server": [sys.executable, "-m", "dropout_lint", "server"],
        "python-lsp-server, flake8 and the plugin": [sys.executable, "-m", "pylsp"],
    }
    if arguments.against:
        commands["dropout-lint server, the other build"] = [arguments.against, "-m", "dropout_lint", "server"]
    figures: dict[str, dict[str, list[float]]] = {name: {} for name in commands}
    with ExitStack() as running:
        editors = {name: running.enter_context(Editor(command, project)) for name, command in commands.items()}
        for name, editor in editors.items():
            figures[name][FIRST] = [editor.open_family()]
        for task, (place, edit) in EDITS.items():
            text = (project / place).read_text("utf-8")
            for number in range(arguments.edits):
                for name, editor in editors.items():
                    took = editor.change(project / place, text if number % 2 else edit(text))
                    figures[name].setdefault(task, []).append(took)
    return figures


class Editor:
    """An editor with files of one family open; a context manager."""

    def __init__(self, command: list[str], project: Path) -> None:
        from tests.language_client import LanguageClient  # tests are not installed

        environment = {**os.environ, "PATH": os.pathsep.join([str(_BESIDE), os.environ.get("PATH", "")])}
        self._client = LanguageClient(command, project, environment)
        self._project = project
        self._pushes = "pylsp" in command
        self._version = 1

    def __enter__(self) -> Editor:
        self._client.__enter__()
        plugins = {name: {"enabled": name == "flake8"} for name in ("flake8", "pycodestyle", "pyflakes", "mccabe")}
        self._client.notify("workspace/didChangeConfiguration", settings={"pylsp": {"plugins": plugins}})
        return self

    def __exit__(self, *raised: Any) -> None:
        self._client.__exit__(*raised)

    def open_family(self) -> float:
        """Open its files, and wait for what is found in them: milliseconds."""
        start = time.perf_counter()
        for folder, name in (("models", "net"), ("trainers", "loop"), ("evaluation", "metrics"), ("scripts", "run")):
            path = self._project / folder / f"{name}{_NUMBER}.py"
            document = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": path.read_text("utf-8")}
            self._client.notify("textDocument/didOpen", textDocument=document)
            self._wait(path.as_uri())
        return 1000 * (time.perf_counter() - start)

    def change(self, path: Path, text: str) -> float:
        """Change a file, and wait for what is found in it: milliseconds."""
        self._version += 1
        document = {"uri": path.as_uri(), "version": self._version}
        start = time.perf_counter()
        self._client.notify("textDocument/didChange", textDocument=document, contentChanges=[{"text": text}])
        self._wait(path.as_uri())
        return 1000 * (time.perf_counter() - start)

    def _wait(self, uri: str) -> None:
        if self._pushes:
            self._client.diagnostics(uri, wanted=lambda found: True)
        else:
            self._client.request("textDocument/diagnostic", textDocument={"uri": uri})


if __name__ == "__main__":
    sys.exit(main())
